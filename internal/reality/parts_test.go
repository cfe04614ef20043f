package reality

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/bitmark-inc/bilateralrpc/sim"
)

func TestFactsAreComparedWithAllThatTheWorldMayComeTo(t *testing.T) {
	p := Possible{}
	p.add(Facts{"pair": "linked", "call": "reply"})
	p.add(Facts{"pair": "apart", "call": "reply", "run": "ran 1 times"})
	if p.Hanging() != 2 {
		t.Errorf("%d facts hang on milliseconds, want 2: %v", p.Hanging(), p)
	}
	for _, c := range []struct {
		real Facts
		want []string
	}{
		{Facts{"pair": "linked", "call": "reply"}, nil},
		{Facts{"pair": "apart", "call": "reply", "run": "ran 1 times"}, nil},
		{Facts{"pair": "linked", "call": "silent"}, []string{"call: silent, in the world reply"}},
		{Facts{"pair": "linked", "call": "reply", "run": "ran 2 times"}, []string{"run: ran 2 times, in the world nothing or ran 1 times"}},
		{Facts{"pair": "linked"}, []string{"call: nothing, in the world reply"}},
		{Facts{"pair": "linked", "call": "reply", "other": "x"}, []string{"other: x, in the world nothing"}},
	} {
		var got []string
		for _, d := range p.differences(c.real) {
			got = append(got, d.String())
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("%v: %q, want %q", c.real, got, c.want)
		}
	}
}

func TestWhatIsExpectedMayHoldAroundItsTime(t *testing.T) {
	a := &node{name: "a", called: "a", history: []change{{100, "b", true}, {200, "b", false}, {300, "b", true}}}
	for _, c := range []struct {
		at, tolerance time.Duration
		up, down      bool // some moment at which it is so
	}{
		{50, 10, false, true}, {95, 10, true, true}, {150, 10, true, false}, {250, 10, false, true}, {150, 60, true, true},
	} {
		all := moments(c.at, c.tolerance, a, nil)
		up := slices.ContainsFunc(all, func(at time.Duration) bool { return a.activeAt("b", at) })
		down := slices.ContainsFunc(all, func(at time.Duration) bool { return !a.activeAt("b", at) })
		if up != c.up || down != c.down {
			t.Errorf("around %d, by %d: up %v, down %v", c.at, c.tolerance, up, down)
		}
	}
}

func TestCheckNamesTheLine(t *testing.T) {
	for _, c := range []struct {
		line string
		word string
		why  string
	}{
		{"at 1s clock a step +5s", "", "clock"},
		{"at 1s full a -> b for 5s", "", "queue"},
		{"at 1s inject a -> b PART", "", "lie"},
		{"at 1s forge a -> b PART", "", "forge"},
		{"at 1s restart a same", "", "incarnation"},
		{"at 1s clog a -> b for 8s", "", "heartbeats"},
		{"on JOIN a->b #1 delay 8s", "", "heartbeats"},
		{"on JOIN a->b #1 refuse", "", "refused"},
		{"on JOIN a->b #1 corrupt", "", "altered"},
		{"on JOIN a->b #1 dup delay 1s", "", "one thing"},
		{"on JOIN a->b #1 then clock a freeze", "", "clock"},
		{"on JOIN b->a #1 drop\non JOIN b->a #1..3 dup", "", "a line before"},
		{"at 1s connect b -> a\non JOIN b->a #1 drop", "", "both ends dial"},
		{"on JOIN a->c #1 drop", "", "nobody has"},
		{"firstcall 9", "firstcall", "ids"},
		{"rate drop 1/9", "rate", "random"},
		{"blind d", "blind", "links"},
		{"real no \"why not\"", "real", "why not"},
		{"real no on zmtp \"why not\"", "real", "why not"},
	} {
		s := parse(t, "bilsim 1\nmodel adversarial\npeers a b c\nat 0s connect a -> b\n"+c.line+"\n")
		r := Check(s, "zmtp", false)
		switch {
		case r == nil:
			t.Errorf("%s: it is not refused", c.line)
		case !strings.Contains(r.Why, c.why):
			t.Errorf("%s: %s, want something with %q", c.line, r.Why, c.why)
		case c.word == "" && r.Line != 5+strings.Count(c.line, "\n") || r.Word != c.word:
			t.Errorf("%s: line %d %q", c.line, r.Line, r.Word)
		}
	}
	if r := Check(parse(t, "bilsim 1\nreal no on libzmq \"why not\"\npeers a b\n"), "zmtp", false); r != nil {
		t.Errorf("what is not for libzmq is not for zmtp: %s", r)
	}
}

