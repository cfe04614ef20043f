package picture

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/bitmark-inc/bilateralrpc/sim"
)

const story = `bilsim 1
seed 5 model adversarial
rate delay 1/5
late 20ms
peers a b c
# Somebody is linked to somebody.
at 0s connect a -> b
at 0s connect a -> c
at 2s pause c for 1s
on TICK a->b #2 drop
at 4s partition {a} | {b c} for 3s
at 5s call a -> all Echo.Ping timeout 2s as k1
at 8s crash c
expect k1 from b reply
expect linked a b within 30s of heal
`

// run runs a scenario.
func run(t *testing.T, scenario string) *sim.Result {
	t.Helper()
	s, err := sim.Parse(scenario)
	if err != nil {
		t.Fatal(err)
	}
	return s.Run(sim.RunOptions{})
}

func TestAPictureShowsTheRun(t *testing.T) {
	r := run(t, story)
	p := Draw(r, Options{Needed: sim.Diagnose(r, "").Scenario})
	if p.Steps != r.Events || p.First != 1 || p.Last != p.Steps || p.Digest != r.Digest {
		t.Errorf("it shows steps %d to %d of %d with digest %s, the run has %d and %s", p.First, p.Last, p.Steps, p.Digest, r.Events, r.Digest)
	}
	steps := 0
	for i, n := range p.Moments.Node {
		if n >= 0 {
			steps++
		}
		if i > 0 && p.Moments.At[i] < p.Moments.At[i-1] {
			t.Fatalf("moment %d is before the one before it", i)
		}
	}
	if steps != int(r.Events) {
		t.Errorf("%d moments are steps, of %d", steps, r.Events)
	}
	for _, f := range p.Frames {
		if f.Arrived < 0 {
			continue
		}
		// The step that a frame leads to is that of its receiver, and speaks of it.
		at := p.Moments.Text[f.Arrived]
		if p.Moments.Node[f.Arrived] != f.To || !strings.Contains(at, f.Command) || f.Sent >= f.Arrived {
			t.Errorf("%s arrives in moment %d: %s", f.Name, f.Arrived, at)
		}
	}
	if i := slices.IndexFunc(p.Frames, func(f Frame) bool { return f.Harm == "drop" }); i < 0 || p.Frames[i].Lost != "dropped" || p.Lines[p.Frames[i].Line].Kind != "rule" {
		t.Errorf("the frame that is dropped is not shown: %v", p.Frames)
	}
	spans := map[string][2]int64{}
	for _, f := range p.Faults {
		spans[f.Text] = [2]int64{f.From / 1e9, f.To / 1e9}
	}
	for text, want := range map[string][2]int64{
		"partition {a} | {b c} for 3s": {4, 7}, "pause c for 1s": {2, 3}, "crash c": {8, p.End / 1e9},
	} {
		if got := spans[text]; got != want {
			t.Errorf("%s lasts from and to %v, want %v", text, got, want)
		}
	}
	if c := p.Calls[0]; c.Name != "k1" || c.Began != 5e9 || c.Ended != 7e9 || !c.Failed || len(c.Rows) != 2 {
		t.Errorf("the call is %+v", c)
	}
	if lives := p.Nodes[2].Lives; len(lives) != 1 || lives[0] != 8e9 {
		t.Errorf("c goes down and up at %v", lives)
	}
}

func TestWhatIsNecessaryIsMarked(t *testing.T) {
	r := run(t, story)
	p := Draw(r, Options{Needed: sim.Diagnose(r, "").Scenario})
	for _, l := range p.Lines {
		switch word(strings.TrimPrefix(l.Text, "at 4s ")) {
		case "partition":
			if !l.Needed {
				t.Errorf("%s is not marked", l.Text)
			}
		case "on":
			if l.Needed {
				t.Errorf("%s is marked", l.Text)
			}
		}
		lines := strings.Split(p.Scenario, "\n")
		if l.Number > 0 && lines[l.Number-1] != l.Text {
			t.Errorf("line %d is %q, and not %q", l.Number, lines[l.Number-1], l.Text)
		}
	}
	if v := p.Violations[0]; v.Property != "E" || v.Line < 0 || p.Lines[v.Line].Text != "expect k1 from b reply" {
		t.Errorf("the violation is %+v", v)
	}
}

