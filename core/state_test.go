package core

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
)

// The names of the inputs in the diagrams.
var diallingInputNames = [diallingInputs]string{
	inConnect: "connect", inDial: "wait over", inRedial: "nobody serves", inUp: "link up",
	inUpResume: "link up, may be served", inLost: "lost", inLostServed: "lost, other half serves",
	inUnresumed: "no TOCK", inPhaseOver: "phase failed", inStayOurs: "STAY of ours",
	inStayOld: "STAY of an old peer", inTock: "TOCK", inRequest: "request", inTick: "TICK due",
	inPartRejoin: "PART not joined", inPartWait: "PART", inPartRedial: "PART leaving",
	inPartServed: "PART, other half serves", inServing: "other half serves, JOIN sent",
	inServingYet: "other half serves", inProven: "peer's dial proven", inDrained: "drained",
	inUndrain: "other half ended", inForget: "disconnect or stop",
}

var listeningInputNames = [listeningInputs]string{
	inJoin: "JOIN", inFrame: "frame", inUnjoin: "STAY refused", inGone: "lost", inSilence: "silence",
	inLeave: "PART", inDismiss: "disconnect or stop",
}

// impossible says of each input in which states it can't occur, and why. The
// storm and the transcripts would panic if one did.
var impossible = [diallingInputs]struct {
	states []State
	why    string
}{
	inConnect:    {except(Idle), "an address is given to a peer that has none, whose dial is Idle"},
	inDial:       {except(Waiting), "timerDial runs in Waiting and Reaching, and Reaching dials by itself"},
	inRedial:     {except(Idle), "only an idle dial is woken by the end of the other half"},
	inUp:         {except(Reaching), "only an attempt can come up"},
	inUpResume:   {except(Reaching), "only an attempt can come up"},
	inLost:       {[]State{Idle, Waiting, Draining}, "no link; and beside a drain the other half serves"},
	inLostServed: {[]State{Idle, Waiting, Reaching, Probe}, "no link; and such a dial ended when the other half began to serve"},
	inUnresumed:  {except(Probe), "the wait for a TOCK belongs to Probe"},
	inPhaseOver:  {except(Reaching, Probe, Handshake), "a phase ends with the listener's acceptance"},
	inStayOurs:   {[]State{Idle, Waiting}, "frames of no current link are dropped before"},
	inStayOld:    {[]State{Idle, Waiting}, "frames of no current link are dropped before"},
	inTock:       {[]State{Idle, Waiting}, "frames of no current link are dropped before"},
	inRequest:    {[]State{Idle, Waiting}, "frames of no current link are dropped before"},
	inTick:       {except(Limbo, Connected), "timerTick runs in Limbo and Connected only"},
	inPartRejoin: {[]State{Idle, Waiting, Draining}, "no current link; and beside a drain the other half serves"},
	inPartWait:   {[]State{Idle, Waiting, Draining}, "no current link; and beside a drain the other half serves"},
	inPartRedial: {[]State{Idle, Waiting, Draining}, "no current link; and beside a drain the other half serves"},
	inPartServed: {[]State{Idle, Waiting, Reaching, Probe}, "no current link; and such a dial ended when the other half began to serve"},
	inServing:    {[]State{Waiting, Reaching, Probe}, "no JOIN of ours is on its way"},
	inServingYet: {[]State{Limbo, Connected, Check, Draining}, "our JOIN has been answered"},
	inDrained:    {except(Draining), "timerDrain runs in Draining only"},
	inUndrain:    {except(Draining), "only a drain waits for it"},
}

// except lists the states of a dialling half without some.
func except(some ...State) []State {
	var all []State
	for s := Idle; s < Serving; s++ {
		if !slices.Contains(some, s) {
			all = append(all, s)
		}
	}
	return all
}

func TestDialTableDecidesEveryCell(t *testing.T) {
	for s := Idle; s < Serving; s++ {
		for in := range diallingInputs {
			cell := diallingTable[s][in]
			cant := slices.Contains(impossible[in].states, s)
			switch {
			case cell.does == never && !cant:
				t.Errorf("%v, %s: undecided, and nothing says why it can't occur", s, diallingInputNames[in])
			case cell.does != never && cant:
				t.Errorf("%v, %s: decided, but said to be impossible: %s", s, diallingInputNames[in], impossible[in].why)
			case cell.does == moves && cell.drop != 0:
				t.Errorf("%v, %s: moves and drops", s, diallingInputNames[in])
			case cell.does == moves && cell.to >= Serving:
				t.Errorf("%v, %s: a dialling half can't be %v", s, diallingInputNames[in], cell.to)
			case cell.does == ignore && cell.to != 0:
				t.Errorf("%v, %s: ignored, yet names a state", s, diallingInputNames[in])
			}
		}
	}
	for in := range diallingInputs {
		if diallingInputNames[in] == "" || len(impossible[in].states) > 0 && impossible[in].why == "" {
			t.Errorf("input %d has no name, or no reason", in)
		}
		if cell := diallingTable[Serving][in]; cell.does != never {
			t.Errorf("Serving, %s: a dialling half never serves", diallingInputNames[in])
		}
	}
}

