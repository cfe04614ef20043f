package sim

import (
	"strings"
	"testing"

	"github.com/bitmark-inc/bilateralrpc/sim/report"
)

// senseless are scenarios that can't mean what they say, each with the line that is
// wrong and what is said of it. They begin with two lines of their own.
var senseless = []struct{ lines, want string }{
	// Behind the end of the run.
	{"run 60s\nat 61s crash a", `line 4: the run is over at 1m, by line 3, before 61s: want an earlier time here, or a longer run`},
	{"at 61s crash a\nrun 60s settle", `line 3: the run is over at 1m, by line 4, before 61s: want an earlier time here, or a longer run`},
	{"run 60s\nexpect linked a b at 61s", `line 4: the run is over at 1m, by line 3, before 61s: want an earlier time here, or a longer run`},
	{"run 60s\nexpect backoff a b 1 at 61s", `line 4: the run is over at 1m, by line 3, before 61s: want an earlier time here, or a longer run`},
	{"run 60s\nexpect linked a b within 61s of start", `line 4: the run is over at 1m, by line 3, before 61s: want an earlier time here, or a longer run`},
	{"run 60s\nat 10s partition {a} | {b} for 45s\nexpect linked a b within 6s of heal",
		`line 5: the run is over at 1m, by line 3, before 61s, counted from the last heal: want an earlier time here, or a longer run`},
	// Nothing heals.
	{"expect linked a b within 1s of heal", `line 3: nothing heals here: want "heal", "settle", or a partition, bridge, isolate or cut "for" some time`},
	{"at 1s isolate a\nat 2s crash b\nat 3s pause b for 1s\nexpect linked a b within 1s of heal",
		`line 6: nothing heals here: want "heal", "settle", or a partition, bridge, isolate or cut "for" some time`},
	// Calls that nobody makes.
	{"expect k from b reply", `line 3: no line makes a call k: write "as k" at the end of one`},
	{"expect k done within 5s", `line 3: no line makes a call k: write "as k" at the end of one`},
	{"expect ran k at b 1", `line 3: no line makes a call k: write "as k" at the end of one`},
	{"at 1s cancel k", `line 3: no line makes a call k: write "as k" at the end of one`},
	{"at 1s cast a -> b Echo.Ping as k\nexpect k from b reply", `line 4: k is a cast: nobody hears what comes of it; want a call, or "expect ran"`},
	{"at 1s call a -> b Echo.Ping as k\nexpect k from c reply", `line 4: line 3 does not call c: want one of those that it does`},
	{"at 1s call a -> all Echo.Ping as k\nexpect k from a reply", `line 4: line 3 calls every other peer, and a is none: want the name of one`},
	{"at 1s call a -> all Echo.Ping as k\nexpect k from d reply", `line 4: line 3 calls every other peer, and d is none: want the name of one`},
	{"at 1s call a -> b Echo.Ping as k\nexpect ran k at d 0", `line 4: no peer is called "d": name it in a line "peers ..."`},
	{"at 1s call a -> b Echo.Ping as k\non TICK a->b #1 then cast c -> b Echo.Ping as k", `line 4: line 3 makes a call k already: give this one another name`},
	{"at 1s resume a\nat 2s pause b", `line 3: no line pauses a: want "at 5s pause a" before it resumes`},
	// Contradictions.
	{"expect linked a b at 6s\nexpect unlinked b a at 6s", `line 4: line 3 says the opposite: leave one of the two`},
	{"expect linked a b within 6s of start\nexpect inactive a b at 6s", `line 4: line 3 says the opposite: leave one of the two`},
	{"expect inactive a b at 6s\nexpect active a b at 6s", `line 4: line 3 says the opposite: leave one of the two`},
	{"expect backoff a b 1 at 6s\nexpect backoff a b 2 at 6s", `line 4: line 3 says the opposite: leave one of the two`},
	{"at 1s call a -> b Echo.Ping as k\nexpect k from b reply\nexpect k from b silent", `line 5: line 4 says the opposite: leave one of the two`},
	{"at 1s call a -> b Echo.Ping as k\nexpect ran k at b 0\nexpect ran k at b 1", `line 5: line 4 says the opposite: leave one of the two`},
	// A peer and itself.
	{"at 1s connect a -> a", "line 3: connect is about two peers, and a is one"},
	{"at 1s connect a <-> a", "line 3: connect is about two peers, and a is one"},
	{"at 1s disconnect a -> a", "line 3: disconnect is about two peers, and a is one"},
	{"at 1s cut a -> a", "line 3: cut is about two peers, and a is one"},
	{"at 1s clog a -> a", "line 3: clog is about two peers, and a is one"},
	{"at 1s full a -> a", "line 3: full is about two peers, and a is one"},
	{"at 1s break a - a", "line 3: break is about two peers, and a is one"},
	{"at 1s inject a -> a TICK", "line 3: inject is about two peers, and a is one"},
	{"expect linked a a at 1s", "line 3: linked is about two peers, and a is one"},
	{"expect inactive a a at 1s", "line 3: inactive is about two peers, and a is one"},
	{"expect backoff a a 1 at 1s", "line 3: backoff is about two peers, and a is one"},
	{"at 1s partition {a} | {a}", "line 3: a is named twice: a peer is in one group"},
	{"at 1s partition {a a} | {b}", "line 3: a is named twice: a peer is in one group"},
	{"at 1s partition {} | {b}", "line 3: a group without a peer: {a} | {b}"},
	{"at 1s bridge {a} | {a} via b", "line 3: a is named twice: a peer is in one group"},
	{"at 1s bridge {a} via b", "line 3: a bridge has two groups or more: {a} | {b} via c"},
	// Settings that are there twice, or that stand for something else.
	{"seed 1\nseed 2", "line 4: seed is set in line 3 already: leave one of the two"},
	{"seed 1 settle seed 1", "line 3: seed is set in line 3 already: leave one of the two"},
	{"timing join 1s timing join 2s", "line 3: timing join is set in line 3 already: leave one of the two"},
	{"timing joins 1 timing joins 2", "line 3: timing joins is set in line 3 already: leave one of the two"},
	{"limit calls 1\nlimit calls 2", "line 4: limit calls is set in line 3 already: leave one of the two"},
	{"rate delay 1/2\nrate delay 1/3", "line 4: rate delay is set in line 3 already: leave one of the two"},
	{"run 0s", "line 3: want a duration above 0s"},
	{"heartbeat 0s", "line 3: want a duration above 0s"},
	{"timing join 0s", "line 3: want a duration above 0s"},
	{"timing joins 0", "line 3: want a number above 0"},
	{"limit calls 0", "line 3: want a number above 0"},
	{"queue 0", "line 3: want a number above 0"},
	{"latency 0s", "line 3: want a latency above 0s"},
	{"at 1s partition {a} | {b} for 0s", "line 3: want a duration above 0s"},
	{"at 1s pause a for 0s", "line 3: want a duration above 0s"},
	{"at 1s slow a by 0s", "line 3: want a duration above 0s"},
	{"rate delay 3/2", "line 3: want a ratio of at most 1/1 instead of 3/2"},
	// What a reader may write instead of what the language has.
	{"rate delay 5%", `line 3: want a ratio instead of "5%": write 5/100`},
	{"rate delay 2.5%", `line 3: want a ratio instead of "2.5%": write 5/100 for 5%`},
	{"rate delay 0.05", `line 3: want a ratio instead of "0.05": write 5/100 for 5%`},
	{"loss 5%", `line 3: no setting or statement is called "loss": write "rate drop 5/100" for five frames in a hundred`},
	{"delay 1/20", `line 3: no setting or statement is called "delay": write "rate delay 5/100" for five frames in a hundred`},
	{"rate loss 1/20", `line 3: no fault of frames is called "loss": want drop, dup, delay, reorder, corrupt, refuse or break`},
	{"at 1s crash node-1", `line 3: want the end of the line instead of "-": a name that is no plain word stands in quotes, as "node-1"`},
	{"peers node-1", `line 3: want a name instead of "-": a name that is no plain word stands in quotes, as "node-1"`},
	{"at 1s connect node-1-x -> b", `line 3: want -> instead of "-": a name that is no plain word stands in quotes, as "node-1-x"`},
	{"at 1s break a - node-1", `line 3: a name with a dash in it stands in quotes: break "a-1" - b`},
	{"peers 1a", `line 3: want a name instead of "1a": a name that is no plain word stands in quotes, as "1a"`},
	{"peers from", `line 3: want a name instead of "from": a name that is a word of the language stands in quotes`},
	{"peers nœud", `line 3: unexpected character 'œ': a name that has it in it stands in quotes`},
}

