package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestKillSaysWhatItsDefectsAreCalled(t *testing.T) {
	var out, complaint bytes.Buffer
	if code := dispatch(&console{in: strings.NewReader(""), out: &out, err: &complaint}, []string{"kill", "-only", "K99"}); code != exitUsage {
		t.Errorf("exit status %d, want %d", code, exitUsage)
	}
	if !strings.Contains(complaint.String(), "K1 to K18") || out.Len() > 0 {
		t.Errorf("it printed %q and complained %q, which has to name the defects", &out, &complaint)
	}
}

// The page of a defect shows the run with it, names it nowhere, and says that it can't be
// run again there.
func TestTheFindOfADefectHasAPage(t *testing.T) {
	t.Chdir("../..")
	folder := t.TempDir()
	code, out, complaint := withWasm("kill", "-only", "K15", "-starts", "1", "-html", folder)
	if code != exitFine || complaint != "" {
		t.Fatalf("exit status %d\n%s%s", code, out, complaint)
	}
	names, err := filepath.Glob(filepath.Join(folder, "*.html"))
	if err != nil || len(names) != 1 {
		t.Fatalf("%q, %v", names, err)
	}
	text, err := os.ReadFile(names[0])
	if err != nil || !strings.Contains(string(text), "P6: ") || !strings.Contains(string(text), `id="wasm"></script>`) || strings.Contains(string(text), "K15") {
		t.Errorf("the page does not show the violation, has a simulation in it or names the defect: %v", err)
	}
	if code, _, complaint := withWasm("kill", "-html", folder); code != exitUsage || !strings.Contains(complaint, "-only") {
		t.Errorf("exit status %d, %s", code, complaint)
	}
}
