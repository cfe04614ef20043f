package explore

import (
	"bytes"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/bitmark-inc/bilateralrpc/core"
	"github.com/bitmark-inc/bilateralrpc/sim"
	"github.com/bitmark-inc/bilateralrpc/sim/check"
	"github.com/bitmark-inc/bilateralrpc/sim/defects"
)

// atOnce does n things, some at a time.
func atOnce(n int, do func(i int)) {
	var wg sync.WaitGroup
	for at := range 3 {
		wg.Go(func() {
			for i := at; i < n; i += 3 {
				do(i)
			}
		})
	}
	wg.Wait()
}

// settled is small, and has faults stopped in every state at rest.
const settled = `bilsim 1
latency 50ms settle
peers a b
bound faults 1 of restart
bound time 500ms
at 0s connect a -> b
at 0s..50ms connect b -> a
`

// whole is all that came of a search, as bytes.
func whole(t *testing.T, text, defect string, o Options) string {
	t.Helper()
	e := searchOf(t, text, defect, o)
	if _, err := e.result(); err != nil {
		t.Fatal(err)
	}
	return outcome(e)
}

// searchOf returns a search that has yet to begin, with a defect in the core unless it is
// empty.
func searchOf(t *testing.T, text, defect string, o Options) *search {
	t.Helper()
	s := sighted(t, text, defect)
	p, err := newPlan(s)
	if err != nil {
		t.Fatal(err)
	}
	return newSearch(p, s, o)
}

// sighted reads a scenario, and puts a defect into its core unless it is empty.
func sighted(t *testing.T, text, defect string) *sim.Scenario {
	t.Helper()
	s, err := sim.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	all := defects.All()
	for i := range all {
		if all[i].ID == defect {
			s = all[i].In(s)
		}
	}
	return s
}

// outcome is what a search has come to: what it says, its states and the ways to them, in
// their order, and the story that it tells.
func outcome(e *search) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%v, %v\n", &e.r, e.r.Found)
	if e.r.Story != nil {
		fmt.Fprintf(&b, "%s%v\n", sim.Format(e.r.Story), e.r.Confirmed.Violation)
	}
	b.Write(e.appendSaved(nil))
	return b.String()
}

// remembers is a checker whose verdict hangs on all that it has been shown, nodes that it
// looks at included: two runs to one state leave it with different memories.
type remembers struct{ sum, wrong uint64 }

// copied is one that can be copied.
type copied struct{ remembers }

func (*remembers) Property() sim.Property {
	return sim.Property{ID: "mine", Claim: "the sum of a run is none of those"}
}

func (c *remembers) Step(_ check.World, s *check.Step) string {
	c.sum = fold(c.sum^uint64(s.Now)^mixA, uint64(s.Event.Kind)<<8^uint64(s.Node.Index)^mixB)
	return c.verdict()
}

func (c *remembers) Audit(w check.World, n *check.Node, _ []core.PeerStatus) string {
	c.sum = fold(c.sum^uint64(w.Now())^mixB, uint64(n.Index)^mixA)
	return c.verdict()
}

func (c *copied) Copy() sim.Checker { d := *c; return &d }

func (c *remembers) verdict() string {
	if c.sum%512 == c.wrong {
		return fmt.Sprint("it is ", c.sum)
	}
	return ""
}

// What a search comes to does not depend on how many worlds it keeps, nor on how many work
// at it.
func TestLiveWorldsMakeNoDifference(t *testing.T) {
	for _, c := range []struct {
		name, text, defect string
		found              bool
	}{
		{"frames", small[0], "", false},
		{"nodes", strings.Replace(small[1], "600ms", "400ms", 1), "", false},
		{"calls", strings.Replace(small[2], "450ms", "300ms", 1), "", false},
		{"settles", settled, "", false},
		{"defect", strings.Replace(settled, "settle", "", 1), "K9", true},
	} {
		t.Run(c.name, func(t *testing.T) {
			want := whole(t, c.text, c.defect, Options{LiveMax: -1})
			if found := strings.HasPrefix(want, "found"); found != c.found {
				t.Fatalf("found: %v, want %v\n%.200s", found, c.found, want)
			}
			for _, o := range []Options{{LiveMax: 1}, {LiveMax: 30, Each: atOnce}, {}, {Each: atOnce}, {LiveMax: -1, Each: atOnce}} {
				if is := whole(t, c.text, c.defect, o); is != want {
					t.Errorf("with LiveMax %d, several at work: %v\n%.300s\nwant\n%.300s", o.LiveMax, o.Each != nil, is, want)
				}
			}
		})
	}
}

// Nor does the run that a state is gone on from: what its checkers remember is that of the run
// that came there first, in a world that was kept, copied, or made anew.
func TestLiveWorldsRememberTheSame(t *testing.T) {
	found := 0
	for wrong := range uint64(12) {
		made := func() []sim.Checker { return append(sim.Checkers(), &remembers{wrong: wrong}) }
		copies := func() []sim.Checker { return append(sim.Checkers(), &copied{remembers{wrong: wrong}}) }
		text := strings.Replace(small[0], "600ms", "500ms", 1)
		if wrong%4 == 3 {
			text = settled
		}
		want := whole(t, text, "", Options{Checkers: made, LiveMax: -1})
		if strings.HasPrefix(want, "found") {
			found++
		}
		for _, o := range []Options{{Checkers: made}, {Checkers: copies, LiveMax: 3}, {Checkers: copies}, {Checkers: copies, Each: atOnce}} {
			if is := whole(t, text, "", o); is != want {
				t.Errorf("%d: with LiveMax %d, several at work: %v\n%.300s\nwant\n%.300s", wrong, o.LiveMax, o.Each != nil, is, want)
			}
		}
	}
	if found < 4 {
		t.Errorf("%d of the searches found something: too few", found)
	}
}

// Worlds that are kept are used: few states are reached again from the start.
func TestLiveWorldsAreUsed(t *testing.T) {
	begun := func(most int) (worlds int) {
		own := func() []sim.Checker {
			worlds++
			return sim.Checkers()
		}
		e := searchOf(t, small[0], "", Options{LiveMax: most, Checkers: own})
		if _, err := e.result(); err != nil {
			t.Fatal(err)
		}
		return worlds
	}
	if none, some := begun(-1), begun(0); 2*some > none {
		t.Errorf("%d worlds were made, and %d where none is kept", some, none)
	}
}

// A search that is stopped, saved and gone on with, again and again, ends as one that was not.
func TestResume(t *testing.T) {
	for _, c := range []struct{ name, text, defect string }{
		{"complete", small[0], ""},
		{"settles", settled, ""},
		{"found", strings.Replace(settled, "settle", "", 1), "K9"},
	} {
		t.Run(c.name, func(t *testing.T) {
			want := whole(t, c.text, c.defect, Options{})
			for _, by := range []uint64{37, 150, 500} {
				o := Options{StatesMax: 1}
				e := searchOf(t, c.text, c.defect, o)
				stops := 0
				r, err := e.result()
				for ; err == nil && r.Stopped != ""; stops++ {
					var file bytes.Buffer
					if err := r.Save(&file); err != nil {
						t.Fatal(err)
					}
					o.StatesMax += by
					e = searchOf(t, c.text, c.defect, o)
					if err := e.resume(&file); err != nil {
						t.Fatal(err)
					}
					r, err = e.result()
				}
				if err != nil {
					t.Fatal(err)
				}
				if is := outcome(e); is != want {
					t.Errorf("stopped %d times:\n%.300s\nwant\n%.300s", stops, is, want)
				}
				if stops == 0 {
					t.Error("it was never stopped")
				}
			}
		})
	}
}