// What nodes believe at the end is what they say when they are asked.
func TestBeliefsAreThoseOfTheNodes(t *testing.T) {
	forgotten := 0
	runs := []*sim.Result{run(t, story)}
	for seed := range uint64(40) {
		s := sim.Swarm(seed, sim.SwarmOptions{})
		s.Settle = false // whose end is that of every node
		runs = append(runs, s.Run(sim.RunOptions{}))
	}
	for _, r := range runs {
		p := Draw(r, Options{StepsMax: 1_000_000})
		last := map[belief]Belief{}
		for _, b := range p.Beliefs {
			if last[belief{b.Node, b.Peer}] = b; b.Known == 0 {
				forgotten++
			}
		}
		for i, n := range p.Nodes {
			node := r.World.Node(n.Name)
			if !node.Up() || node.Old {
				continue
			}
			for j, peer := range p.Names {
				st, known := node.Status(peer)
				got := last[belief{i, j}]
				if i != j && (known != (got.Known == 1) || st.Active != (got.Active == 1) || known && p.States[got.Dial] != st.Dialling.String()) {
					t.Errorf("seed %s: %s believes of %s %+v, and the picture shows %+v", p.Seed, n.Name, peer, st, got)
				}
			}
		}
	}
	if forgotten == 0 {
		t.Error("no node has ever forgotten a peer")
	}
}

func TestALongRunIsCutAroundTheViolation(t *testing.T) {
	var b strings.Builder
	b.WriteString("bilsim 1\nrun 3h\npeers a b c\nat 0s connect a -> b\nat 0s connect a -> c\nat 0s connect b -> c\nat 5000s crash b\nexpect active a b at 5001s\n")
	r := run(t, b.String())
	p := Draw(r, Options{StepsMax: 100})
	v := p.Violations[0]
	if p.Last-p.First+1 != 100 || v.Step < p.First || v.Step > p.Last || p.Steps < 500 {
		t.Errorf("of %d steps %d to %d are shown, and the violation is at %d", p.Steps, p.First, p.Last, v.Step)
	}
	if n := len(p.Moments.At); n < 100 || n > 110 {
		t.Errorf("%d moments are shown", n)
	}
	known := map[int]bool{}
	for _, x := range p.Beliefs {
		if x.Moment == 0 {
			known[x.Node] = true
		}
	}
	if len(known) != 3 {
		t.Errorf("at the first moment it is known of %d nodes what they believe, want 3", len(known))
	}
	if p := Draw(r, Options{StepsMax: 100, From: 7}); p.First != 7 || p.Last != 106 {
		t.Errorf("steps %d to %d are shown, want 7 to 106", p.First, p.Last)
	}
}

// ask has a request answered.
func ask(t *testing.T, q Request) *Response {
	t.Helper()
	text, err := json.Marshal(q)
	if err != nil {
		t.Fatal(err)
	}
	var a Response
	if err := json.Unmarshal(Answer(text), &a); err != nil {
		t.Fatal(err)
	}
	return &a
}

