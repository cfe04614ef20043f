package fuzz

import (
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/bitmark-inc/bilateralrpc/core"
	"github.com/bitmark-inc/bilateralrpc/sim"
)

// tape is what the fuzzer decides with: a byte a decision. An exhausted tape
// says zero for ever, which means "let the next thing happen": no input is
// skipped, and a longer one only changes what comes later.
type tape struct {
	bytes []byte
}

func (t *tape) next() byte {
	if len(t.bytes) == 0 {
		return 0
	}
	b := t.bytes[0]
	t.bytes = t.bytes[1:]
	return b
}

var tapeNames = [...]string{"a", "b", "c"}

// fate is a frame's: mostly to arrive.
func (t *tape) fate(_ sim.FrameName, f *sim.Fate) {
	switch b := t.next(); b & 15 {
	case 1:
		f.Drop = true
	case 2:
		f.Copies = 1
	case 3:
		f.Delay = time.Duration(b>>4+1) * 40 * time.Millisecond
	case 4:
		f.Reorder, f.Delay = true, time.Duration(b>>4+1)*150*time.Millisecond
	case 5:
		f.Refuse = true
	case 6:
		f.Break = true
	}
}

// operate does what one byte says: to one node (or two) what a user, the
// network or a power cut does. Zero lets the next thing happen.
func (t *tape) operate(w *sim.World, op byte) {
	a := tapeNames[op>>4%3]
	b := tapeNames[(op>>4+1+op>>6&1)%3]
	switch op & 15 {
	case 1:
		now(w, sim.Connect{From: a, To: b})
	case 2:
		now(w, sim.Disconnect{From: a, To: b})
	case 3:
		w.Call(a, sim.Request{Method: "Echo.Ping", Timeout: time.Duration(t.next()+1) * 10 * time.Millisecond})
	case 4:
		w.Call(a, sim.Request{To: []string{b, a, b, "nobody"}, Method: "Echo.Fail", Timeout: time.Second, Idempotent: op>>7 == 1})
	case 5:
		w.Cast(a, sim.Request{Method: "Echo.Ping"})
	case 6:
		now(w, sim.Crash{Node: a})
	case 7:
		now(w, sim.Restart{Node: a, Forget: op>>7 == 1})
	case 8:
		now(w, sim.Break{A: a, B: b})
	case 9:
		now(w, sim.Cut{From: a, To: b, For: time.Duration(t.next()) * 20 * time.Millisecond})
	case 10:
		now(w, sim.Pause{Node: a, For: time.Duration(t.next()) * 20 * time.Millisecond})
	case 11:
		now(w, sim.Clock{Node: a, Step: time.Duration(t.next()+1) * 30 * time.Millisecond})
	case 12:
		now(w, sim.Slow{Node: a, By: time.Duration(t.next()) * 10 * time.Millisecond})
	case 13: // time passes
		w.RunUntil(w.Now() + time.Duration(t.next()+1)*20*time.Millisecond)
	case 14:
		now(w, sim.Clog{From: a, To: b, For: time.Duration(t.next()) * 10 * time.Millisecond})
	default:
		if op>>7 == 1 {
			now(w, sim.Redial{From: a, To: b})
			return
		}
		w.Next()
	}
}

// now plans a fault for this moment, so that what a paused node's user does waits.
func now(w *sim.World, f sim.Fault) {
	w.At(w.Now(), f)
	w.RunUntil(w.Now())
}

// stepsMax bounds one input, whatever the tape makes happen.
const stepsMax = 2_000

// FuzzCore has a tape drive three machines and the network between them, under
// every checker; then the faults stop and everything has to come right.
func FuzzCore(f *testing.F) {
	f.Add([]byte{})
	f.Add([]byte{1, 17, 13, 40, 3, 9})
	f.Add([]byte{1, 0x41, 0x11, 0x51, 13, 200, 6, 13, 250, 7, 13, 100, 3, 50})
	f.Add([]byte(strings.Repeat("\x01\x11\x21\x0d\x80\x03\x20\x08\x05", 12)))
	f.Add([]byte(strings.Repeat("\x01\x17\x0d\xff\x19\xf0\x2a\x77\x03\x60", 9)))
	f.Fuzz(func(t *testing.T, input []byte) {
		in := &tape{bytes: input}
		var trace []string
		w := sim.New(sim.Options{
			Seed: 1, Model: sim.Adversarial, Network: "net", Checkers: sim.Checkers(),
			Latency: sim.Fixed(5 * time.Millisecond), Timing: core.DefaultTiming().Scaled(1, 20), Heartbeat: 600 * time.Millisecond,
			Trace: func(line []byte) { trace = append(trace, string(line)) },
		})
		if err := w.AddPeers(tapeNames[:]...); err != nil {
			t.Fatal(err)
		}
		w.OnFrame(in.fate)
		for len(in.bytes) > 0 && w.Violation() == nil && w.Events() < stepsMax {
			in.operate(w, in.next())
		}
		if v := w.Settle(); v != nil {
			t.Fatalf("%s\n%v\n%s", v.Property.Claim, v, strings.Join(trace[max(0, len(trace)-60):], "\n"))
		}
	})
}

// A tape says something else after a change of what its bytes mean, or of the world, and
// goes on to pass. So no tape claims to be the one that shows a mistake: what one has found
// stays as a scenario or a story, which say what they do. One may bear a scenario's name.
func TestTapesClaimNothing(t *testing.T) {
	files, err := os.ReadDir("testdata/fuzz/FuzzCore")
	if err != nil || len(files) == 0 {
		t.Fatalf("%d tapes, %v", len(files), err)
	}
	hash := regexp.MustCompile("^[0-9a-f]{16}$")
	for _, f := range files {
		if hash.MatchString(f.Name()) {
			continue
		}
		if _, err := os.Stat("../testdata/scenario/" + f.Name() + ".sim"); err != nil {
			t.Errorf("the tape %s has a name, and no scenario has it: write one, or rename the tape to a hash", f.Name())
		}
	}
}
