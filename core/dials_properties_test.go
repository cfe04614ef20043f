package core_test

import (
	"bytes"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/bitmark-inc/bilateralrpc/core"
)

// The properties of dialling over a single machine, against a reference model
// that is small enough to be believed: it knows nothing of halves, timers or
// tables. calls_properties_test.go does the same for calls.

// dialRef is what a dialling peer has to do: dial phases, their JOINs, backoff,
// and the TICKs of an accepted link. A Skip in one of its actions is rapid's: the action
// does not apply at the moment, and another is drawn. No test is skipped.
type dialRef struct {
	m   *core.Machine
	t   core.Timing
	now core.Instant

	link     core.Link // dialled and not hung up; zero if there is none
	up       bool      // it is up
	accepted bool      // STAY came on it
	joined   bool      // JOIN went out on it
	probed   bool      // a TICK went out before it
	inPhase  bool
	phaseEnd core.Instant
	joins    int
	lastJoin core.Instant
	k        int
	least    core.Instant // while waiting: no dial before,
	most     core.Instant // and one by then
	tick     []byte       // the last TICK, unanswered or not
	tickAt   core.Instant
	old      []core.Link // links of the past
}

func (r *dialRef) Init(t *rapid.T) {
	m, err := core.New(core.Config{Name: "a", Network: "net", Seed: rapid.Uint64().Draw(t, "seed"), LinksReported: true})
	if err != nil {
		t.Fatal(err)
	}
	r.m, r.t = m, m.Config().Timing
	r.least, r.most = core.Instant(r.t.FirstStart), core.Instant(r.t.FirstStart)
	r.step(t, core.Event{Kind: core.EvConnect, Peer: "b", Address: "there"})
}

// step feeds an event and holds every action against the model.
func (r *dialRef) step(t *rapid.T, ev core.Event) {
	ev.At = r.now
	if r.inPhase && r.now >= r.phaseEnd && !r.accepted { // the phase has failed
		r.inPhase, r.joins = false, 0
		r.least = r.phaseEnd.Add(r.t.Retry << r.k)
		r.most = r.least
		r.k = min(r.k+1, r.t.BackoffMax)
	}
	for _, a := range r.m.Step(nil, &ev) {
		switch {
		case a.Kind == core.ActDial:
			r.dialled(t, a.Link)
		case a.Kind == core.ActHangUp:
			if a.Link != r.link {
				t.Fatalf("hung up %v, where %v is open", a.Link, r.link)
			}
			r.closed()
		case a.Kind == core.ActSend && a.Command == core.JOIN:
			r.join(t, a.Link)
		case a.Kind == core.ActSend && a.Command == core.TICK:
			switch {
			case a.Link == r.link && r.up && !r.accepted && !r.joined && !r.probed:
				r.probed = true // PROTOCOL 3.4
			case a.Link != r.link || !r.accepted:
				t.Fatalf("TICK on %v, which is not accepted", a.Link)
			}
			r.tick, r.tickAt = bytes.Clone(a.Body), r.now
		}
	}
}

func (r *dialRef) closed() {
	r.old = append(r.old, r.link)
	r.link, r.up, r.accepted, r.joined, r.probed = core.Link{}, false, false, false, false
}

func (r *dialRef) dialled(t *rapid.T, l core.Link) {
	switch {
	case r.link != core.Link{}:
		t.Fatalf("dialled %v before %v was hung up", l, r.link)
	case !r.inPhase && (r.now < r.least || r.now > r.most):
		t.Fatalf("dialled at %d, where a phase begins between %d and %d", r.now, r.least, r.most)
	case !r.inPhase:
		r.inPhase, r.joins, r.phaseEnd = true, 0, r.now.Add(time.Duration(r.t.JoinsMax)*r.t.Join)
	}
	r.link = l
}

func (r *dialRef) join(t *rapid.T, l core.Link) {
	r.joins++
	switch {
	case l != r.link || !r.up:
		t.Fatalf("JOIN on %v, which is not up", l)
	case r.joins > r.t.JoinsMax:
		t.Fatalf("JOIN number %d of a phase", r.joins)
	case r.joins > 1 && r.now.Sub(r.lastJoin) < r.t.Join:
		t.Fatalf("JOIN %v after the last one", r.now.Sub(r.lastJoin))
	}
	r.joined, r.lastJoin = true, r.now
}

func (r *dialRef) frame(t *rapid.T, c core.Command, l core.Link, body []byte) {
	r.step(t, core.Event{Kind: core.EvFrame, Peer: "b", Link: l, Command: c, Body: body})
}