func TestARunWithLess(t *testing.T) {
	whole := ask(t, Request{Do: "run", Scenario: story, Needed: true}).Picture
	if whole.Digest != run(t, story).Digest {
		t.Error("the digest is another one than that of the same run")
	}
	line := func(text string) int {
		return slices.IndexFunc(whole.Lines, func(l Line) bool { return strings.Contains(l.Text, text) })
	}
	without := func(texts ...string) string {
		s := story
		for _, text := range texts {
			s = strings.Replace(s, text+"\n", "", 1)
		}
		return run(t, s).Digest
	}
	for _, text := range []string{"at 2s pause c for 1s", "on TICK a->b #2 drop", "rate delay 1/5"} {
		a := ask(t, Request{Do: "run", Scenario: story, Off: []int{line(text)}})
		if a.Picture.Digest != without(text) || a.Picture.Digest == whole.Digest {
			t.Errorf("without %s the digest is not that of the scenario without it", text)
		}
	}
	// Without the partition nothing heals: what speaks of a heal goes too, and that is said.
	a := ask(t, Request{Do: "run", Scenario: story, Off: []int{line("partition")}})
	if len(a.Picture.Violations) != 0 || !strings.Contains(a.Picture.Note, "expect linked a b within 30s of heal") {
		t.Errorf("without the partition: %v, and it says %q", a.Picture.Violations, a.Picture.Note)
	}
	if again, err := sim.Parse(a.Scenario); err != nil || again.Run(sim.RunOptions{}).Digest != a.Picture.Digest {
		t.Errorf("the scenario of that run is read back with another digest, or not at all: %v", err)
	}
	if a := ask(t, Request{Do: "run", Scenario: story, Seed: "6"}); a.Picture.Seed != "6" || a.Picture.Digest == whole.Digest {
		t.Errorf("another seed gives %s and the same digest", a.Picture.Seed)
	}
}

func TestAnswersSayWhatIsWrong(t *testing.T) {
	if p := ask(t, Request{Do: "check", Scenario: "bilsim 1\npeers a b\nat 5s crush a\n"}).Problem; p == nil || p.Line != 3 || p.Column != 7 || !strings.Contains(p.Excerpt, "^^^^^") {
		t.Errorf("the problem is %+v", p)
	}
	if p := ask(t, Request{Do: "run", Scenario: story, Seed: "x"}).Problem; p == nil || !strings.Contains(p.What, "a seed is a number") {
		t.Errorf("the problem is %+v", p)
	}
	var a Response
	if err := json.Unmarshal(Answer([]byte("?")), &a); err != nil || a.Problem == nil {
		t.Errorf("%v %+v", err, a)
	}
	for _, c := range []struct{ before, want string }{
		{"", "at"}, {"bilsim 1\n", "expect"}, {"at 5s ", "crash"}, {"on ", "JOIN"}, {"on JOIN a->b #1 ", "drop"}, {"expect ", "linked"},
		{"expect k1 from b ", "reply"}, {"model ", "physical"}, {"limit ", "calls"}, {"rate ", "drop"}, {"timing ", "join"},
	} {
		if words := ask(t, Request{Do: "words", Scenario: c.before}).Words; !slices.Contains(words, c.want) {
			t.Errorf("behind %q come %q, want %s among them", c.before, words, c.want)
		}
	}
}

// Whatever a seed makes can be drawn, and is read back from the picture with its digest.
func TestSeedsAreDrawn(t *testing.T) {
	for seed := range uint64(30) {
		for _, model := range []sim.Model{sim.Physical, sim.Adversarial} {
			r := sim.Swarm(seed, sim.SwarmOptions{Model: model}).Run(sim.RunOptions{})
			p := Draw(r, Options{StepsMax: 500})
			a := ask(t, Request{Do: "run", Scenario: p.Scenario, From: 1})
			if a.Problem != nil || a.Picture.Digest != r.Digest {
				t.Errorf("seed %d, %v: read back from its picture it has another digest (%v)", seed, model, a.Problem)
			}
			for _, f := range p.Frames {
				if f.Sent >= len(p.Moments.At) || f.Arrived >= len(p.Moments.At) || f.Gone >= len(p.Moments.At) {
					t.Fatalf("seed %d, %v: a frame ends after the last of %d moments: %+v", seed, model, len(p.Moments.At), f)
				}
			}
		}
	}
}

func ExampleDraw() {
	s, err := sim.Parse("bilsim 1\nseed 1\npeers a b\nat 0s connect a -> b\nat 5s break a - b\n")
	if err != nil {
		fmt.Println(err)
		return
	}
	p := Draw(s.Run(sim.RunOptions{}), Options{})
	for _, f := range p.Frames[:3] {
		fmt.Println(f.Name)
	}
	fmt.Println(p.Lines[1].Text)
	// Output:
	// TICK a->b #1
	// PART b->a #1
	// JOIN a->b #1
	// at 5s break a - b
}
