package main

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/bitmark-inc/bilateralrpc/internal/campaign"
	"github.com/bitmark-inc/bilateralrpc/sim"
)

// files writes files into a directory of the test and returns their names.
func files(t *testing.T, texts ...string) []string {
	t.Helper()
	var names []string
	for i, text := range texts {
		name := filepath.Join(t.TempDir(), string(rune('a'+i))+".sim")
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		names = append(names, name)
	}
	return names
}

const (
	misspelt = "bilsim 1\npeers a b\nat 5s crush a\n"
	byteMark = "\ufeffbilsim 1\npeers a b\nat 0s connect a -> b\nexpect linked a b at 1s\n"
	noBytes  = "bytes 1\nseed 1 nil payload 100 handshake 1s halfopen 1\n"
	bytesRun = "bytes 1\nseed 1 null payload 100 handshake 1s halfopen 1\nconnect honest at 0s\n"
)

func TestAFileThatCantBeReadDoesNotStopTheOthers(t *testing.T) {
	for _, c := range []struct {
		command, bad, where string
		good                string
		shows               string
	}{
		{"run", misspelt, `:3:7: nothing is called "crush": did you mean crash?`, byteMark, "ok    "},
		{"fmt", misspelt, `:3:7: nothing is called "crush": did you mean crash?`, byteMark, "at 0s connect a -> b"},
		{"bytes", noBytes, ":2:8: ", bytesRun, "ok    "},
	} {
		names := files(t, c.good, c.bad, c.good)
		code, out, complaint := bilsim(t, "", c.command, names[0], names[1], "nowhere", names[2])
		if code != exitUsage {
			t.Errorf("%s: exit status %d, want %d", c.command, code, exitUsage)
		}
		if n := strings.Count(out, c.shows); n != 2 {
			t.Errorf("%s: %d of the good files were read, want 2:\n%s%s", c.command, n, out, complaint)
		}
		for _, want := range []string{"bilsim " + c.command + ": " + names[1] + c.where, "nowhere"} {
			if !strings.Contains(complaint, want) {
				t.Errorf("%s: it does not say %q:\n%s", c.command, want, complaint)
			}
		}
	}
}

func TestJunkIsRefused(t *testing.T) {
	name := files(t, bytesRun)[0]
	for _, args := range [][]string{
		{"replay", "-seed", "5", "junk"}, {"hunt", "-seeds", "0..2", "junk"}, {"digest", "junk"}, {"bench", "junk"},
		{"kill", "junk"}, {"demo", "junk"}, {"bytes", "-seed", "5", name}, {"bytes", "-seeds", "0..5", name}, {"bytes", "-for", "1s", name},
	} {
		code, out, complaint := bilsim(t, "", args...)
		if code != exitUsage || out != "" || !strings.Contains(complaint, args[len(args)-1]) {
			t.Errorf("%v: exit status %d, printed %q and %q", args, code, out, complaint)
		}
	}
}

// full is a disk without room for more than a few bytes.
type full struct{ room int }

func (f *full) Write(p []byte) (int, error) {
	if len(p) > f.room {
		return 0, errors.New("no space left")
	}
	f.room -= len(p)
	return len(p), nil
}

func TestOutputThatCantBeWrittenIsAFailure(t *testing.T) {
	name := files(t, byteMark)[0]
	for _, args := range [][]string{
		{"run", name}, {"fmt", name}, {"replay", "-seed", "1", "-scenario"}, {"replay", "-seed", "1"}, {"demo"},
		{"hunt", "-seeds", "0..2"}, {"hunt", "-json", "-seeds", "0..2"}, {"digest"}, {"bytes", "-seed", "1"}, {"help"},
	} {
		for _, room := range []int{0, 10} {
			var complaint bytes.Buffer
			code := dispatch(&console{in: strings.NewReader(""), out: &full{room}, err: &complaint}, args)
			if code != exitUsage || !strings.Contains(complaint.String(), "can't write the output: no space left") {
				t.Errorf("%v with room for %d bytes: exit status %d, %s", args, room, code, complaint.String())
			}
		}
	}
}

// A hunt that finds something explains it, whatever it prints to.
func TestAHuntExplains(t *testing.T) {
	for _, json := range []bool{false, true} {
		var out, complaint bytes.Buffer
		s, err := sim.Parse(fails)
		if err != nil {
			t.Fatal(err)
		}
		h := &hunter{machines: &machines{c: &console{out: &out, err: &complaint}, json: json}, part: campaign.Range{From: 0, To: 1}, start: time.Now()}
		h.total = campaign.New(h.campaign, h.part, h.part)
		r := s.Run(sim.RunOptions{})
		h.take(&campaign.Seed{Result: r, Diagnosis: sim.Diagnose(r, "a command")})
		h.total.Findings = []campaign.Finding{{Property: "E", Seeds: 1}}
		if code, _ := h.end(); code != exitViolation {
			t.Errorf("exit status %d", code)
		}
		where := &out
		if json {
			where = &complaint
		}
		for _, want := range []string{"What the scenario expects happens.", "at 1s crash b", "Replay it with:"} {
			if !strings.Contains(where.String(), want) {
				t.Errorf("json %v: it does not say %q:\n%s%s", json, want, out.String(), complaint.String())
			}
		}
		if json && strings.Contains(out.String(), "sequenceDiagram") {
			t.Errorf("the explanation is among the JSON lines:\n%s", out.String())
		}
	}
}

func TestRatesOfNoTimeAreZero(t *testing.T) {
	for _, d := range []time.Duration{0, -1} {
		if r := perSecond(5, d); r != 0 {
			t.Errorf("%v per second in %v", r, d)
		}
	}
	if r := perSecond(6, 2*time.Second); r != 3 {
		t.Errorf("6 in 2 s are %v per second", r)
	}
}
