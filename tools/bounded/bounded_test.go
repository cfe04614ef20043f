package bounded

import (
	"testing"
	"time"
)

func TestOnlyAFailureCountsAsOne(t *testing.T) {
	dir := t.TempDir()
	for script, want := range map[string]Verdict{
		"exit 0": Passed,
		"exit 1": Failed,
		"echo fatal error: out of memory >&2; exit 2": RanAway,
		"while :; do :; done":                         RanAway,
		"kill -9 $$":                                  RanAway,
	} {
		c := Command{Args: []string{"sh", "-c", script}, Dir: dir, CPU: time.Second}
		if got := c.Do(); got.Verdict != want {
			t.Errorf("%q: %v, want %v\n%s", script, got.Verdict, want, got.Output)
		}
	}
}

func TestOutputIsCutAndEnvironmentPassed(t *testing.T) {
	c := Command{Args: []string{"sh", "-c", "printf %s$GOMAXPROCS \"$WHO\"; head -c 70000 /dev/zero"}, Dir: t.TempDir(), Env: []string{"WHO=me"}, CPU: time.Minute}
	r := c.Do()
	if r.Verdict != Passed || len(r.Output) != OutputBytesMax || string(r.Output[:3]) != "me1" {
		t.Errorf("%v with %d bytes that begin with %q, want %d that begin with me1", r.Verdict, len(r.Output), r.Output[:min(3, len(r.Output))], OutputBytesMax)
	}
}
