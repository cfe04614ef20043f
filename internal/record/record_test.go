package record

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/bitmark-inc/bilateralrpc/core"
)

// smallRing loses its beginning soon.
const smallRing = 64 << 10

// opened opens a recording.
func opened(t *testing.T, file []byte) (*Recording, *Player) {
	t.Helper()
	r, err := Parse(file)
	if err != nil {
		t.Fatal(err)
	}
	p, err := r.Play()
	if err != nil {
		t.Fatal(err)
	}
	return r, p
}

// played plays a recording to its end, and fails the test for the first step that differs.
func played(t *testing.T, file []byte) (r *Recording, steps int) {
	t.Helper()
	r, p := opened(t, file)
	for {
		step, err := p.Next()
		if err == io.EOF {
			return r, steps
		}
		if err != nil {
			t.Fatal(err)
		}
		if step.Differs || step.Unfinished {
			t.Fatalf("event %d, %v: %+v", step.Number, step.Event.Kind, step)
		}
		steps++
	}
}

// lastStep plays a recording and returns its last step, and why there is no other one. None
// before it may differ.
func lastStep(t *testing.T, file []byte) (last Step, err error) {
	t.Helper()
	_, p := opened(t, file)
	for {
		step, err := p.Next()
		if err != nil {
			return last, err
		}
		if last.Differs {
			t.Fatal("a step before the last differs")
		}
		last = *step
	}
}

// Events are read back as they were fed, whether the ring has them as plain ones or not.
func TestEventsAreWhatWasFed(t *testing.T) {
	p := newPair(t, 4, Options{Bodies: true})
	p.run(2000)
	for _, e := range p.ends {
		_, player := opened(t, written(t, e.recorder))
		plain := map[core.EventKind]int{}
		for _, ev := range e.fed {
			step, err := player.Next()
			for err == nil && step.Event.Kind == core.EvSendRefused {
				step, err = player.Next() // of which the pair keeps no list
			}
			if err != nil {
				t.Fatal(err)
			}
			if got, want := fmt.Sprintf("%+v", *step.Event), fmt.Sprintf("%+v", ev); got != want {
				t.Fatalf("event %d is read as\n%s\nand was\n%s", step.Number, got, want)
			}
			if len(ev.Err)+len(ev.Head) == 0 && ev.Left == 0 && len(ev.To) < 2 {
				plain[ev.Kind]++
			}
		}
		for _, kind := range []core.EventKind{core.EvFrame, core.EvReply, core.EvCall, core.EvTimeout} {
			if plain[kind] == 0 {
				t.Errorf("there is no plain event of kind %v: this test says nothing about it", kind)
			}
		}
	}
}

// What was recorded gives the same actions again: from the beginning, and from where the
// ring has lost it, with the bytes of users and without.
func TestARecordingPlaysAgain(t *testing.T) {
	for _, bodies := range []bool{false, true} {
		for seed := range uint64(8) {
			p := newPair(t, seed, Options{Bytes: smallRing, Bodies: bodies})
			for _, events := range []int{20, 3000} {
				p.run(events)
				for _, e := range p.ends {
					file := written(t, e.recorder)
					r, steps := played(t, file)
					switch {
					case steps == 0 || len(file) > smallRing+1000:
						t.Fatalf("seed %d: %d steps in %d bytes", seed, steps, len(file))
					case r.First+uint64(steps) != e.recorder.ring.count:
						t.Fatalf("seed %d: %d events behind the first %d, of %d", seed, steps, r.First, e.recorder.ring.count)
					case events == 20 && r.First != 0:
						t.Fatalf("seed %d: the recording begins behind event %d", seed, r.First)
					case events == 3000 && (r.First == 0 || len(file) < smallRing/3):
						t.Fatalf("seed %d: the ring has lost nothing (%d bytes): this test says nothing about that", seed, len(file))
					}
				}
			}
		}
	}
}

// Bytes of users are not in a recording unless they are asked for, and no guess at them
// can be confirmed by their hashes.
func TestBodiesAreNotKept(t *testing.T) {
	for _, bodies := range []bool{false, true} {
		p := newPair(t, 1, Options{Bodies: bodies})
		p.run(500)
		file := written(t, p.ends[0].recorder)
		if got := bytes.Contains(file, []byte("secret")); got != bodies {
			t.Errorf("Bodies %v: the bytes of users are in the file: %v", bodies, got)
		}
		if !bytes.Contains(file, []byte("Some.Method")) {
			t.Error("the method is not in the file")
		}
	}
	a, b := New(Options{}), New(Options{})
	if a.hash([]byte("yes")) == b.hash([]byte("yes")) {
		t.Error("two recorders hash alike")
	}
}

