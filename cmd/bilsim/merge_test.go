package main

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/bitmark-inc/bilateralrpc/internal/campaign"
)

// shards writes the results of parts of a hunt as files. The seeds of each have found the
// same thing, which a scenario shows.
func shards(t *testing.T, whole campaign.Range, n uint64, scenario string) (files []string) {
	t.Helper()
	c := campaign.Campaign{Name: "sick"}
	dir := t.TempDir()
	for i := range n {
		r := c.Run(t.Context(), whole.Shard(i, n), campaign.RunOptions{})
		r.Of = whole
		r.Findings = []campaign.Finding{{
			Property: "E", Claim: "What the scenario expects happens.", Fingerprint: "0123456789ab", Seeds: 2, Index: r.Ran[0].From,
			What: "a and b are not linked", Scenario: scenario, Replay: "a command",
		}}
		line, err := json.Marshal(r)
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, filepath.Join(dir, "shard-"+string(rune('0'+i))+".jsonl"))
		if err := os.WriteFile(files[i], append([]byte("{\"type\":\"progress\"}\n"), line...), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return files
}

func TestAMergeOfShardsIsOneReport(t *testing.T) {
	files := shards(t, campaign.Range{From: 0, To: 24}, 3, fails)
	dir := t.TempDir()
	folder, junit := filepath.Join(dir, "report"), filepath.Join(dir, "junit.xml")
	code, out, complaint := bilsim(t, "", append([]string{"merge", "-html", folder, "-junit", junit}, files...)...)
	if code != exitViolation || !strings.Contains(out, "24 seeds, next 24") || !strings.Contains(out, "E-0123456789ab, 6 seeds") {
		t.Fatalf("exit status %d\n%s%s", code, out, complaint)
	}
	text, err := os.ReadFile(filepath.Join(folder, "index.html"))
	if err != nil {
		t.Fatal(err)
	}
	links := regexp.MustCompile(`href="([^"]+)"`).FindAllStringSubmatch(string(text), -1)
	if articles := strings.Count(string(text), "<article>"); articles != 1 || len(links) != articles {
		t.Errorf("%d findings and %d links to pages", articles, len(links))
	}
	for _, l := range links {
		if _, err := os.Stat(filepath.Join(folder, l[1])); err != nil {
			t.Error(err)
		}
	}
	for _, want := range []string{"shard-2.jsonl", "16..24", "6 seeds, the first of index 0", "a property and the shrunk scenario"} {
		if !strings.Contains(string(text), want) {
			t.Errorf("the page does not say %q", want)
		}
	}
	var suites junitSuites
	if text, err := os.ReadFile(junit); err != nil || xml.Unmarshal(text, &suites) != nil || suites.Suite.Failures != len(links) {
		t.Errorf("%v, %d failures in %s, want %d", err, suites.Suite.Failures, text, len(links))
	}
}

// A seed that ended the process of a sweep is a finding without a scenario.
func TestAFindingWithoutAScenarioIsToldAndKept(t *testing.T) {
	files := shards(t, campaign.Range{To: 4}, 1, "")
	dir := t.TempDir()
	book := filepath.Join(dir, "findings.txt")
	for _, want := range []string{"new", "ongoing"} {
		code, out, complaint := bilsim(t, "", append([]string{"merge", "-html", dir, "-findings", book, "-junit", filepath.Join(dir, "junit.xml")}, files...)...)
		if code != exitViolation || complaint != "" || !strings.Contains(out, want+" ") {
			t.Fatalf("exit status %d, want %q\n%s%s", code, want, out, complaint)
		}
	}
	page, err := os.ReadFile(filepath.Join(dir, mergedPage))
	if err != nil || strings.Count(string(page), "<article>") != 1 || strings.Contains(string(page), "<pre>") || !strings.Contains(string(page), "1 finding in 2 seeds") {
		t.Errorf("%v\n%s", err, page)
	}
}

func TestAMergeSaysWhatIsMissing(t *testing.T) {
	files := shards(t, campaign.Range{From: 0, To: 12}, 3, fails)
	code, out, _ := bilsim(t, "", "merge", files[0], files[2])
	if code != exitUsage || !strings.Contains(out, "no result has seeds 4..8: a shard is missing") {
		t.Errorf("without the middle: exit status %d\n%s", code, out)
	}
	code, out, complaint := bilsim(t, "", "merge", files[0], files[0], files[1], files[2])
	if code != exitUsage || !strings.Contains(complaint, "seeds 0..4 are in both results") || !strings.Contains(out, "12 seeds, next 12") {
		t.Errorf("with the first one twice: exit status %d\n%s%s", code, out, complaint)
	}
}

func TestFindingsAreKeptOverRuns(t *testing.T) {
	files := shards(t, campaign.Range{From: 0, To: 12}, 1, holds)
	file := filepath.Join(t.TempDir(), "findings.txt")
	status := func() string {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		b, err := campaign.ParseBook(string(text))
		if err != nil || len(b.Entries) == 0 {
			t.Fatalf("%v\n%s", err, text)
		}
		for _, e := range b.Entries {
			if e.Status != b.Entries[0].Status {
				t.Fatalf("not all have one status:\n%s", text)
			}
		}
		return string(b.Entries[0].Status)
	}
	// The scenario holds, so that a hunt which does not find it resolves it.
	for i, step := range []struct {
		args []string
		code int
		want string
	}{
		{append([]string{"merge", "-findings", file}, files...), exitViolation, "new"},
		{append([]string{"merge", "-findings", file}, files...), exitViolation, "ongoing"},
		{append([]string{"merge", "-findings", file, "-allow-ongoing"}, files...), exitFine, "ongoing"},
		{[]string{"hunt", "-findings", file, "-seeds", "0..3"}, exitFine, "resolved"},
		{[]string{"hunt", "-json", "-findings", file, "-seeds", "0..3"}, exitFine, "resolved"},
		{append([]string{"merge", "-findings", file, "-allow-ongoing"}, files...), exitViolation, "regressed"},
	} {
		code, out, complaint := bilsim(t, "", step.args...)
		if got := status(); code != step.code || got != step.want || !strings.Contains(out, step.want) {
			t.Errorf("run %d: exit status %d, want %d; %s, want %s\n%s%s", i+1, code, step.code, got, step.want, out, complaint)
		}
	}
}

// A finding whose scenario a run still shows is ongoing, though no seed has hit it.
func TestPinnedFindingsRunFirst(t *testing.T) {
	file := filepath.Join(t.TempDir(), "findings.txt")
	text := "bilsim findings 1\n\nfinding E-1 resolved\nwhat it crashes\nreplay r\nnote ours\n    " + strings.ReplaceAll(strings.TrimSpace(fails), "\n", "\n    ") + "\n"
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"regressed", "ongoing"} {
		code, out, _ := bilsim(t, "", "hunt", "-findings", file, "-seeds", "0..3")
		got, err := os.ReadFile(file)
		if changed := strings.Replace(text, "resolved", want, 1); err != nil || code != exitViolation || string(got) != changed || !strings.Contains(out, want) {
			t.Errorf("%v, exit status %d\n%s\nwant\n%s\n%s", err, code, got, changed, out)
		}
	}
	if err := os.WriteFile(file, []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	if code, _, complaint := bilsim(t, "", "hunt", "-findings", file); code != exitUsage || !strings.Contains(complaint, file+": line 1") {
		t.Errorf("exit status %d, %s", code, complaint)
	}
}

func TestAutoSaysWhichShardItTook(t *testing.T) {
	env := map[string]string{"CI_NODE_INDEX": "2", "CI_NODE_TOTAL": "3"}
	for _, args := range [][]string{{"hunt", "-shard", "auto", "-seeds", "0..6"}, {"hunt", "-json", "-shard", "auto", "-seeds", "0..6"}} {
		var out, complaint bytes.Buffer
		c := &console{in: strings.NewReader(""), out: &out, err: &complaint, getenv: func(name string) string { return env[name] }}
		code := dispatch(c, args)
		said := out.String()
		if len(args) == 6 {
			said = complaint.String()
		}
		if code != exitFine || !strings.Contains(said, "shard 1/3 of seeds 0..6, by GitLab (CI_NODE_INDEX=2, CI_NODE_TOTAL=3): 2..4\n") {
			t.Errorf("%v: exit status %d\n%s%s", args, code, &out, &complaint)
		}
	}
}

// A sweep says nothing of how long it took, and so nothing is said of its rate.
func TestASumWithoutATimeHasNoRate(t *testing.T) {
	for took, want := range map[time.Duration]bool{0: false, time.Second: true} {
		var out bytes.Buffer
		(&console{out: &out}).sum(&campaign.Result{Events: 1000, Took: took}, nil)
		if strings.Contains(out.String(), "events/s") != want {
			t.Errorf("of a time of %v it says:\n%s", took, out.String())
		}
	}
}
