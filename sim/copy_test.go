package sim

import (
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"
)

// copied makes copies of the worlds of some seeds at several moments, and calls f with both.
func copied(t *testing.T, f func(seed uint64, at time.Duration, w, c *World)) {
	t.Helper()
	copies, calls := 0, 0
	for seed := range uint64(40) {
		s := Swarm(seed, SwarmOptions{})
		all := seed < uint64(len(whatSwarmsRarelyHave))
		if all {
			var err error
			if s, err = Parse(whatSwarmsRarelyHave[seed]); err != nil {
				t.Fatal(err)
			}
		}
		w, err := s.Open(RunOptions{NoDigest: true})
		if err != nil {
			t.Fatal(err)
		}
		for i := 0; i < 400 && w.Next(); i++ {
			if !all && i%29 != 0 {
				continue
			}
			w.fates.calm, w.checks.judged = i%2 == 1, judged{pairs: seed, calls: 1}
			if c := w.Copy(); c != nil {
				copies++
				if calls += len(w.calls.list); all || i%3 == 0 {
					f(seed, w.Now(), w, c)
				}
			}
		}
	}
	if copies < 100 || calls < 100 {
		t.Errorf("%d copies were made, of %d calls: too few", copies, calls)
	}
}

// whatSwarmsRarelyHave is rules, a node whose sockets redial by themselves, one that has
// vanished, one that is paused, frames that are held back, and a wrong address.
var whatSwarmsRarelyHave = [...]string{`bilsim 1
latency 50ms heartbeat off
blind a
peers b c
at 0s connect a -> b
at 0s connect c -> b
at 3s vanish b
at 4s pause c
at 4s call c -> b Echo.Ping timeout 5s
at 5s call a -> b Echo.Ping timeout 5s
at 6s restart b
at 7s resume c
at 8s crash b
at 60s restart b
on STAY b->a #2 delay 1s
maybe on CALL b->c #7 delay 1s
`, `bilsim 1
latency 50ms
peers a b
at 0s connect a -> b
at 1s clog a -> b
at 1s call a -> b Echo.Ping timeout 5s
at 2s connect b -> nobody at a
`}

// told is all that can be told of a world.
func told(w *World) string {
	return fmt.Sprintf("%x %d %v %v %v", w.AppendFingerprint(nil), w.Events(), w.Marks(), w.Judged(), len(w.Violations()))
}

// A copy does what the world does, which does not notice it.
func TestACopyOfAWorldGoesOnAsTheWorldDoes(t *testing.T) {
	copied(t, func(seed uint64, at time.Duration, w, c *World) {
		d := c.Copy() // which is left as it is until both have gone on
		if told(w) != told(c) || told(w) != told(d) {
			t.Fatalf("seed %d, at %v: a copy is not the same", seed, at)
		}
		for i := range 60 {
			if w.Next() != c.Next() || told(w) != told(c) {
				t.Fatalf("seed %d, at %v: %d steps later a copy is not the same: %v, %v", seed, at, i, w.Violation(), c.Violation())
			}
		}
		for range 60 {
			d.Next()
		}
		if told(w) != told(d) {
			t.Fatalf("seed %d, at %v: a copy has changed with the world", seed, at)
		}
	})
}

// A copy has every field of the world, and shares no memory with it that either writes.
func TestACopyOfAWorldLeavesNothingOut(t *testing.T) {
	n := 0
	copied(t, func(seed uint64, at time.Duration, w, c *World) {
		if n++; seed > 1 && n%7 != 0 {
			return
		}
		p := pairwise{t: t, seen: map[place]bool{}}
		p.same("World", reflect.ValueOf(w).Elem(), reflect.ValueOf(c).Elem())
		if t.Failed() {
			t.Fatalf("seed %d, at %v", seed, at)
		}
	})
}

// pairwise walks through two worlds.
type pairwise struct {
	t    *testing.T
	seen map[place]bool // in the first one
}

// place is where a value is: a struct and its first field are at one address.
type place struct {
	address uintptr
	of      reflect.Type
}

// scratch are fields that mean nothing between two steps, and records that are kept to be
// used again.
var scratch = map[string]bool{
	"steps.step": true, "steps.ev": true, "steps.back": true, "steps.actions": true, "steps.refused": true,
	"network.ev": true, "frames.passage": true, "checks.statuses": true, "fates.watchers": true, "fates.taken": true, "marks.makesRoom": true,
	"few.spare": true, "ledger.over": true, "ledger.latest": true, "twins.dirty": true, "Machine.out": true,
	"stale.undone": true, "stale.why": true, "stale.before": true, "stale.after": true, "namesakes.sure": true, "namesakes.is": true,
	"peerTable.last": true, "journal.line": true,
}