// Arguments and replies are not in the memory of the ring either, at neither end, where the
// machine has found them.
func TestTheMemoryHasNoBodies(t *testing.T) {
	for _, bodies := range []bool{false, true} {
		p := newPair(t, 1, Options{Bodies: bodies})
		for p.settle(); p.ends[0].m.ActiveCount() == 0; p.settle() {
			p.now = p.now.Add(time.Second)
			p.feed(p.ends[0], &core.Event{Kind: core.EvTimeout})
		}
		const arguments, reply = "the arguments of a call", "the reply to it"
		p.feed(p.ends[0], &core.Event{Kind: core.EvCall, Call: 1, Method: []byte("S.M"), Body: []byte(arguments), Timeout: time.Minute})
		p.settle()
		served := p.ends[1].served[0]
		p.feed(p.ends[1], &core.Event{Kind: core.EvReply, Ticket: served.Ticket, Method: served.Method, Body: []byte(reply)})
		p.settle()
		for _, e := range p.ends {
			for _, text := range []string{arguments, reply} {
				if got := bytes.Contains(e.recorder.written(), []byte(text)); got != bodies {
					t.Errorf("Bodies %v: %q is in the memory of %s: %v", bodies, text, e.name, got)
				}
			}
			played(t, written(t, e.recorder))
		}
	}
}

// A recording that was changed anywhere is refused, or differs, or is the same; it never
// panics. One whose actions were changed differs.
func TestADifferentStepIsNamed(t *testing.T) {
	p := newPair(t, 3, Options{})
	p.run(100)
	file := written(t, p.ends[0].recorder)
	file[len(file)-1] ^= 1 // of the sum of the last step
	last, err := lastStep(t, file)
	if err != io.EOF {
		t.Fatal(err)
	}
	if !last.Differs {
		t.Fatal("the last step does not differ")
	}
}

// Where one segment ends and the next one begins, the state that was reached is compared.
func TestAnotherStateIsFound(t *testing.T) {
	p := newPair(t, 5, Options{Bytes: smallRing})
	p.run(3000)
	r, err := Parse(written(t, p.ends[0].recorder))
	if err != nil {
		t.Fatal(err)
	}
	if len(r.segments) != 2 {
		t.Fatal("one segment only")
	}
	first := &r.segments[0]
	first.events = first.events[:len(first.events):len(first.events)]
	r.segments[1].snapshot = bytes.Clone(first.snapshot)
	player, err := r.Play()
	if err != nil {
		t.Fatal(err)
	}
	for err == nil {
		_, err = player.Next()
	}
	if state := (*StateError)(nil); !errors.As(err, &state) || state.Number == 0 {
		t.Fatalf("%v, want a StateError", err)
	}
}

// An event that has no room leaves a gap, behind which the recording goes on.
func TestAnEventWithoutRoom(t *testing.T) {
	p := newPair(t, 2, Options{Bytes: smallRing, Bodies: true})
	p.run(50)
	p.feed(p.ends[0], &core.Event{Kind: core.EvCast, Method: []byte("S.M"), Body: make([]byte, smallRing)})
	p.settle()
	p.run(5)
	r, err := Parse(written(t, p.ends[0].recorder))
	if err != nil {
		t.Fatal(err)
	}
	if !r.segments[len(r.segments)-1].gap {
		t.Fatal("no gap")
	}
	if _, steps := played(t, written(t, p.ends[0].recorder)); steps == 0 {
		t.Fatal("nothing behind the gap")
	}
}

// A state that is too large for the ring is an error that says how much it takes.
func TestAStateWithoutRoom(t *testing.T) {
	p := newPair(t, 2, Options{Bytes: smallRing})
	for i := range 800 {
		p.feed(p.ends[0], &core.Event{Kind: core.EvConnect, Peer: fmt.Sprint("peer", i), Address: "nowhere"})
	}
	for i := range 3000 {
		p.feed(p.ends[0], &core.Event{Kind: core.EvRedial, Peer: fmt.Sprint("peer", i%800)})
	}
	var file bytes.Buffer
	if _, err := p.ends[0].recorder.WriteTo(&file); err == nil || !strings.Contains(err.Error(), "give it") {
		t.Fatalf("%v, want how much the state takes", err)
	}
	queued = nil
}

