package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
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
		{"a shard that nobody says", "", []string{"hunt", "-shard", "auto"}, exitUsage},
		{"more shards than seeds", "", []string{"hunt", "-seeds", "0..2", "-shard", "2/3"}, exitFine},
		{"nothing to merge", "", []string{"merge"}, exitUsage},
		{"a merge of what is no hunt", "hello", []string{"merge", "-"}, exitUsage},
		{"a merge of a hunt that did not end", `{"type":"progress"}`, []string{"merge", "-"}, exitUsage},
		{"findings without a file", "", []string{"hunt", "-allow-ongoing"}, exitUsage},
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
	dir := t.TempDir()
	hunted := func(args ...string) (file string) {
		code, out, complaint := bilsim(t, "", append([]string{"hunt", "-json", "-campaign", "test", "-seeds", "0..60"}, args...)...)
		file = filepath.Join(dir, strconv.Itoa(len(ls(t, dir))))
		if err := os.WriteFile(file, []byte(out), 0o600); err != nil || code != exitFine {
			t.Fatalf("%v, exit status %d\n%s%s", err, code, out, complaint)
		}
		return file
	}
	summary := func(files ...string) string {
		_, out, complaint := bilsim(t, "", append([]string{"merge", "-json"}, files...)...)
		if complaint != "" {
			t.Fatal(complaint)
		}
		return timings.ReplaceAllString(out, "")
	}
	one := hunted()
	whole := summary(one)
	if text, err := os.ReadFile(one); err != nil || !strings.HasSuffix(timings.ReplaceAllString(string(text), ""), whole) {
		t.Fatalf("%v: one file merged is\n%s\nand was\n%s", err, whole, text)
	}
	for n := 2; n <= 3; n++ {
		var files []string
		for i := range n {
			files = append(files, hunted("-workers", strconv.Itoa(i+1), "-shard", fmt.Sprintf("%d/%d", n-1-i, n)))
		}
		if got := summary(files...); got != whole {
			t.Errorf("%d shards give\n%s\none hunt\n%s", n, got, whole)
		}
	}
	// What a hunt had no time for is hunted later.
	if got := summary(hunted("-seeds", "0..31"), hunted("-seeds", "31..60")); got != whole {
		t.Errorf("two hunts, one after the other, give\n%s\none\n%s", got, whole)
	}
}

// timings are the fields of a summary that a clock has to do with.
var timings = regexp.MustCompile(`"(events_per_s|took_s)":[0-9.e+-]+,?`)

func ls(t *testing.T, dir string) []os.DirEntry {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	return entries
}

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
