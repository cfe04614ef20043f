package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/bitmark-inc/bilateralrpc/sim"
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

// What a file says of running for real is kept where its scenario is what it was.
func TestAScenarioWrittenAnewKeepsWhyItIsNotReal(t *testing.T) {
	const text = "# It may not fit in.\nbilsim 1\nnetwork \"net\" model physical\n%speers a b\nat 0s connect a -> b\n%s"
	parse := func(real, line string) *sim.Scenario {
		s, err := sim.Parse(fmt.Sprintf(text, real, line))
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	for _, c := range []struct{ file, line, why, on string }{
		{"real no \"it is a story\"\n", "", "it is a story", ""},
		{"real no on libzmq \"it is a story\"\n", "", "it is a story", "libzmq"},
		{"", "", "", ""},
		{"real no \"it is a story\"\n", "at 1s break a - b\n", "", ""}, // another scenario
		{"", "at 1s clock a step 1h\n", "the clock of a process can't be set: it is the machine's", ""},
	} {
		file := filepath.Join(t.TempDir(), "k.sim")
		if err := os.WriteFile(file, []byte(sim.Format(parse(c.file, ""))), 0o600); err != nil {
			t.Fatal(err)
		}
		if why, on := whyNotReal(parse("", c.line), file); why != c.why || on != c.on {
			t.Errorf("a file with %q, and a scenario with %q: %q on %q, want %q on %q", c.file, c.line, why, on, c.why, c.on)
		}
	}
	if why, _ := whyNotReal(parse("", ""), filepath.Join(t.TempDir(), "none")); why != "" {
		t.Errorf("no file says %q", why)
	}
}
