package text

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/bitmark-inc/bilateralrpc/sim/dice"
)

// read returns a cursor at the beginning of a line.
func read(t interface{ Fatal(...any) }, line string) *Cursor {
	toks, _, _, wrong := lexLine(line)
	if wrong != nil {
		t.Fatal(wrong)
	}
	return newCursor(toks)
}

func TestWhatIsWrittenIsReadBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		name := rapid.OneOf(rapid.String(), rapid.StringMatching(`[a-z0-9_.]{1,4}`)).Draw(t, "name")
		duration := time.Duration(rapid.Int64Range(0, int64(durationMax)).Draw(t, "duration"))
		least := time.Duration(rapid.Int64Range(0, 1e9).Draw(t, "least"))
		delay := dice.Uniform(least, least+time.Duration(rapid.Int64Range(0, 1e9).Draw(t, "span")))
		delay.Shape = dice.Shape(rapid.IntRange(0, 2).Draw(t, "shape"))
		ratio := dice.Ratio{Num: rapid.Uint32Max(1<<31-1).Draw(t, "num"), Den: rapid.Uint32Range(1, 1<<31-1).Draw(t, "den")}

		line := Words(FormatName(name), FormatDuration(duration), FormatDelay(delay), FormatRatio(ratio))
		c := read(t, line)
		gotName, gotDuration, gotDelay, gotRatio := c.Name(), c.Duration(), c.Delay(), c.Ratio()
		if !c.OK() || c.More() {
			t.Fatalf("%q is not read to its end: %q", line, c.wrong)
		}
		if gotName != name || gotDuration != duration || gotDelay != delay || gotRatio != ratio {
			t.Fatalf("%q is read as %q, %v, %v, %v", line, gotName, gotDuration, gotDelay, gotRatio)
		}
	})
}

func TestTheFirstErrorOfALineStays(t *testing.T) {
	c := read(t, "5 of them")
	c.Need("of")
	if n := c.Count(); n != 0 || c.More() {
		t.Errorf("after an error %d was read, and there is more: %v", n, c.More())
	}
	c.Fail("something else")
	if want := `want of instead of "5"`; c.OK() || c.wrong != want {
		t.Errorf("got %q, want %q", c.wrong, want)
	}
}

// lines keeps what Parse hands to a Parser.
type lines struct{ seen []string }

func (l *lines) Comment(text string, heading bool) {
	l.seen = append(l.seen, If(heading, "top ")+"# "+text)
}

func (l *lines) Statement(_ int, c *Cursor) {
	l.seen = append(l.seen, c.Word("a word"))
}

func TestParse(t *testing.T) {
	h := Header{"test", 3}
	for _, c := range []struct{ scenario, want string }{
		{"# a\n\ntest 3 # b\n  # c\none # d\n", "top # a|# b|# c|# d|one|"},
		{"", `line 1: want "test 3" as the first line that is not a comment`},
		{"# a\n\n", `top # a|line 1: want "test 3" as the first line that is not a comment`},
		{"test 4", "line 1: this program reads version 3 of the language"},
		{"tests 3", `line 1: want test instead of "tests"`},
		{"test 3\none two", `one|line 2: want the end of the line instead of "two"`},
		{"test 3\n\n\"one\"", `|line 3: want a word without quotes`},
		{"test 3\n\"one", `line 2: a string without its closing quote`},
		{"test 3\none !", `line 2: unexpected character '!': a name that has it in it stands in quotes`},
	} {
		var l lines
		_, err := Parse(c.scenario, h, &l)
		got := ""
		for _, s := range l.seen {
			got += s + "|"
		}
		if err != nil {
			got += err.Error()
		}
		if got != c.want {
			t.Errorf("%q:\n got %s\nwant %s", c.scenario, got, c.want)
		}
	}
}

func TestNearest(t *testing.T) {
	words := []string{"crash", "cut", "partition", "restart"}
	for word, want := range map[string]string{
		"crush": "crash", "carsh": "crash", "CRASH": "crash", "partitoin": "partition", "restrat": "restart", "cit": "cut",
		"c": "", "explode": "", "": "", "parttion": "partition",
	} {
		if got := Nearest(word, words); got != want {
			t.Errorf("%q may mean %q, want %q", word, got, want)
		}
	}
}