// TestKeysAreInTheOrderOfNames: the higher name means something.
func TestKeysAreInTheOrderOfNames(t *testing.T) {
	n, err := newNames(parse(t, "bilsim 1\npeers d b\npeer twin as c\nat 0s connect b -> a\n"), true)
	if err != nil {
		t.Fatal(err)
	}
	var keys []string
	for _, name := range []string{"a", "b", "c", "d"} {
		keys = append(keys, n.wire[name])
		if n.of(n.wire[name]) != name {
			t.Errorf("%s is called %s", name, n.of(n.wire[name]))
		}
	}
	if !slices.IsSorted(keys) || len(n.wire) != 4 {
		t.Errorf("names on the wire: %v", n.wire)
	}
}

func TestVariationsOnlyMoveThings(t *testing.T) {
	s := parse(t, "bilsim 1\npeers a b\nat 0s connect a -> b\nat 3s restart b\nat 5s call a -> b Echo.Ping timeout 1s as k\n")
	const begin = 2 * beginMost
	latest := time.Duration(0)
	for i := range variations {
		v := varied(s, i, begin)
		if len(v.Lines) != 4 || v.Lines[1].Fault != (sim.Crash{Node: "b"}) || v.Lines[2].Fault != (sim.Restart{Node: "b"}) {
			t.Fatalf("variation %d has the lines\n%s", i, sim.Format(v))
		}
		if late := v.Lines[2].At - v.Lines[1].At; late <= 0 || late > begin {
			t.Errorf("variation %d restarts after %v", i, late)
		} else {
			latest = max(latest, late)
		}
		if late := v.Lines[3].At - 5*time.Second; late < 0 || late > tellMost {
			t.Errorf("variation %d calls %v later", i, late)
		}
	}
	if latest != begin {
		t.Errorf("the slowest restart takes %v, want %v", latest, begin)
	}
}

func TestARunOnABusyMachineThatDoesNotAgreeSaysNothing(t *testing.T) {
	const linked = "bilsim 1\npeers a b\nat 0s connect a -> b\n"
	for _, c := range []struct {
		scenario string
		facts    Facts
		late     time.Duration
		counts   bool
	}{
		{linked, Facts{"a and b": "linked"}, 0, true},
		{linked, Facts{"a and b": "linked"}, time.Second, true},
		{linked, Facts{"a and b": "apart"}, lateMost, true},
		{linked, Facts{"a and b": "apart"}, lateMost + 1, false},
		{linked + "expect unlinked a b at 5s\n", Facts{"a and b": "linked"}, time.Second, true},
	} {
		world := parse(t, c.scenario).Run(sim.RunOptions{})
		r := Result{Facts: c.facts, World: Possible{"a and b": {"linked"}}, WorldRun: world, Late: c.late}
		if r.Counts() != c.counts {
			t.Errorf("%v, late by %v: it counts: %v", c.facts, c.late, r.Counts())
		}
	}
}

func TestHeartbeatsThatAreOffStayOff(t *testing.T) {
	if interval, timeout := heartbeats(-time.Second / 5); interval >= 0 || timeout != 0 {
		t.Errorf("off is an interval of %v and a timeout of %v, want a negative one and none", interval, timeout)
	}
	if interval, timeout := heartbeats(12 * time.Second); interval != 4*time.Second || timeout != 8*time.Second {
		t.Errorf("12 s are an interval of %v and a timeout of %v, want 4 s and 8 s", interval, timeout)
	}
}

// What hangs on how long a restart takes may come to either end once one has taken long.
func TestASlowRestartMayComeToAnotherEnd(t *testing.T) {
	r := Result{Scenario: read(t, "restart-in-draining").Faster(fasterDefault)}
	r.runWorld()
	if may := r.World["a and b"]; len(may) != 1 {
		t.Fatalf("restarts that take %v come to %q, want one end", beginMost, may)
	}
	r.vary(3 * beginMost)
	if may := r.World["a and b"]; len(may) != 2 {
		t.Errorf("restarts that take %v come to %q, want both ends", 3*beginMost, may)
	}
}
