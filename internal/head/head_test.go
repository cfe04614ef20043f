package head

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

func pairsOf(v View) (pairs []Pair) {
	for key, value := range v.Pairs() {
		pairs = append(pairs, Pair{string(key), string(value)})
	}
	return pairs
}

func TestWhatIsAppendedIsParsed(t *testing.T) {
	many := make([]Pair, PairsMax)
	for i := range many {
		many[i] = Pair{fmt.Sprintf("%03d%s", i, strings.Repeat("k", 40)), strings.Repeat("v", 5)}
	}
	for _, c := range []struct {
		pairs []Pair
		code  string
		bytes int
	}{
		{nil, "", 0},
		{nil, "not_found", 3 + 9},
		{[]Pair{{"traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"}}, "", 3 + 3 + 11 + 55},
		{[]Pair{{"a", ""}, {"a-b", "\x00\xff"}, {"b", strings.Repeat("x", ValueMax)}}, strings.Repeat("c", CodeBytesMax), 3 + 9 + 5 + 2 + ValueMax + CodeBytesMax},
		{[]Pair{{strings.Repeat("z", KeyBytesMax), "v"}}, "", 3 + 3 + KeyBytesMax + 1},
		{many, "c", 3 + PairsMax*(3+43+5) + 1},
	} {
		b, err := Append([]byte("before"), c.pairs, c.code)
		if err != nil {
			t.Fatal(err)
		}
		if b = b[len("before"):]; len(b) != c.bytes {
			t.Errorf("%d pairs and %q: %d bytes, want %d", len(c.pairs), c.code, len(b), c.bytes)
		}
		v, err := Parse(b)
		if err != nil || v.Len() != len(c.pairs) || string(v.Code()) != c.code || !slices.Equal(pairsOf(v), c.pairs) {
			t.Errorf("%v, code %q was read as %v, %q (%v)", c.pairs, c.code, pairsOf(v), v.Code(), err)
		}
		for _, p := range c.pairs {
			if got, ok := v.Get(p.Key); !ok || string(got) != p.Value {
				t.Errorf("%q is %q (%v), want %q", p.Key, got, ok, p.Value)
			}
		}
		if _, ok := v.Get("nothing"); ok {
			t.Error("a pair that is not there was found")
		}
	}
}

func TestOutOfBoundsIsAnErrorThatSaysSo(t *testing.T) {
	many := make([]Pair, PairsMax+1)
	for i := range many {
		many[i].Key = fmt.Sprintf("%03d", i)
	}
	for want, c := range map[string]struct {
		pairs []Pair
		code  string
	}{
		"65 pairs": {many, ""},
		"an error code of 65 bytes: want at most 64": {nil, strings.Repeat("c", CodeBytesMax+1)},
		`key ""`:          {[]Pair{{"", "v"}}, ""},
		`key "A"`:         {[]Pair{{"A", "v"}}, ""},
		`key "a b"`:       {[]Pair{{"a b", "v"}}, ""},
		"1 to 64 bytes":   {[]Pair{{strings.Repeat("k", KeyBytesMax+1), "v"}}, ""},
		`"k" has 1025`:    {[]Pair{{"k", strings.Repeat("v", ValueMax+1)}}, ""},
		`"a" follows "b"`: {[]Pair{{"b", ""}, {"a", ""}}, ""},
		`"a" follows "a"`: {[]Pair{{"a", ""}, {"a", ""}}, ""},
		"of 3076 bytes": {[]Pair{
			{"a", strings.Repeat("v", ValueMax)}, {"b", strings.Repeat("v", ValueMax)}, {"c", strings.Repeat("v", ValueMax)}, {"d", ""},
		}, ""},
	} {
		b, err := Append([]byte("before"), c.pairs, c.code)
		if err == nil || !strings.Contains(err.Error(), want) || string(b) != "before" {
			t.Errorf("the error is %v, want one that says %q; dst is %q", err, want, b)
		}
	}
}

func TestMalformedHeads(t *testing.T) {
	good, err := Append(nil, []Pair{{"a", "1"}, {"b", "2"}}, "code")
	if err != nil {
		t.Fatal(err)
	}
	for n := 1; n < len(good); n++ {
		if _, err := Parse(good[:n]); err == nil {
			t.Errorf("the first %d bytes of %d are taken for a head", n, len(good))
		}
	}
	alter := func(i int, b byte) []byte {
		c := slices.Clone(good)
		c[i] = b
		return c
	}
	for what, b := range map[string][]byte{
		"version 0":                alter(0, 0),
		"65 pairs":                 alter(1, PairsMax+1),
		"one pair less":            alter(1, 1),
		"one pair more":            alter(1, 3),
		"an empty key":             alter(2, 0),
		"a key with a capital":     alter(3, 'A'),
		"a key twice":              alter(3, 'b'),
		"keys that fall":           alter(3, 'c'),
		"a value of 65,281 bytes":  alter(4, 0xff),
		"a code that is too long":  alter(12, 5),
		"a code that is too short": alter(12, 3),
		"a byte behind it":         append(slices.Clone(good), 0),
	} {
		if v, err := Parse(b); err == nil {
			t.Errorf("%s: taken for %v, %q", what, pairsOf(v), v.Code())
		}
	}
	later := append(alter(0, 2), "more"...)
	if v, err := Parse(later); err != nil || string(v.Code()) != "code" || v.Len() != 2 {
		t.Errorf("what a later version appends is not passed over: %v", err)
	}
}

func TestNothingIsAllocated(t *testing.T) {
	pairs := []Pair{{"traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"}, {"user", "me"}}
	dst := make([]byte, 0, 256)
	if n := testing.AllocsPerRun(100, func() {
		b, err := Append(dst[:0], pairs, "code")
		if err != nil {
			t.Fatal(err)
		}
		v, err := Parse(b)
		if value, ok := v.Get("user"); err != nil || !ok || string(value) != "me" {
			t.Fatal(err, ok)
		}
	}); n != 0 {
		t.Errorf("%v allocations to append, parse and find, want none", n)
	}
}