// immutable are fields whose memory nobody writes after it was made.
var immutable = map[string]bool{
	"Call.Args": true, "Call.Head": true, "Call.To": true, "Row.Body": true, "asked.method": true, "asked.head": true, "openCall.body": true,
	"call.method": true, "call.body": true, "call.head": true, "checks.unmet": true, "plan.list": true, "expectation.Expect": true,
	"FrameRule.Then": true,
}

func (p *pairwise) same(name string, a, b reflect.Value) {
	switch a.Kind() {
	case reflect.Pointer:
		if a.IsNil() || b.IsNil() {
			if a.IsNil() != b.IsNil() {
				p.t.Errorf("%s: nil on one side", name)
			}
			return
		}
		if a.Pointer() == b.Pointer() {
			p.t.Errorf("%s is shared", name)
			return
		}
		at := place{a.Pointer(), a.Type()}
		if p.seen[at] {
			return
		}
		p.seen[at] = true
		p.same(name, a.Elem(), b.Elem())
	case reflect.Interface:
		if a.IsNil() != b.IsNil() || !a.IsNil() && a.Elem().Type() != b.Elem().Type() {
			p.t.Errorf("%s: %v and %v", name, a.Type(), b.Type())
		} else if !a.IsNil() {
			p.same(name, a.Elem(), b.Elem())
		}
	case reflect.Struct:
		p.fields(a, b)
	case reflect.Slice:
		if a.Len() != b.Len() {
			p.t.Errorf("%s: %d and %d", name, a.Len(), b.Len())
			return
		}
		if a.Len() > 0 && a.Pointer() == b.Pointer() {
			p.t.Errorf("%s is shared", name)
		}
		for i := range a.Len() {
			p.same(name, a.Index(i), b.Index(i))
		}
	case reflect.Array:
		for i := range a.Len() {
			p.same(name, a.Index(i), b.Index(i))
		}
	case reflect.Map:
		if a.Len() != b.Len() || a.Len() > 0 && a.Pointer() == b.Pointer() {
			p.t.Errorf("%s: %d and %d, or shared", name, a.Len(), b.Len())
			return
		}
		for _, k := range a.MapKeys() {
			if x, y := a.MapIndex(k), b.MapIndex(k); y.IsValid() {
				p.same(name, x, y)
			} else {
				p.t.Errorf("%s: no %v", name, k)
			}
		}
	case reflect.Func:
		if a.IsNil() != b.IsNil() {
			p.t.Errorf("%s: nil on one side", name)
		}
	default:
		if !a.Equal(b) {
			p.t.Errorf("%s: %v and %v", name, a, b)
		}
	}
}

// fields compares those of two structs.
func (p *pairwise) fields(a, b reflect.Value) {
	for i := range a.NumField() {
		field := a.Type().Field(i).Name
		full := plainName(a.Type()) + "." + field
		if scratch[full] || immutable[full] {
			continue
		}
		p.same(full, a.Field(i), b.Field(i))
	}
}

// plainName is the name of a type without its parameters.
func plainName(t reflect.Type) string {
	name, _, _ := strings.Cut(t.Name(), "[")
	return name
}

// BenchmarkCopy copies a world of two nodes that are connected.
func BenchmarkCopy(b *testing.B) {
	s, err := Parse("bilsim 1\nlatency 50ms\npeers a b\nat 0s connect a -> b\nat 0s connect b -> a\n")
	if err != nil {
		b.Fatal(err)
	}
	w, err := s.Open(RunOptions{NoDigest: true})
	if err != nil {
		b.Fatal(err)
	}
	w.RunUntil(time.Minute)
	b.ReportAllocs()
	for b.Loop() {
		if w.Copy() == nil {
			b.Fatal("it was not copied")
		}
	}
}

// Nobody who watches a world watches its copies, so that there are none.
func TestAWorldThatIsWatchedHasNoCopy(t *testing.T) {
	for name, watch := range map[string]func(w *World){
		"steps":  func(w *World) { w.Observe(func(*World, *Step, Fault) {}) },
		"frames": func(w *World) { w.ObserveFrames(func(*Passage) {}) },
		"queue":  func(w *World) { w.ObserveQueue(func(time.Duration, bool) {}) },
		"nobody": func(*World) {},
	} {
		w := New(Options{Seed: 1, Checkers: Checkers()})
		if err := w.AddPeers("a", "b"); err != nil {
			t.Fatal(err)
		}
		watch(w)
		if copied := w.Copy() != nil; copied != (name == "nobody") {
			t.Errorf("%s: copied: %v", name, copied)
		}
	}
}