func TestWhatMeansNothingIsAnError(t *testing.T) {
	for _, c := range senseless {
		_, err := Parse("bilsim 1\npeers a b c\n" + c.lines + "\n")
		if err == nil || err.Error() != c.want {
			t.Errorf("%s\n got %v\nwant %s", c.lines, err, c.want)
		}
	}
}

// What looks like one of those above, and means something.
func TestWhatMeansSomethingIsRead(t *testing.T) {
	for _, lines := range []string{
		"run 60s\nat 60s crash a\nexpect linked a b at 60s\nexpect linked a b within 60s of start",
		"run 60s\nat 10s partition {a} | {b} for 45s\nexpect linked a b within 5s of heal",
		"run 60s settle\nexpect linked a b at 61s\nexpect linked a b within 61s of heal",
		"run 60s\nat 50s partition {a} | {b} for 45s",
		"on TICK a->b #1 then isolate a for 5s\nexpect linked a b within 5s of heal",
		"on TICK a->b #1 then call a -> b Echo.Ping as k\nexpect k from b reply",
		"at 1s call a -> all Echo.Ping as k\nat 0s forge x -> a JOIN \"net\"\nexpect k from x silent",
		"at 1s call a -> a,nobody Echo.Ping as k\nexpect k from nobody notconnected\nexpect ran k at c 0",
		"at 1s cast a -> b Echo.Ping as k\nexpect ran k at b 1",
		"expect linked a b at 6s\nexpect unlinked a b at 7s\nexpect linked a c at 7s",
		"expect linked a b within 6s of start\nexpect unlinked a b at 5s",
		"at 1s forge a -> a JOIN\nat 1s connect a -> b at a",
		"at 1s break a-b",
		"handler 0s wake 0s late 0s rate delay 0/1 rate refuse 1/1",
		`peers "node-1" "1a" "from" "nœud"`,
	} {
		if _, err := Parse("bilsim 1\npeers a b c\n" + lines + "\n"); err != nil {
			t.Errorf("%s\n%v", lines, err)
		}
	}
}