func TestListenTableDecidesEveryCell(t *testing.T) {
	for s := range stateCount {
		for in := range listeningInputs {
			cell := listeningTable[s][in]
			// A silence is noticed by timerServe, which runs while serving.
			want := (s == Idle || s == Serving) && (s != Idle || in != inSilence)
			if got := cell.does != never; got != want {
				t.Errorf("%v, %s: decided: %v, want %v", s, listeningInputNames[in], got, want)
			}
			if cell.does == moves && cell.to != Idle && cell.to != Serving {
				t.Errorf("%v, %s: a listening half can't be %v", s, listeningInputNames[in], cell.to)
			}
		}
	}
}

// An impossible input is a broken invariant, not something to pass over.
func TestImpossibleInputPanics(t *testing.T) {
	for name, f := range map[string]func(*Machine, *peer){
		"dial":   func(m *Machine, p *peer) { m.moveDialling(p, inTick, 0) },
		"listen": func(m *Machine, p *peer) { m.moveListening(p, inSilence, Link{}, 0) },
	} {
		t.Run(name, func(t *testing.T) {
			m, err := New(Config{Name: "m"})
			if err != nil {
				t.Fatal(err)
			}
			defer func() {
				if r := recover(); r == nil || !strings.Contains(fmt.Sprint(r), "Idle: impossible input") {
					t.Errorf("recovered %v, want a panic that names the state", r)
				}
			}()
			f(m, m.peerNamed("p"))
		})
	}
}

// The docs draw what the tables say.
func TestStateDiagrams(t *testing.T) {
	const name = "../docs/PROTOCOL.md"
	page, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	want := string(page)
	for _, d := range []struct{ mark, diagram string }{
		{"dial-states", diagram(diallingTable[:], func(row *[diallingInputs]cell, f func(string, cell)) {
			for in, c := range row {
				f(diallingInputNames[in], c)
			}
		})},
		{"listen-states", diagram(listeningTable[:], func(row *[listeningInputs]cell, f func(string, cell)) {
			for in, c := range row {
				f(listeningInputNames[in], c)
			}
		})},
		{"ignored-inputs", ignoredInputs()},
	} {
		begin, end := "<!-- "+d.mark+":begin -->\n", "<!-- "+d.mark+":end -->"
		before, rest, ok := strings.Cut(want, begin)
		_, after, ok2 := strings.Cut(rest, end)
		if !ok || !ok2 {
			t.Fatalf("%s: no block between %q and %q: put the two lines where the diagram belongs", name, begin, end)
		}
		want = before + begin + d.diagram + end + after
	}
	if want == string(page) {
		return
	}
	if os.Getenv("UPDATE_DOCS") == "" {
		t.Fatalf("%s does not draw the tables of state.go: run UPDATE_DOCS=1 go test ./core -run TestStateDiagrams and read the difference", name)
	}
	if err := os.WriteFile(name, []byte(want), 0o644); err != nil {
		t.Fatal(err)
	}
}

// ignoredInputs is a table of the inputs that change nothing, with the reason
// that the drop gives, and of those that can't occur.
func ignoredInputs() string {
	var b strings.Builder
	b.WriteString("| half | input | in | what becomes of it |\n|---|---|---|---|\n")
	for in := range diallingInputs {
		for why := range dropCount {
			var states []string
			for s := Idle; s < Serving; s++ {
				if c := diallingTable[s][in]; c.does == ignore && c.drop == why {
					states = append(states, s.String())
				}
			}
			writeIgnored(&b, "dialling", diallingInputNames[in], states, why)
		}
	}
	for in := range listeningInputs {
		if c := listeningTable[Idle][in]; c.does == ignore {
			writeIgnored(&b, "listening", listeningInputNames[in], []string{"Idle"}, c.drop)
		}
	}
	for in := range diallingInputs {
		if x := impossible[in]; len(x.states) > 0 {
			fmt.Fprintf(&b, "| dialling | %s | %s | can't occur: %s |\n", diallingInputNames[in], join(x.states), x.why)
		}
	}
	b.WriteString("| listening | silence | Idle | can't occur: the timer runs in Serving only |\n")
	return b.String()
}

func writeIgnored(b *strings.Builder, half, input string, states []string, why Drop) {
	if len(states) == 0 {
		return
	}
	what := "changes nothing"
	if why != 0 {
		what = "dropped: " + why.String()
	}
	fmt.Fprintf(b, "| %s | %s | %s | %s |\n", half, input, strings.Join(states, ", "), what)
}

func join(states []State) string {
	names := make([]string, len(states))
	for i, s := range states {
		names[i] = s.String()
	}
	return strings.Join(names, ", ")
}

// diagram draws a table: an arrow for each pair of states, with the inputs that
// lead from one to the other. Inputs that leave a half in its state are not drawn.
func diagram[Row any](table []Row, each func(*Row, func(string, cell))) string {
	var b strings.Builder
	b.WriteString("```mermaid\nstateDiagram-v2\n    [*] --> Idle\n")
	for from := range table {
		labels := map[State][]string{}
		each(&table[from], func(name string, c cell) {
			if c.does == moves && c.to != State(from) {
				labels[c.to] = append(labels[c.to], name)
			}
		})
		for to := Idle; to < stateCount; to++ {
			if len(labels[to]) > 0 {
				fmt.Fprintf(&b, "    %v --> %v: %s\n", State(from), to, strings.Join(labels[to], " / "))
			}
		}
	}
	b.WriteString("```\n")
	return b.String()
}
