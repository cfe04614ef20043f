package browser

import (
	"bytes"
	"encoding/gob"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/bitmark-inc/bilateralrpc/sim/picture"
)

// A handmade picture is of a run that nobody has run: the lines of a trace, in which each
// part is there for what the page makes of it. The violation is of its last line.
type handmade struct {
	trace    string
	property string
	lives    map[string][]float64 // of a node, in seconds
	beliefs  []picture.Belief
	frames   []picture.Frame
	needed   []string // the trace lines of necessary faults, without their times
}

// picture returns the picture.
func (h *handmade) picture(t *testing.T) *picture.Picture {
	t.Helper()
	p := &picture.Picture{
		Seed: "1", First: 1, States: []string{"Idle", "Connected", "Serving"},
		Nodes: []picture.Node{{Name: "a"}, {Name: "b"}}, Names: []string{"a", "b"},
		Beliefs: append([]picture.Belief{}, h.beliefs...), Frames: append([]picture.Frame{}, h.frames...), Calls: []picture.Call{}, Faults: []picture.Fault{}, Lines: []picture.Line{},
	}
	for i := range p.Nodes {
		p.Nodes[i].Lives = []int64{}
		for _, at := range h.lives[p.Nodes[i].Name] {
			p.Nodes[i].Lives = append(p.Nodes[i].Lives, nanoseconds(at))
		}
	}
	for line := range strings.Lines(h.trace) {
		var at float64
		var who string
		if _, err := fmt.Sscan(line, &at, &who); err != nil {
			t.Fatalf("%q: %v", line, err)
		}
		_, text, _ := strings.Cut(strings.TrimSpace(line), " ")
		p.Moments.At = append(p.Moments.At, nanoseconds(at))
		p.Moments.Node = append(p.Moments.Node, strings.Index("-ab", who[:1])-1)
		p.Moments.Text = append(p.Moments.Text, text)
		p.Moments.Step = append(p.Moments.Step, uint64(len(p.Moments.Step))+1)
		if fault, ok := strings.CutPrefix(text, "-- "); ok {
			needed := strings.Contains("\n"+strings.Join(h.needed, "\n")+"\n", "\n"+fault+"\n")
			p.Faults = append(p.Faults, picture.Fault{Text: fault, From: nanoseconds(at), To: nanoseconds(at), Nodes: []int{}, Line: len(p.Lines)})
			p.Lines = append(p.Lines, picture.Line{Number: len(p.Lines) + 1, Text: fmt.Sprintf("at %vs %s", at, fault), Kind: "fault", Needed: needed})
		}
	}
	last := len(p.Moments.At) - 1
	p.Steps, p.Last, p.End = uint64(last)+1, uint64(last)+1, p.Moments.At[last]
	p.Violations = []picture.Violation{{Property: h.property, Claim: "a claim", What: "what was seen\nand more of it", At: p.End, Step: p.Steps, Line: -1}}
	return p
}

// nanoseconds returns a time of a picture.
func nanoseconds(seconds float64) int64 {
	return time.Duration(seconds * float64(time.Second)).Round(time.Microsecond).Nanoseconds()
}

// show shows a picture, on a page that is open.
func (b *browser) show(p *picture.Picture) {
	b.t.Helper()
	text, err := json.Marshal(p)
	must(b.t, err)
	eval[any](b, fmt.Sprintf("(page.show(%s), null)", text))
}

// story returns what the page tells of how it came about, a line for each item.
func (b *browser) story() string {
	b.t.Helper()
	return eval[string](b, `[...document.querySelectorAll("#led > li")].map((x) => x.textContent + "\n").join("")`)
}

// body returns what a trace shows of values: their gobs in hexadecimal.
func body(t *testing.T, values ...any) string {
	t.Helper()
	var out bytes.Buffer
	encoder := gob.NewEncoder(&out)
	for _, v := range values {
		must(t, encoder.Encode(v))
	}
	return fmt.Sprintf("%x", out.Bytes())
}

type put struct {
	Key, Value string
	Times      int
}

