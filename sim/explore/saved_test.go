package explore_test

import (
	"bytes"
	"crypto/sha256"
	"strings"
	"testing"

	"github.com/bitmark-inc/bilateralrpc/core"
	"github.com/bitmark-inc/bilateralrpc/sim"
	"github.com/bitmark-inc/bilateralrpc/sim/explore"
)

// stopped is what the searches here are through.
const stopped = "bilsim 1\nlatency 50ms..100ms\npeers a b\nbound faults 1 of restart\nbound time 600ms\nat 0s connect a -> b\n"

// savedSearch returns a search that has come to some states, as it is saved.
func savedSearch(t *testing.T, o explore.Options) []byte {
	t.Helper()
	r, err := explore.Search(scenario(t, stopped), o)
	if err != nil || r.Stopped == "" {
		t.Fatalf("%v, %v", r, err)
	}
	var file bytes.Buffer
	if err := r.Save(&file); err != nil {
		t.Fatal(err)
	}
	return file.Bytes()
}

// sealed puts the right sum behind what a file says.
func sealed(body []byte) []byte {
	sum := sha256.Sum256(body)
	return append(bytes.Clone(body), sum[:]...)
}

// A search is gone on with through the same scenario and with the same options only, and a
// file that is not whole is refused. Each error says why.
func TestResumeRefuses(t *testing.T) {
	file := savedSearch(t, explore.Options{StatesMax: 40, Label: "K9"})
	body := file[:len(file)-sha256.Size]
	other := bytes.Replace(file, []byte("version 1"), []byte("version 7"), 1)
	flipped := bytes.Clone(file)
	flipped[len(flipped)/2] ^= 4
	late := strings.Replace(stopped, "600ms", "900ms", 1)
	hashes := bytes.Clone(body)
	for i := 1; i <= 8*40; i++ { // of 40 other states, in their order
		hashes[len(hashes)-i] = byte(200 - (i-1)/8)
	}
	for _, c := range []struct {
		name, want, text string
		o                explore.Options
		file             []byte
	}{
		{"another scenario", `where it says "bound time 600ms" this one says "bound time 900ms"`, late, explore.Options{Label: "K9"}, file},
		{"orders", `saved with other options: "", and now "all orders"`, stopped, explore.Options{Label: "K9", AllOrders: true}, file},
		{"safety", `and now "safety only"`, stopped, explore.Options{Label: "K9", Safety: true}, file},
		{"label", `saved as "K9", and is now ""`, stopped, explore.Options{}, file},
		{"version", `saved in version "7", and this reads version 1`, stopped, explore.Options{Label: "K9"}, other},
		{"no search", "no saved search", stopped, explore.Options{Label: "K9"}, []byte(stopped)},
		{"empty", "no saved search", stopped, explore.Options{Label: "K9"}, nil},
		{"a bit", "damaged", stopped, explore.Options{Label: "K9"}, flipped},
		{"cut", "damaged", stopped, explore.Options{Label: "K9"}, file[:len(file)-1]},
		{"cut, sum put right", "damaged", stopped, explore.Options{Label: "K9"}, sealed(body[:len(body)-3])},
		{"more, sum put right", "damaged", stopped, explore.Options{Label: "K9"}, sealed(append(bytes.Clone(body), 0))},
		{"other states", "has changed since", stopped, explore.Options{Label: "K9"}, sealed(hashes)},
	} {
		r, err := explore.Resume(scenario(t, c.text), c.o, bytes.NewReader(c.file))
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, %v; want %q", c.name, r, err, c.want)
		}
	}
	if r, err := explore.Resume(scenario(t, stopped), explore.Options{Label: "K9"}, bytes.NewReader(file)); err != nil || !r.Complete {
		t.Errorf("%v, %v", r, err)
	} else if err := r.Save(&bytes.Buffer{}); err == nil {
		t.Error("a search that is complete was saved")
	}
}

// A core that does something else than the one that a search was saved with is noticed.
func TestResumeNoticesAnotherCore(t *testing.T) {
	file := savedSearch(t, explore.Options{StatesMax: 40})
	later := func(w *sim.World) {
		w.On(sim.FrameRule{Command: core.JOIN, From: "a", To: "b", First: 1, Fate: sim.Fate{Delay: 1}})
	}
	r, err := explore.Resume(scenario(t, stopped), explore.Options{Customise: later}, bytes.NewReader(file))
	if err == nil || !strings.Contains(err.Error(), "has changed since") {
		t.Errorf("%v, %v", r, err)
	}
}

// Every prefix of a file is refused, and every byte of it counts.
func TestResumeReadsAllOfAFile(t *testing.T) {
	file := savedSearch(t, explore.Options{StatesMax: 4})
	for i := range file {
		if _, err := explore.Resume(scenario(t, stopped), explore.Options{StatesMax: 1}, bytes.NewReader(file[:i])); err == nil {
			t.Fatalf("the first %d bytes are enough", i)
		}
		flipped := bytes.Clone(file)
		flipped[i] ^= 1
		if _, err := explore.Resume(scenario(t, stopped), explore.Options{StatesMax: 1}, bytes.NewReader(flipped)); err == nil {
			t.Fatalf("byte %d does not count", i)
		}
	}
}
