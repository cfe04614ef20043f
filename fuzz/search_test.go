package fuzz

import (
	"bytes"
	"crypto/sha256"
	"testing"

	"github.com/bitmark-inc/bilateralrpc/sim"
	"github.com/bitmark-inc/bilateralrpc/sim/explore"
)

// searched is what the saved searches here are through.
const searched = `bilsim 1
latency 50ms..100ms
peers a b
bound faults 1 of break
bound time 500ms
at 0s connect a -> b
`

// FuzzSavedSearch reads a saved search, whose sum is put right, and goes on with it for a
// while: whatever the bytes, nothing panics, and one that can be read is saved again as it
// was, unless it goes on.
func FuzzSavedSearch(f *testing.F) {
	s, err := sim.Parse(searched)
	if err != nil {
		f.Fatal(err)
	}
	f.Add([]byte{})
	for _, most := range []uint64{1, 2, 9, 20} {
		r, err := explore.Search(s, explore.Options{StatesMax: most})
		if err != nil {
			f.Fatal(err)
		}
		var file bytes.Buffer
		if err := r.Save(&file); err != nil {
			f.Fatal(err)
		}
		f.Add(file.Bytes()[:file.Len()-sha256.Size])
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		sum := sha256.Sum256(body)
		file := append(body, sum[:]...)
		r, err := explore.Resume(s, explore.Options{StatesMax: 1}, bytes.NewReader(file))
		if err != nil {
			return
		}
		var again bytes.Buffer
		if err := r.Save(&again); err != nil || !bytes.Equal(again.Bytes(), file) {
			t.Fatalf("%v: saved as\n%x\nand again as\n%x", err, file, again.Bytes())
		}
		_, _ = explore.Resume(s, explore.Options{StatesMax: 60}, bytes.NewReader(file))
	})
}