// TestStories holds what the page tells of runs made by hand against the very text.
func TestStories(t *testing.T) {
	b := open(t, report(t, story), 1440, "light")
	args, other := body(t, put{"the key", "some value", 7}), body(t, put{"another", "value", 8})
	for _, c := range []struct {
		name string
		run  handmade
		want string // the story
		next string // a part of where to look next
	}{
		{
			name: "calls are named at their ids, and texts in bodies are read",
			run: handmade{property: "P1", trace: fmt.Sprintf(`1 a call k#1 b 20s "S.Put" %[1]s | send dial#1 b CALL id#300 "S.Put" %[1]s
1.001 b frame listen#1 a CALL %[2]s | serve listen#1 a CALL id#300 ticket#1 "S.Put" %[1]s
1.002 b reply ticket#1 "S.Put" %[3]s | send listen#1 a BACK id#300 "S.Put" %[3]s
1.003 a frame dial#1 b BACK %[2]s | result b k#1 replied %[3]s | done k#1
`, args, body(t, uint(300)), body(t, "it is done"))},
			want: `1.000 s a is told by its user to call S.Put at b with "the key", "some value", timeout 20s (call k#1); sends CALL 300 (k#1) of S.Put to b by dial#1
1.001 s b gets CALL 300 (k#1) from a by listen#1; runs the handler of S.Put for a
1.002 s b has a handler that has ended; sends BACK 300 (k#1) of S.Put to a by listen#1: the reply "it is done"
1.003 s a gets BACK 300 (k#1) from b by dial#1; call k#1 has ended at b: replied with "it is done"; call k#1 is over
✗ what was seen
`,
		},
		{
			name: "a call that is sent again has its name, where no other one is like it",
			run: handmade{property: "P1", trace: fmt.Sprintf(`1 a call k#1 b 20s "S.Put" %[1]s | send dial#1 b CALL id#1 "S.Put" %[1]s
1.1 a call k#2 b 20s "S.Put" %[2]s | send dial#1 b CALL id#2 "S.Put" %[2]s
1.2 a call k#3 b 20s "S.Put" %[2]s | send dial#1 b CALL id#3 "S.Put" %[2]s
2 a frame dial#2 b STAY 01 | send dial#2 b CALL id#4 "S.Put" %[1]s
2.1 a frame dial#2 b STAY 01 | send dial#2 b CALL id#5 "S.Put" %[2]s
`, args, other)},
			want: `1.000 s a is told by its user to call S.Put at b with "the key", "some value", timeout 20s (call k#1); sends CALL 1 (k#1) of S.Put to b by dial#1
1.100 s a is told by its user to call S.Put at b with "another", "value", timeout 20s (call k#2); sends CALL 2 (k#2) of S.Put to b by dial#1
1.200 s a is told by its user to call S.Put at b with "another", "value", timeout 20s (call k#3); sends CALL 3 (k#3) of S.Put to b by dial#1
2.000 s a gets STAY from b by dial#2; sends CALL 4 (k#1) of S.Put to b by dial#2
2.100 s a gets STAY from b by dial#2; sends CALL 5 of S.Put to b by dial#2
✗ what was seen
`,
		},
		{
			name: "errors",
			run: handmade{property: "P1", trace: `1 b frame listen#1 a CALL id#1 | serve listen#1 a CALL id#1 ticket#1 "S.Get"
1.1 b reply ticket#1 "S.Get" error "there is no such key" | send listen#1 a BACK id#1 "S.Get" error "there is no such key"
`},
			want: `1.000 s b gets CALL 1 from a by listen#1; runs the handler of S.Get for a
1.100 s b has a handler that has ended, with an error; sends BACK 1 of S.Get to a by listen#1: the error "there is no such key"
✗ what was seen
`,
		},
		{
			name: "dials in vain are one line, and routine is none",
			run: handmade{property: "E", needed: []string{"crash b"}, lives: map[string][]float64{"b": {4, 9}}, trace: `0 a connect b at b
3 a timeout | send dial#1 b TICK 0000000000000002
3.001 b frame listen#1 a TICK 0000000000000002 | send listen#1 a TOCK 0000000000000002
3.002 a frame dial#1 b TOCK 0000000000000002
4 -- crash b
4.001 a link-lost dial#1 b lost | peer-down b lost
4.1 a timeout | dial dial#2 b at b
4.102 a link-lost dial#2 b unreachable
4.3 a timeout | dial dial#3 b at b
4.302 a link-lost dial#3 b unreachable
5.5 a timeout | dial dial#4 b at b
5.502 a link-lost dial#4 b unreachable
9 -- restart b
9.4 a timeout | dial dial#5 b at b
9.401 b link-up listen#2 a
9.402 a link-up dial#5 b | send dial#5 b JOIN 6e6574
9.403 b frame listen#2 a JOIN 6e6574 | send listen#2 a STAY 01 | peer-up a
9.404 a frame dial#5 b STAY 01 | peer-up b
`},
			want: `0.000 s a is told by its user to connect to b
4.000 s the process of b ends, and all that it had in memory is gone
4.001 s a loses dial#1 to b: lost; does not have b as an active peer any more: lost
4.100 s a wakes up by a timer; dials b, as dial#2
4.102 s a loses dial#2 to b: unreachable
… a dials b in vain 2 times more, until 5.502 s
9.000 s b starts again, as a new process
9.400 s a wakes up by a timer; dials b, as dial#5
9.401 s b has listen#2 to a up
9.402 s a has dial#5 to b up; sends JOIN to b by dial#5
9.403 s b gets JOIN from a by listen#2; sends STAY to a by listen#2; has a as an active peer from now on
9.404 s a gets STAY from b by dial#5; has b as an active peer from now on
✗ what was seen
`,
			next: "Each line here leads to its moment in the picture. From there go back",
		},
		{
			name: "a frame that came late says where it has come from",
			run: handmade{property: "P1", frames: []picture.Frame{{Name: "CAST a->b #1", Command: "CAST", From: 0, To: 1, Sent: 0, Arrived: 1, Gone: -1, Harm: "delay 2s", Line: -1}},
				beliefs: []picture.Belief{{Moment: 0, Node: 0, Peer: 1, Known: 1, Active: 1}},
				trace: `1 a cast b "S.M" 01 | send dial#1 b CAST "S.M" 01
3 b frame listen#1 a CAST 01 | drop listen#1 a CAST stale-link
`},
			want: `1.000 s a is told by its user to cast S.M to b; sends CAST of S.M to b by dial#1
3.000 s b gets CAST from a by listen#1; ignores CAST of a by listen#1: stale-link (That CAST left a at 1.000 s, 2.000 s before: delay 2s ●.)
✗ what was seen
`,
			next: "the two ends do not agree: a has b as an active peer, and b does not have a. Something was lost",
		},
		{
			name: "what a program claims is seen late: what went well before, and that its node came back",
			run: handmade{property: "Always", needed: []string{"crash b"}, lives: map[string][]float64{"b": {4, 5}}, trace: `1 a call k#1 b 20s "S.M" 01 | send dial#1 b CALL id#1 "S.M" 01
1.001 b frame listen#1 a CALL id#1 | serve listen#1 a CALL id#1 ticket#1 "S.M" 01
1.002 b reply ticket#1 "S.M" 02 | send listen#1 a BACK id#1 "S.M" 02
1.003 a frame dial#1 b BACK id#1 | result b k#1 replied 02 | done k#1
2 a cast b "S.N" 01 | send dial#1 b CAST "S.N" 01
2.1 a cast b "S.N" 01 | send dial#1 b CAST "S.N" 01
2.2 a cast b "S.N" 01 | send dial#1 b CAST "S.N" 01
2.3 a cast b "S.N" 01 | send dial#1 b CAST "S.N" 01
2.4 a cast b "S.N" 01 | send dial#1 b CAST "S.N" 01
4 -- crash b
4.001 a link-lost dial#1 b lost | peer-down b lost
4.1 a cast b "S.N" 01 | drop dial#1 b CAST unexpected
4.2 a cast b "S.N" 01 | drop dial#1 b CAST unexpected
4.3 a cast b "S.N" 01 | drop dial#1 b CAST unexpected
5 -- restart b
5.403 b frame listen#2 a JOIN 6e6574 | send listen#2 a STAY 01 | peer-up a
5.5 a cast b "S.N" 01 | send dial#2 b CAST "S.N" 01
5.6 a cast b "S.N" 01 | send dial#2 b CAST "S.N" 01
5.7 a cast b "S.N" 01 | send dial#2 b CAST "S.N" 01
5.8 a cast b "S.N" 01 | send dial#2 b CAST "S.N" 01
9 a timeout
`},
			want: `1.003 s a gets BACK 1 (k#1) from b by dial#1; call k#1 has ended at b: replied; call k#1 is over
…
2.100 s a is told by its user to cast S.N to b; sends CAST of S.N to b by dial#1
2.200 s a is told by its user to cast S.N to b; sends CAST of S.N to b by dial#1
2.300 s a is told by its user to cast S.N to b; sends CAST of S.N to b by dial#1
2.400 s a is told by its user to cast S.N to b; sends CAST of S.N to b by dial#1
4.000 s the process of b ends, and all that it had in memory is gone
4.001 s a loses dial#1 to b: lost; does not have b as an active peer any more: lost
4.100 s a is told by its user to cast S.N to b; ignores CAST of b by dial#1: unexpected
4.200 s a is told by its user to cast S.N to b; ignores CAST of b by dial#1: unexpected
…
5.000 s b starts again, as a new process
5.403 s b gets JOIN from a by listen#2; sends STAY to a by listen#2; has a as an active peer from now on
…
5.600 s a is told by its user to cast S.N to b; sends CAST of S.N to b by dial#2
5.700 s a is told by its user to cast S.N to b; sends CAST of S.N to b by dial#2
5.800 s a is told by its user to cast S.N to b; sends CAST of S.N to b by dial#2
✗ what was seen
`,
			next: "Look at what the program does at the necessary faults, and just before them",
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			b.t = t
			b.show(c.run.picture(t))
			if got := b.story(); got != c.want {
				t.Errorf("the story is\n%s\nwant\n%s", got, c.want)
			}
			if got := b.text("next"); !strings.Contains(got, c.next) {
				t.Errorf("where to look next is\n%s\nwant in it\n%s", got, c.next)
			}
			b.edge()
		})
	}
	b.fine()
}

// edge holds that there is room behind the last step, where names of arrows stand.
func (b *browser) edge() {
	b.t.Helper()
	if room := eval[float64](b, `(page.whole(), document.getElementById("picture").clientWidth - page.layout.gutter - (page.scale.width - page.left) * page.zoom)`); room < 60 {
		b.t.Errorf("behind the last step are %v pixels", room)
	}
}
