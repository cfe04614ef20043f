package sim

import (
	"testing"
	"time"

	"github.com/bitmark-inc/bilateralrpc/core"
	"github.com/bitmark-inc/bilateralrpc/sim/check"
)

// onlooker counts what it is shown.
type onlooker struct {
	looks        check.Looks
	met, strange int // steps that have something of looks, and others
}

func (*onlooker) Property() Property   { return Property{ID: "X", Claim: "Nothing is wrong."} }
func (o *onlooker) Looks() check.Looks { return o.looks }

func (o *onlooker) Step(_ check.World, s *Step) string {
	if o.looks.Meet(s.Looks()) {
		o.met++
	} else {
		o.strange++
	}
	return ""
}

// A checker is shown the steps that have what it looks at, and no others, however many
// checkers there are.
func TestCheckersAreShownWhatTheyLookAt(t *testing.T) {
	looks := []check.Looks{
		^check.Looks(0), check.OnEvents(core.EvTimeout), check.OnCommands(core.TOCK),
		check.OnActions(core.ActDial) | check.OnSent(core.TICK), check.OnSent(core.WITH),
	}
	var all []Checker
	var lookers []*onlooker
	for i := range 20 * len(looks) {
		o := &onlooker{looks: looks[i%len(looks)]}
		lookers, all = append(lookers, o), append(all, o)
	}
	w := mesh(t, 3, all)
	if v := w.RunUntil(time.Minute); v != nil {
		t.Fatal(v)
	}
	for i, o := range lookers {
		first := lookers[i%len(looks)]
		if o.strange > 0 || o.met != first.met {
			t.Errorf("checker %d was shown %d steps that it looks at and %d others; number %d was shown %d of the first", i, o.met, o.strange, i%len(looks), first.met)
		}
	}
	for i := range looks[:4] {
		if lookers[i].met == 0 {
			t.Errorf("checker %d was shown nothing", i)
		}
	}
	if n := lookers[0].met; n != int(w.steps.count) {
		t.Errorf("one that looks at everything was shown %d steps of %d", n, w.steps.count)
	}
}
