package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// A change of the core that no property notices has either been exercised or not.
func TestAHuntSaysWhetherADifferenceWasExercised(t *testing.T) {
	file := filepath.Join(t.TempDir(), "digests")
	if code, out, err := bilsim(t, "", "hunt", "-seeds", "0..10", "-vacuous", "0", "-digests", file); code != exitFine {
		t.Fatal(out, err)
	}
	for seeds, want := range map[string]string{
		"0..10": `"compared":10,"differ":0,`, "5..20": `"compared":5,"differ":0,`,
	} {
		if _, out, err := bilsim(t, "", "hunt", "-json", "-seeds", seeds, "-vacuous", "0", "-against", file); !strings.Contains(out, want) {
			t.Errorf("seeds %s: it does not say %s\n%s%s", seeds, want, out, err)
		}
	}
	// Other worlds under the same numbers: another campaign.
	if _, out, err := bilsim(t, "", "hunt", "-json", "-seeds", "0..10", "-vacuous", "0", "-campaign", "x", "-against", file); !strings.Contains(out, `"compared":10,"differ":10,`) {
		t.Errorf("it does not say that they differ\n%s%s", out, err)
	}
	if err := os.WriteFile(file, []byte("0\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if code, _, err := bilsim(t, "", "hunt", "-against", file); code != exitUsage || !strings.Contains(err, "digests:1") {
		t.Errorf("a file that holds no digests: exit status %d, %s", code, err)
	}
	c := compared{known: map[uint64]string{1: "a", 2: "b"}}
	c.add(1, "a")
	if got := c.String(); !strings.HasPrefix(got, "not exercised") {
		t.Error(got)
	}
	c.add(2, "c")
	if got := c.String(); !strings.HasPrefix(got, "exercised: 1 of 2") {
		t.Error(got)
	}
}
