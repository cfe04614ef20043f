package reality

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/bitmark-inc/bilateralrpc/sim"
)

// TestEachFileSaysWhetherItIsReal: a file of ours that processes can't run says so itself.
func TestEachFileSaysWhetherItIsReal(t *testing.T) {
	files, err := filepath.Glob("../../testdata/scenario/*.sim")
	if err != nil || len(files) == 0 {
		t.Fatal("no files", err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		s, err := sim.Parse(string(text))
		if err != nil {
			t.Fatal(err)
		}
		if s.NotReal != "" && s.NotRealOn == "" {
			continue
		}
		if r := Check(s, "zmtp", false); r != nil {
			t.Errorf("%s:%d: %s: and no line says real no %q", file, r.Line, r.Why, r.Why)
		}
	}
}
