package main

import (
	"bytes"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/bitmark-inc/bilateralrpc/core"
	"github.com/bitmark-inc/bilateralrpc/internal/record"
	"github.com/bitmark-inc/bilateralrpc/sim"
)

// Whatever befalls a node of a world, its recording gives the same actions again; with
// little memory, also from where its beginning was lost.
func TestRecordingsOfWorldsPlayAgain(t *testing.T) {
	lost, steps, tooLarge := 0, 0, 0
	for seed := range uint64(40) {
		for _, model := range []sim.Model{sim.Physical, sim.Adversarial} {
			for _, l := range recordRun(sim.Swarm(seed, sim.SwarmOptions{Model: model}), record.BytesMin) {
				var file bytes.Buffer
				if _, err := l.recorder.WriteTo(&file); err != nil {
					tooLarge++ // the state of the node
					continue
				}
				r, err := record.Parse(file.Bytes())
				if err != nil {
					t.Fatalf("%v, seed %d: %v", model, seed, err)
				}
				if r.First > 0 {
					lost++
				}
				p, err := r.Play()
				if err != nil {
					t.Fatalf("%v, seed %d: %v", model, seed, err)
				}
				for {
					step, err := p.Next()
					if err == io.EOF {
						break
					}
					if err != nil {
						t.Fatalf("%v, seed %d: %v", model, seed, err)
					}
					if step.Differs {
						t.Fatalf("%v, seed %d, %s\n%s", model, seed, l.Config().Name, stepText(r, step))
					}
					steps++
				}
			}
		}
	}
	if lost < 20 || steps < 10_000 || tooLarge > lost {
		t.Fatalf("%d recordings have lost their beginning, %d had no room, %d steps in all: this test says too little", lost, tooLarge, steps)
	}
}

// recorded runs a scenario and returns the folder with the recordings.
func recorded(t *testing.T, scenario string) (dir string) {
	t.Helper()
	dir = t.TempDir()
	name := filepath.Join(t.TempDir(), "x.sim")
	if err := os.WriteFile(name, []byte(scenario), 0o600); err != nil {
		t.Fatal(err)
	}
	if code, out, err := bilsim(t, "", "record", dir, name); code != exitFine {
		t.Fatal(out, err)
	}
	return dir
}

func TestReplayRecordNamesTheFirstStepThatDiffers(t *testing.T) {
	name := filepath.Join(recorded(t, holds), "a.recording")
	code, out, errs := bilsim(t, "", "replay-record", name)
	if code != exitFine || !strings.Contains(out, "give the recorded actions") {
		t.Fatal(code, out, errs)
	}
	code, out, errs = bilsim(t, "", "replay-record", "-break-at", "4", name)
	if code != exitFine || !strings.Contains(out, "break before event 4") || !strings.Contains(out, "b: dialling") {
		t.Fatal(code, out, errs)
	}
	if code, _, errs = bilsim(t, "", "replay-record", "-break-at", "4000", name); code != exitUsage || !strings.Contains(errs, "the last event is") {
		t.Fatal(code, errs)
	}
	file, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	r, err := record.Parse(file)
	if err != nil {
		t.Fatal(err)
	}
	p, err := r.Play()
	if err != nil {
		t.Fatal(err)
	}
	for {
		step, err := p.Next()
		if err != nil {
			t.Fatal("no frame with a TOCK")
		}
		if step.Event.Command == core.TOCK {
			at := bytes.LastIndex(file, step.Event.Body)
			file[at] ^= 1 // in what the peer has answered
			break
		}
	}
	if err := os.WriteFile(name, file, 0o600); err != nil {
		t.Fatal(err)
	}
	code, out, errs = bilsim(t, "", "replay-record", name)
	if code != exitDigest || !strings.Contains(out, "is the first whose actions are not the recorded ones") || !strings.Contains(out, "TOCK") {
		t.Fatal(code, out, errs)
	}
	if code, _, errs = bilsim(t, "not one", "replay-record", "-"); code != exitUsage || !strings.Contains(errs, "not a recording") {
		t.Fatal(code, errs)
	}
}
