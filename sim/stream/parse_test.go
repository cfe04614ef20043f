package stream

import "testing"

// A syntax error names the line and what would be right there.
func TestSyntax(t *testing.T) {
	const head = "bytes 1\nseed 1 curve payload 100 handshake 1s halfopen 1\n"
	for text, want := range map[string]string{
		"":                                `line 1: want "bytes 1" as the first line that is not a comment`,
		"bilsim 1":                        `line 1: want bytes instead of "bilsim"`,
		"bytes 2":                         "line 1: this program reads version 1 of the language",
		"bytes 1\nconnect honest":         `line 2: want a line that begins with seed instead of "connect"`,
		"bytes 1\nseed 1 curve payload 0": "line 2: want a number from 1 to 16777216 instead of 0",
		head:                              "line 3: want a line that begins with connect",
		head + "connect honest sends 1 sizes 999":             "line 3: want a number from 0 to 100 instead of 999",
		head + "connect friend":                               "line 3: want one of honest, old, mute, greeter, babbler, overclaim, promiser, boaster, scrambler, replayer, stranger, mismatch, absent",
		head + "connect replayer like #0":                     "line 3: there is no connection #0 above; they count from 0",
		head + "connect honest at 20m":                        "line 3: want at most 10m",
		head + "connect mute\nfault #0 dialler byte 3 flip 8": "line 4: want a number from 0 to 7 instead of 8",
		head + "connect mute\nfault #0 dialler byte 3 melt":   "line 4: want one of split, stall, cut, flip, omit, repeat, garble, replay, excise",
		head + "connect mute\nexpect mark \"luck\"":           `line 4: there is no mark "luck"`,
		head + "connect mute\nwait":                           `line 4: want connect, fault or expect instead of "wait"`,
	} {
		if _, err := Parse(text); err == nil || err.Error() != want {
			t.Errorf("%q gives %v, want %s", text, err, want)
		}
	}
}

func FuzzParse(f *testing.F) {
	for seed := range uint64(20) {
		f.Add(Swarm(seed).String())
	}
	f.Fuzz(func(t *testing.T, text string) {
		s, err := Parse(text)
		if err != nil {
			return
		}
		again, err := Parse(s.String())
		if err != nil {
			t.Fatalf("what was written can't be read: %v\n%s", err, s)
		}
		if again.String() != s.String() {
			t.Fatalf("read back as\n%s\nnot\n%s", again, s)
		}
		if s.horizon() < 0 || s.horizon()+s.drip() < 0 {
			t.Fatal("its time overflows")
		}
	})
}
