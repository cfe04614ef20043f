package reality

import (
	"context"
	"fmt"
	"os"
	"sync"
	"testing"
	"time"

	"github.com/bitmark-inc/bilateralrpc/sim"
)

// nodeWord has this program be the process of a node.
const nodeWord = "node"

func TestMain(m *testing.M) {
	if len(os.Args) == 2 && os.Args[1] == nodeWord {
		if err := Main(os.Stdin, os.Stdout); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	os.Exit(m.Run())
}

// program is the command for processes of nodes.
func program(t *testing.T) []string {
	t.Helper()
	name, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	return []string{name, nodeWord}
}

// read reads a committed scenario.
func read(t *testing.T, name string) *sim.Scenario {
	t.Helper()
	text, err := os.ReadFile("../../testdata/scenario/" + name + ".sim")
	if err != nil {
		t.Fatal(err)
	}
	return parse(t, string(text))
}

func parse(t *testing.T, text string) *sim.Scenario {
	t.Helper()
	s, err := sim.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// fast are scenarios that are over soon, and have something of everything: a crash, a
// message that is doubled, a reset, names of nobody, both ends that dial, an original.
var fast = []string{"back-doubled", "nobody-there", "old-server-restarts", "restart-in-connected", "simultaneous-join", "call-survives-a-broken-connection"}

const (
	// slowMachine is a tolerance for machines that are busy with other tests.
	slowMachine = 3 * time.Second
	// atATime is how many scenarios are run at a time: they wait, mostly.
	atATime = 6
)

// TestFastScenariosAgree runs them on each transport that is built in, those without rules
// encrypted too.
func TestFastScenariosAgree(t *testing.T) {
	transports := Transports()
	var all sync.WaitGroup
	free := make(chan struct{}, atATime)
	for _, name := range fast {
		for i, transport := range transports {
			s, curve := read(t, name), len(name)%2 == i
			if Check(s, transport, curve) != nil {
				curve = false // rules are for plaintext
			}
			all.Go(func() {
				free <- struct{}{}
				agrees(t, name, s, Options{Transport: transport, Curve: curve, Tolerance: slowMachine, Program: program(t)})
				<-free
			})
		}
	}
	all.Wait()
}

// agrees runs a scenario, and fails unless it agrees with the world. On a machine on which
// no run counts, nothing is said.
func agrees(t *testing.T, name string, s *sim.Scenario, o Options) {
	r, err := Run(context.Background(), s, o)
	switch {
	case err != nil:
		t.Errorf("%s over %s, curve %v: %v", name, o.Transport, o.Curve, err)
	case r.Agrees():
	case r.Late > lateMost:
		t.Logf("%s over %s, curve %v: the machine is too busy: late by %v in %d tries", name, o.Transport, o.Curve, r.Late, r.Tries)
	default:
		t.Errorf("%s over %s, curve %v: it took %v, late by up to %v: %v; missed: %v", name, o.Transport, o.Curve, r.Took, r.Late, r.Differences(), r.Missed)
	}
}

// TestWhatDoesNotAgreeIsFound: a scenario is run by processes that are told another one.
func TestWhatDoesNotAgreeIsFound(t *testing.T) {
	s := parse(t, "bilsim 1\nmodel adversarial\npeers a b\nat 0s connect a -> b\nat 3s call a -> b Echo.Ping timeout 1s as k\nexpect k from b reply\n")
	r := &Result{Scenario: named(s).Faster(2), Faster: 2}
	r.runWorld()
	o := Options{Faster: 2, Tolerance: slowMachine, Program: program(t)}
	lossy := parse(t, "bilsim 1\nmodel adversarial\npeers a b\nat 0s connect a -> b\nat 3s call a -> b Echo.Ping timeout 1s as k\non CALL a->b #1 drop\nexpect k from b reply\n")
	other, err := run(context.Background(), named(lossy).Faster(2), &o)
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]string{"line 5, call k at b": "silent", "line 5, call k, its handler at b": "nothing"}
	for _, d := range r.World.differences(other.Facts) {
		if want[d.Fact] != d.Real {
			t.Errorf("it differs in %s", d)
		}
		delete(want, d.Fact)
	}
	if len(want) > 0 {
		t.Errorf("nobody noticed %v", want)
	}
	if len(other.Missed) != 1 || other.Missed[0].Line != 7 {
		t.Errorf("the expectation of line 7 was not met, and what is told is %v", other.Missed)
	}
}
