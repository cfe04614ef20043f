package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/bitmark-inc/bilateralrpc/core"
	"github.com/bitmark-inc/bilateralrpc/internal/record"
	"github.com/bitmark-inc/bilateralrpc/sim"
)

// recordScenario runs a scenario with a recorder at each node of ours.
func recordScenario(c *console, args []string) (int, error) {
	f := c.flagSet("record")
	bytes := f.Int("bytes", record.BytesDefault, "the memory of each recorder")
	if err := parse(f, args); err != nil {
		return 0, err
	}
	if f.NArg() != 2 {
		return 0, errors.New("name a folder and a scenario file")
	}
	dir, name := f.Arg(0), f.Arg(1)
	s, _, err := readScenario(c, name)
	if err != nil {
		return 0, err
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return 0, err
	}
	lives := recordRun(s, *bytes)
	for _, l := range lives {
		file := filepath.Join(dir, l.fileName())
		if err := writeRecording(file, l.recorder); err != nil {
			return 0, err
		}
		fmt.Fprintln(c.out, file)
	}
	return exitFine, nil
}

// recordedLife is a machine of a world, and what it was told: a node has one for each of
// its lives.
type recordedLife struct {
	*core.Machine
	number   int // of the node's lives, from 1
	recorder *record.Recorder
}

// Step is the machine's, recorded.
func (l *recordedLife) Step(dst []core.Action, ev *core.Event) []core.Action {
	return l.recorder.Step(dst, ev)
}

// fileName is a name for the recording, which people can tell from those of other nodes.
func (l *recordedLife) fileName() string {
	name := strings.Map(func(r rune) rune {
		if r == '/' || r == '\\' || r < ' ' {
			return '_'
		}
		return r
	}, l.Config().Name)
	if l.number > 1 {
		name += fmt.Sprint(".", l.number)
	}
	return name + ".recording"
}

// recordRun runs a scenario and returns the lives of its nodes, in the order in which they
// began. Checkers have no part in it: one of them would make twins of the machines.
func recordRun(s *sim.Scenario, bytes int) []*recordedLife {
	silence := s.Heartbeat
	switch {
	case silence == 0:
		silence = 12 * time.Second
		if s.Scale.Num > 0 {
			silence = silence * time.Duration(s.Scale.Num) / time.Duration(s.Scale.Den)
		}
	case silence < 0:
		silence = 0
	}
	var lives []*recordedLife
	numbers := map[string]int{}
	scenario := *s
	scenario.Double = func(m *core.Machine) sim.Machine {
		numbers[m.Config().Name]++
		l := &recordedLife{m, numbers[m.Config().Name], record.New(record.Options{Bytes: bytes})}
		if err := l.recorder.Attach(m, new(sync.Mutex), record.About{Epoch: time.Unix(0, 0), Silence: silence}); err != nil {
			return m // a machine of the world's own
		}
		lives = append(lives, l)
		return l
	}
	scenario.Run(sim.RunOptions{Checkers: func() []sim.Checker { return nil }, NoDigest: true})
	return lives
}

// writeRecording writes the recording to a file.
func writeRecording(name string, r *record.Recorder) error {
	file, err := os.Create(name)
	if err != nil {
		return err
	}
	if _, err = r.WriteTo(file); err != nil {
		_ = file.Close()
		return err
	}
	return file.Close()
}
