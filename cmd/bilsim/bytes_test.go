package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// say runs a command line and returns what it printed and its exit status.
func say(args ...string) (code int, out, complaint string) {
	var o, e bytes.Buffer
	code = dispatch(&console{in: strings.NewReader(""), out: &o, err: &e}, args)
	return code, o.String(), e.String()
}

func TestBytesRunsFilesAndSeeds(t *testing.T) {
	files, err := filepath.Glob("../../testdata/scenario/zmtp/*.bytes")
	if err != nil || len(files) == 0 {
		t.Fatal("no scenario files", err)
	}
	code, out, complaint := say(append([]string{"bytes"}, files...)...)
	if code != exitFine || strings.Count(out, "ok    ") != len(files) {
		t.Errorf("exit status %d, printed\n%s%s", code, out, complaint)
	}
	_, once, _ := say("bytes", "-seeds", "0..20")
	_, again, _ := say("bytes", "-seeds", "0..20")
	digest := func(s string) string { return s[strings.LastIndex(s, " "):] }
	if digest(once) != digest(again) || !strings.HasPrefix(once, "20 seeds, next 20") {
		t.Errorf("the same seeds print\n%s%s", once, again)
	}
}

// What bytes -seed prints is a file that runs, with the same digest.
func TestBytesSeedIsAFile(t *testing.T) {
	_, out, _ := say("bytes", "-seed", "5")
	text, verdict, ok := strings.Cut(out, "ok    seed 5")
	if !ok {
		t.Fatalf("printed\n%s", out)
	}
	name := filepath.Join(t.TempDir(), "5.bytes")
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	code, out, complaint := say("bytes", name)
	if code != exitFine || !strings.HasSuffix(out, verdict) {
		t.Errorf("exit status %d, printed\n%s%s, want it to end with%s", code, out, complaint, verdict)
	}
}

// A scenario that does not hold fails with the property, the scenario and the
// command that runs it again.
func TestBytesExplains(t *testing.T) {
	name := filepath.Join(t.TempDir(), "x.bytes")
	text := "bytes 1\nseed 1 null payload 100 handshake 1s halfopen 1\nconnect honest at 0s\nexpect mark \"ended by silence\"\n"
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	code, out, _ := say("bytes", name)
	for _, want := range []string{"FAIL", `never hit: "ended by silence"`, "connect honest at 0s", "listener is up at", "go run ./cmd/bilsim bytes " + name} {
		if !strings.Contains(out, want) {
			t.Errorf("it does not say %q:\n%s", want, out)
		}
	}
	if code != exitViolation {
		t.Errorf("exit status %d", code)
	}
	if code, _, complaint := say("bytes", "-seeds", "9..3"); code != exitUsage || !strings.Contains(complaint, "-seeds: want A..B") {
		t.Errorf("exit status %d, %s", code, complaint)
	}
}