// A machine that panics leaves the recording, which ends with the event, and panics: one that
// is kept before its step, and one that is kept behind it.
func TestAPanicIsRecorded(t *testing.T) {
	for _, ev := range []core.Event{{Kind: core.EvRedial, Peer: "b"}, {Kind: core.EvTimeout}} {
		name := filepath.Join(t.TempDir(), "panic")
		p := newPair(t, 2, Options{PanicFile: name})
		p.run(50)
		e := p.ends[0]
		e.recorder.machine = nil // whose Step panics
		ev.At = p.now
		func() {
			defer func() {
				if recover() == nil {
					t.Error("the panic does not go on")
				}
			}()
			_ = e.recorder.Step(nil, &ev)
		}()
		file, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		last, err := lastStep(t, file)
		if err != io.EOF || !last.Unfinished || last.Differs || last.Number != e.recorder.ring.count || last.Event.Kind != ev.Kind {
			t.Fatalf("%v; the last step is %+v", err, last)
		}
	}
}

func TestARecorderIsOfOneNode(t *testing.T) {
	r := New(Options{})
	if _, err := r.WriteTo(io.Discard); !errors.Is(err, ErrNothing) {
		t.Errorf("%v, want ErrNothing", err)
	}
	m, err := core.New(core.Config{Name: "n"})
	if err != nil {
		t.Fatal(err)
	}
	if err := r.Attach(m, &sync.Mutex{}, About{}); err != nil {
		t.Fatal(err)
	}
	if err := r.Attach(m, &sync.Mutex{}, About{}); !errors.Is(err, ErrAttached) {
		t.Errorf("%v, want ErrAttached", err)
	}
}

// The header says everything of the Config.
func TestTheConfigIsWhole(t *testing.T) {
	var c core.Config
	for i, f := range leaves("", reflect.ValueOf(&c).Elem()) {
		switch f.value.Kind() {
		case reflect.String:
			f.value.SetString(fmt.Sprint("text\xff", i))
		case reflect.Bool:
			f.value.SetBool(true)
		case reflect.Int, reflect.Int64:
			f.value.SetInt(-int64(i) - 1)
		default:
			f.value.SetUint(uint64(i) + 1)
		}
	}
	d := &decoder{bytes: appendConfig(nil, &c)}
	if got := d.config(); got != c || d.err != nil || len(d.bytes) > 0 {
		t.Errorf("read back as %+v (%v), want %+v", got, d.err, c)
	}
}

func TestTheHeader(t *testing.T) {
	p := newPair(t, 1, Options{})
	before := time.Now()
	r, err := Parse(written(t, p.ends[0].recorder))
	if err != nil {
		t.Fatal(err)
	}
	if r.Config != p.ends[0].m.Config() || r.Bodies || !r.Epoch.Equal(time.Unix(1000, 0)) || r.Silence != 12*time.Second || r.Written.Before(before) {
		t.Errorf("%+v", r)
	}
	for name, file := range map[string]string{"empty": "", "text": "bilsim 1", "an earlier version": magic + "1\n", "a later version": magic + "3\n", "cut off": magic + fileVersion + "\n"} {
		if _, err := Parse([]byte(file)); err == nil {
			t.Errorf("%s: taken for a recording", name)
		}
	}
}

// A recorded step allocates nothing, nor does it put the event on the heap.
func TestARecordedStepAllocatesNothing(t *testing.T) {
	p := newPair(t, 1, Options{})
	r, m := p.ends[0].recorder, p.ends[0].m
	actions := make([]core.Action, 0, 8)
	body := core.AppendPayload(nil, &core.Action{Command: core.CALL, ID: 1, Method: []byte("S.M")})
	if n := testing.AllocsPerRun(1000, func() {
		ev := core.Event{Kind: core.EvFrame, At: core.Instant(m.Stats().FramesIn[core.CALL]), Peer: "x", Link: core.Link{Half: core.Dialling, N: 9}, Command: core.CALL, Body: body}
		actions = r.Step(actions[:0], &ev)
	}); n > 0 {
		t.Errorf("%v allocations a step", n)
	}
}
