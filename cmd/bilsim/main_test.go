package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// bilsim runs a command and returns its exit status and what it printed.
func bilsim(t *testing.T, stdin string, args ...string) (code int, out, err string) {
	t.Helper()
	var o, e bytes.Buffer
	code = dispatch(&console{in: strings.NewReader(stdin), out: &o, err: &e}, args)
	return code, o.String(), e.String()
}

const holds = "# Two peers meet.\nbilsim 1\npeers a b\nat 0s connect a -> b\nexpect linked a b at 1s\n"

// fails expects what can't be.
const fails = "bilsim 1\npeers a b\nat 0s connect a -> b\nat 1s crash b\nexpect linked a b at 2s\n"

func TestExitStatusSaysWhatWasFound(t *testing.T) {
	for _, c := range []struct {
		name, stdin string
		args        []string
		code        int
	}{
		{"no command", "", nil, exitUsage},
		{"no such command", "", []string{"explode"}, exitUsage},
		{"help", "", []string{"help"}, exitFine},
		{"help of a command", "", []string{"hunt", "-h"}, exitFine},
		{"a scenario that holds", holds, []string{"run", "-"}, exitFine},
		{"one that does not", fails, []string{"run", "-"}, exitViolation},
		{"one that can't be read", "bilsim 1\npeers a\nat 5 crash a\n", []string{"run", "-"}, exitUsage},
		{"a file that is not there", "", []string{"run", "nowhere.sim"}, exitUsage},
		{"no file", "", []string{"run"}, exitUsage},
		{"seeds", "", []string{"hunt", "-seeds", "0..20"}, exitFine},
		{"seeds the wrong way round", "", []string{"hunt", "-seeds", "9..2"}, exitUsage},
		{"a shard that is none", "", []string{"hunt", "-shard", "3/3"}, exitUsage},
		{"no such model", "", []string{"hunt", "-model", "friendly"}, exitUsage},
		{"one peer", "", []string{"replay", "-peers", "1"}, exitUsage},
		{"a seed", "", []string{"replay", "-seed", "3"}, exitFine},
		{"digests", "", []string{"digest", "-seeds", "0..5"}, exitFine},
		{"the demo", "", []string{"demo"}, exitFine},
	} {
		t.Run(c.name, func(t *testing.T) {
			if code, out, err := bilsim(t, c.stdin, c.args...); code != c.code {
				t.Fatalf("exit status %d, want %d\n%s%s", code, c.code, out, err)
			}
		})
	}
}

func TestAFailureIsExplained(t *testing.T) {
	_, out, _ := bilsim(t, fails, "run", "-")
	for _, part := range []string{
		"What the scenario expects happens.", "line 5, expect linked a b at 2s", "at 1s crash b",
		"lines of its trace", "sequenceDiagram", "Replay it with:  go run ./cmd/bilsim run -",
	} {
		if !strings.Contains(out, part) {
			t.Errorf("it does not say %q:\n%s", part, out)
		}
	}
}

func TestAHuntCanBeShardedAndResumed(t *testing.T) {
	summary := func(args ...string) map[string]any {
		_, out, _ := bilsim(t, "", append([]string{"hunt", "-json", "-campaign", "test"}, args...)...)
		lines := strings.Split(strings.TrimSpace(out), "\n")
		var s map[string]any
		if err := json.Unmarshal([]byte(lines[len(lines)-1]), &s); err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
		return s
	}
	whole := summary("-seeds", "0..60")
	events := 0.0
	for _, part := range [][]string{{"-seeds", "0..60", "-shard", "0/2"}, {"-seeds", "0..31", "-shard", "1/2"}, {"-seeds", "31..60", "-shard", "0/1"}} {
		if part[1] == "31..60" { // the rest of the second shard, one by one
			for i := 31; i < 60; i += 2 {
				n := summary("-seeds", strings.Join([]string{itoa(i), itoa(i + 1)}, ".."))
				events += n["events"].(float64)
			}
			continue
		}
		events += summary(part...)["events"].(float64)
	}
	if events != whole["events"].(float64) {
		t.Fatalf("the parts have %v events, the whole %v", events, whole["events"])
	}
	if again := summary("-seeds", "0..60", "-workers", "1"); again["digest"] != whole["digest"] {
		t.Fatalf("one worker gives digest %v, several give %v", again["digest"], whole["digest"])
	}
}

func itoa(i int) string { return string(rune('0'+i/10)) + string(rune('0'+i%10)) }

func TestFmtWritesOnlyWhatIsNotCanonical(t *testing.T) {
	name := filepath.Join(t.TempDir(), "x.sim")
	if err := os.WriteFile(name, []byte(holds), 0o600); err != nil {
		t.Fatal(err)
	}
	if code, _, err := bilsim(t, "", "fmt", "-w", name); code != exitFine {
		t.Fatal(err)
	}
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	_, out, _ := bilsim(t, string(text), "fmt", "-")
	if out != string(text) || !strings.Contains(out, `network "net" model physical`) {
		t.Fatalf("formatted once:\n%s\nand twice:\n%s", text, out)
	}
}

// A hunt says how often it drew what is rare, and one that is large enough fails for what
// it never drew.
func TestHuntCountsWhatIsRare(t *testing.T) {
	code, out, _ := bilsim(t, "", "hunt", "-json", "-seeds", "0..40", "-vacuous", "0")
	if code != exitFine || !strings.Contains(out, `"drawn":{`) || !strings.Contains(out, `"names that begin alike":`) {
		t.Fatalf("exit status %d\n%s", code, out)
	}
	// Two peers never have a bridge.
	code, out, _ = bilsim(t, "", "hunt", "-json", "-seeds", "0..40", "-peers", "2", "-vacuous", "40")
	if code != exitViolation || !regexp.MustCompile(`"undrawn":\[[^]]*"bridge between groups"`).MatchString(out) {
		t.Fatalf("exit status %d\n%s", code, out)
	}
}