// TimePasses steps the machine at each of its deadlines on the way.
func (r *dialRef) TimePasses(t *rapid.T) {
	to := r.now.Add(time.Duration(rapid.Int64Range(0, int64(2*r.t.Retry)).Draw(t, "d")))
	if rapid.Bool().Draw(t, "far") {
		to = to.Add(r.t.Retry << r.k)
	}
	for r.m.Deadline() <= to {
		r.now = max(r.now, r.m.Deadline())
		r.step(t, core.Event{Kind: core.EvTimeout})
	}
	r.now = to
}

func (r *dialRef) LinkComesUp(t *rapid.T) {
	if r.link == (core.Link{}) || r.up {
		t.Skip("no dial is under way")
	}
	r.up = true
	r.step(t, core.Event{Kind: core.EvLinkUp, Peer: "b", Link: r.link})
}

func (r *dialRef) LinkIsLost(t *rapid.T) {
	if r.link == (core.Link{}) {
		t.Skip("there is none")
	}
	lost, accepted := r.link, r.accepted
	r.closed()
	if accepted { // a new phase begins at once, or after a pause of it
		r.inPhase, r.joins, r.phaseEnd = true, 0, r.now.Add(time.Duration(r.t.JoinsMax)*r.t.Join)
	}
	r.step(t, core.Event{Kind: core.EvLinkLost, Peer: "b", Link: lost, Cause: core.CauseLost})
}

func (r *dialRef) StayArrives(t *rapid.T) {
	if !r.joined || r.accepted {
		t.Skip("nothing to answer")
	}
	r.accepted, r.inPhase, r.k = true, false, 0
	r.tickAt = -1
	r.frame(t, core.STAY, r.link, core.AppendMeet(nil, core.Meet{Incarnation: 7}))
	if r.tickAt != r.now {
		t.Fatal("STAY was not followed by a TICK")
	}
	r.least, r.most = 0, core.Never // a silent end of the link leads to a new phase at once
}

func (r *dialRef) TockArrives(t *rapid.T) {
	if !r.accepted {
		t.Skip("no TICK was sent")
	}
	r.frame(t, core.TOCK, r.link, r.tick)
}

func (r *dialRef) PartArrives(t *rapid.T) {
	if !r.joined && !r.accepted {
		t.Skip("nothing to answer")
	}
	r.inPhase, r.joins = false, 0
	r.least, r.most = r.now.Add(r.t.BasePart), r.now.Add(r.t.BasePart+255*r.t.RandPart)
	r.frame(t, core.PART, r.link, nil)
	if r.link != (core.Link{}) {
		t.Fatal("a PART without a reason did not end the dial")
	}
}

// StaleFrameArrives is P8: of a link of the past, whatever it says.
func (r *dialRef) StaleFrameArrives(t *rapid.T) {
	if len(r.old) == 0 {
		t.Skip("there is no link of the past")
	}
	c := rapid.SampledFrom([]core.Command{core.STAY, core.PART, core.TOCK}).Draw(t, "command")
	l := rapid.SampledFrom(r.old).Draw(t, "link")
	r.step(t, core.Event{Kind: core.EvTimeout})
	before := r.m.AppendState(nil)
	r.frame(t, c, l, r.tick)
	if !bytes.Equal(before, r.m.AppendState(nil)) {
		t.Fatalf("a %v of %v, which is over, changed the machine", c, l)
	}
}

// Check holds after every action.
func (r *dialRef) Check(t *rapid.T) {
	st, _ := r.m.Status("b")
	switch {
	case r.m.Deadline() < r.now:
		t.Fatalf("a timer of %d was left unhandled at %d", r.m.Deadline(), r.now)
	case st.Backoff != r.k:
		t.Fatalf("the backoff is %d, where it has to be %d", st.Backoff, r.k)
	case st.Active != r.accepted:
		t.Fatalf("active is %v, accepted %v", st.Active, r.accepted)
	case r.accepted && r.now.Sub(r.tickAt) > r.t.Live:
		t.Fatalf("no TICK for %v", r.now.Sub(r.tickAt))
	}
}

func TestDialPhasesBackoffAndTicksFollowTheRules(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r := &dialRef{}
		r.Init(t)
		t.Repeat(map[string]func(*rapid.T){
			"": r.Check, "time passes": r.TimePasses, "the link comes up": r.LinkComesUp, "the link is lost": r.LinkIsLost,
			"STAY": r.StayArrives, "TOCK": r.TockArrives, "PART": r.PartArrives, "a stale frame": r.StaleFrameArrives,
		})
	})
}
