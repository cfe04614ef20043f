package zmqio

import (
	"maps"
	"testing"

	"pgregory.net/rapid"

	"github.com/bitmark-inc/bilateralrpc/core"
)

// Remembering the last look-up never shows.
func TestLinksAreAMap(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var links Links[int]
		model := make(map[core.Link]int)
		link := rapid.Custom(func(t *rapid.T) core.Link {
			return core.Link{
				Half: rapid.SampledFrom([]core.Half{0, core.Dialling, core.Listening}).Draw(t, "half"),
				N:    rapid.Uint64Range(0, 2).Draw(t, "n"),
			}
		})
		t.Repeat(map[string]func(*rapid.T){
			"put": func(t *rapid.T) {
				l, v := link.Draw(t, "link"), rapid.Int().Draw(t, "value")
				links.Put(l, v)
				model[l] = v
			},
			"delete": func(t *rapid.T) {
				l := link.Draw(t, "link")
				links.Delete(l)
				delete(model, l)
			},
			"find": func(t *rapid.T) {
				l := link.Draw(t, "link")
				got, ok := links.Find(l)
				if want, wantOK := model[l]; got != want || ok != wantOK {
					t.Fatalf("Find(%v) is %d, %v, want %d, %v", l, got, ok, want, wantOK)
				}
			},
			"": func(t *rapid.T) {
				if got := maps.Collect(links.All()); !maps.Equal(got, model) {
					t.Fatalf("All is %v, want %v", got, model)
				}
			},
		})
	})
}
