package main

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/bitmark-inc/bilateralrpc/sim/explore"
)

// Nothing is found in the healthy core, and nothing is left out, within the bounds in which
// mistakes are found that hunts hardly find. That they are found is shown by make proofs, which
// builds the core with each of them.
func TestExploreBoundsOfMutantsAreComplete(t *testing.T) {
	if testing.Short() {
		t.Skip("searches through four files")
	}
	files, err := filepath.Glob("../../testdata/explore/mutants/*.sim")
	if err != nil || len(files) == 0 {
		t.Fatalf("files %v, error %v", files, err)
	}
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			r, err := explore.Search(parsed(t, string(text)), explore.Options{StatesMax: 100_000})
			if err != nil {
				t.Fatal(err)
			}
			if !r.Complete {
				t.Error(r)
			}
			t.Log(r)
		})
	}
}