// What a run does not come to, or never meets, shows only when it is over.
func TestWhatARunDoesNotComeToIsTold(t *testing.T) {
	for _, c := range []struct{ lines, want string }{
		{"on STAY a->b #1 drop", `line 6, on STAY a->b #1 drop: it met no frame: a sent b no STAY; write "maybe on ..." if that is as good`},
		{"on STAY b->a #99 drop", `line 6, on STAY b->a #99 drop: it met no frame: the last STAY from b to a was #1; write "maybe on ..." if that is as good`},
		{"on JOIN b->a #1 then crash b", `line 6, on JOIN b->a #1 then crash b: it met no frame: b sent a no JOIN; write "maybe on ..." if that is as good`},
		{"on JOIN a->b #1.. delay 1ms", ""},
		{"maybe on STAY a->b #1 drop", ""},
		{"on JOIN b->a #1 then partition {a} | {b} for 1s\nexpect linked a b within 5s of heal",
			`line 7, expect linked a b within 5s of heal: it was not looked at: nothing healed in this run: want a heal, or a partition that ends`},
		{"run 12s\non JOIN a->b #1 then partition {a} | {b} for 1s\nexpect linked a b within 11500ms of heal",
			`line 8, expect linked a b within 11500ms of heal: it was not looked at: the run was over at 12s, and the last heal was at `},
		{"run 12s settle\nexpect linked a b at 100h", `line 7, expect linked a b at 100h: it was not looked at: the run was over at `},
		{"run 12s settle\nexpect linked a b within 100h of heal", `line 7, expect linked a b within 100h of heal: it was not looked at: the run was over at `},
	} {
		s, err := Parse("bilsim 1\nmodel adversarial latency 5ms\npeers a b\nat 0s connect a -> b\nexpect linked a b at 11s\n" + c.lines + "\n")
		if err != nil {
			t.Errorf("%s\n%v", c.lines, err)
			continue
		}
		r := s.Run(RunOptions{})
		told := ""
		for _, v := range r.Violations {
			if v.Property == report.Expected && !strings.Contains(v.What, "they are not") {
				told += v.What
			}
		}
		if told != c.want && (c.want == "" || !strings.HasPrefix(told, c.want)) {
			t.Errorf("%s\n got %s\nwant %s", c.lines, told, c.want)
		}
		if r.Violation != nil && !strings.Contains(Explain(r, ""), "as it was run") {
			t.Errorf("%s\nit is not shown as it was run, though with less of it even less happens:\n%s", c.lines, Explain(r, ""))
		}
	}
}

// A scenario that was made small can be read back, whatever was taken away.
func TestAShrunkScenarioCanBeReadBack(t *testing.T) {
	s, err := Parse(`bilsim 1
peers a b c
at 0s connect a -> b
at 0s connect c -> b
at 5s call a -> b Echo.Ping as k
at 6s cancel k
at 10s pause c
at 12s resume c
at 20s partition {a} | {b c} for 100s
expect linked a b at 10s
expect k from b reply
expect linked a b at 60s
expect linked a b at 110s
expect linked a b within 100s of heal
`)
	if err != nil {
		t.Fatal(err)
	}
	small := Shrink(s.Run(RunOptions{}), 500)
	if text := Format(small); !readable(small) || strings.Count(text, "\n") > 8 {
		_, err := Parse(text)
		t.Fatalf("%v\n%s", err, text)
	}
}
