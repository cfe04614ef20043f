package campaign

import (
	"bytes"
	"encoding/json"
	"regexp"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/bitmark-inc/bilateralrpc/sim"
	"github.com/bitmark-inc/bilateralrpc/sim/defects"
)

// broken returns a campaign whose nodes have a defect, so that there is something to find.
func broken(t *testing.T, id string) Campaign {
	t.Helper()
	for _, d := range defects.All() {
		if d.ID == id {
			return Campaign{Name: "test", Alter: d.In}
		}
	}
	t.Fatalf("there is no defect %s", id)
	return Campaign{}
}

var timings = regexp.MustCompile(`"(events_per_s|took_s)":[0-9.e+-]+,`)

// untimed returns a result as JSON without what a clock has to do with.
func untimed(t *testing.T, r *Result) string {
	t.Helper()
	text, err := json.Marshal(r)
	if err != nil {
		t.Fatal(err)
	}
	return string(timings.ReplaceAll(text, nil))
}

// reread writes a result and reads it, as it goes from one machine to another.
func reread(t *testing.T, r *Result) *Result {
	t.Helper()
	text, err := json.Marshal(r)
	if err != nil {
		t.Fatal(err)
	}
	var again Result
	if err := json.Unmarshal(text, &again); err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	if written, err := json.Marshal(&again); err != nil || !bytes.Equal(written, text) {
		t.Fatalf("%v\nwritten %s\nagain   %s", err, text, written)
	}
	return &again
}

func merged(t *testing.T, a, b *Result) *Result {
	t.Helper()
	m, err := Merge(a, b)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func TestTheShardsOfAHuntGiveWhatOneMachineGives(t *testing.T) {
	whole := Range{10, 211}
	c := broken(t, "K15")
	one := c.Run(t.Context(), whole, RunOptions{})
	want := untimed(t, one)
	if len(one.Findings) < 2 || one.Violations() <= uint64(len(one.Findings)) {
		t.Fatalf("%d findings of %d seeds say little of merging", len(one.Findings), one.Violations())
	}
	for _, n := range []uint64{1, 2, 3, 7} {
		var all *Result
		for i := n; i > 0; i-- { // the last one first, with another number of workers
			r := c.Run(t.Context(), whole.Shard(i-1, n), RunOptions{Workers: int(i)})
			r.Of = whole
			if r = reread(t, r); all == nil {
				all = r
			} else {
				all = merged(t, r, all)
			}
		}
		if got := untimed(t, all); got != want {
			t.Errorf("%d shards give\n%s\none machine\n%s", n, got, want)
		}
	}
}

func TestMergingHasNoOrder(t *testing.T) {
	c := broken(t, "K15")
	var parts []*Result
	for _, r := range []Range{{0, 20}, {20, 30}, {40, 60}, {60, 61}} {
		parts = append(parts, c.Run(t.Context(), r, RunOptions{}))
	}
	a, b, d, e := parts[0], parts[1], parts[2], parts[3]
	want := untimed(t, merged(t, merged(t, merged(t, a, b), d), e))
	before := untimed(t, a)
	for _, got := range []*Result{
		merged(t, a, merged(t, b, merged(t, d, e))), merged(t, merged(t, e, a), merged(t, d, b)), merged(t, merged(t, d, b), merged(t, e, a)),
	} {
		if got := untimed(t, got); got != want {
			t.Errorf("another order gives\n%s\ninstead of\n%s", got, want)
		}
		if missing := got.Missing(); missing.String() != "30..40" {
			t.Errorf("missing are %v, want 30..40", missing)
		}
		if code := got.Exit(0); code != exitMissing {
			t.Errorf("exit status %d, want %d as a part is missing", code, exitMissing)
		}
	}
	if after := untimed(t, a); after != before {
		t.Errorf("merging changed a part from\n%s\nto\n%s", before, after)
	}
}

func TestWhatDoesNotBelongTogetherIsRefused(t *testing.T) {
	c := Campaign{Name: "one", Build: "v1"}
	base := New(c, Range{0, 10}, Range{0, 5})
	base.Ran = base.Asked
	for what, change := range map[string]func(r *Result){
		`names are "one" and "two"`:       func(r *Result) { r.Campaign.Name = "two" },
		`models of a link are "physical"`: func(r *Result) { r.Campaign.Model = sim.Adversarial },
		"numbers of peers are 0 and 4":    func(r *Result) { r.Campaign.Peers = 4 },
		`builds are "v1" and "v2"`:        func(r *Result) { r.Campaign.Build = "v2" },
		"seeds 3..5 are in both results":  func(r *Result) { r.Ran = Ranges{{3, 10}} },
		"seeds 0..1, 4..5 are in both":    func(r *Result) { r.Ran = Ranges{{0, 1}, {4, 10}} },
		"":                                func(*Result) {},
	} {
		r := New(c, Range{0, 10}, Range{5, 10})
		r.Ran = r.Asked
		change(r)
		for _, pair := range [][2]*Result{{base, r}, {r, base}} {
			_, err := Merge(pair[0], pair[1])
			if (err == nil) != (what == "") || err != nil && pair[0] == base && !strings.Contains(err.Error(), what) {
				t.Errorf("%v, want %q", err, what)
			}
		}
	}
}

func TestAResultThatContradictsItselfIsNotRead(t *testing.T) {
	c := broken(t, "K15")
	r := c.Run(t.Context(), Range{0, 12}, RunOptions{})
	text, err := json.Marshal(r)
	if err != nil || len(r.Findings) == 0 {
		t.Fatalf("%v, %d findings", err, len(r.Findings))
	}
	reread(t, r)
	for was, is := range map[string]string{
		`"type":"summary"`: `"type":"result"`, `"version":1`: `"version":2`, `"model":"physical"`: `"model":"friendly"`,
		`"of":"0..12"`: `"of":"0..11"`, `"ran":["0..12"]`: `"ran":["0..13"]`, `"asked":["0..12"]`: `"asked":["12..0"]`,
		`"P1":`: `"P0":`, `"digest":"`: `"digest":"0`, `"index":`: `"index":99`, `"seeds":1,"index"`: `"seeds":0,"index"`,
	} {
		changed := strings.Replace(string(text), was, is, 1)
		if changed == string(text) {
			t.Fatalf("nothing is %s in\n%s", was, text)
		}
		if err := json.Unmarshal([]byte(changed), new(Result)); err == nil {
			t.Errorf("%s in place of %s is read", is, was)
		}
	}
}

func TestASetOfIndices(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		draw := func(name string) (set Ranges, has [40]bool) {
			var all []Range
			for range rapid.IntRange(0, 6).Draw(t, name) {
				from := rapid.Uint64Range(0, 39).Draw(t, "from")
				r := Range{from, rapid.Uint64Range(from, 40).Draw(t, "to")}
				for i := r.From; i < r.To; i++ {
					has[i] = true
				}
				all = append(all, r)
			}
			return NewRanges(all...), has
		}
		a, inA := draw("a")
		b, inB := draw("b")
		for what, x := range map[string]struct {
			set Ranges
			is  func(i int) bool
		}{
			"a": {a, func(i int) bool { return inA[i] }}, "union": {a.Union(b), func(i int) bool { return inA[i] || inB[i] }},
			"without": {a.Without(b), func(i int) bool { return inA[i] && !inB[i] }}, "both": {a.Both(b), func(i int) bool { return inA[i] && inB[i] }},
		} {
			var want Ranges
			for i := range inA {
				switch n := len(want); {
				case !x.is(i):
				case n > 0 && want[n-1].To == uint64(i):
					want[n-1].To++
				default:
					want = append(want, Range{uint64(i), uint64(i) + 1})
				}
			}
			if !slices.Equal(x.set, want) {
				t.Fatalf("%s of %v and %v is %v, want %v", what, a, b, x.set, want)
			}
		}
	})
}

func TestShardsAreNeighbours(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		from := rapid.Uint64Range(0, 1<<62).Draw(t, "from")
		r := Range{from, from + rapid.Uint64Range(1, 1<<62).Draw(t, "length")}
		n := rapid.Uint64Range(1, 50).Draw(t, "shards")
		at := r.From
		for i := range n {
			s := r.Shard(i, n)
			if s.From != at || s.To < s.From || s.Len() < r.Len()/n || s.Len() > r.Len()/n+1 {
				t.Fatalf("shard %d of %d of %v is %v", i, n, r, s)
			}
			at = s.To
		}
		if at != r.To {
			t.Fatalf("%d shards of %v end at %d", n, r, at)
		}
	})
}

func TestADigestHasNoOrderAndCounts(t *testing.T) {
	sum := func(indices ...uint64) string {
		var d Digest
		for _, i := range indices {
			d.Add(i, "x")
		}
		return d.String()
	}
	if sum(1, 2, 3) != sum(3, 1, 2) {
		t.Error("another order gives another digest")
	}
	seen := map[string]bool{}
	for _, d := range []string{sum(), sum(1), sum(1, 1), sum(1, 1, 1), sum(1, 2)} {
		if seen[d] {
			t.Errorf("two sets have the digest %s", d)
		}
		seen[d] = true
	}
	// A carry goes through all words.
	var d Digest
	d.Merge(digestOf(bytes.Repeat([]byte{0xff}, 32)))
	d.Merge(digestOf(append(make([]byte, 31), 2)))
	if want := strings.Repeat("0", 63) + "1"; d.String() != want {
		t.Errorf("2^256-1 and 2 are %v, want %s", d, want)
	}
}

func TestFailuresThatDifferByChanceAreOneFinding(t *testing.T) {
	normal := func(text string) string {
		s, err := sim.Parse(text)
		if err != nil {
			t.Fatal(err)
		}
		return Normal(s)
	}
	a := "bilsim 1\nseed 7 scale 1/10\npeers a b c\nat 1s connect a -> b\nat 4s break a - b\nat 5s call a -> zed Echo.Ping timeout 2s\n"
	same := "bilsim 1\nscale 1/20 timing joins 2 run 9s\npeers m k j\nat 2s connect j -> k\nat 3200ms break k - j\nat 8s call j -> abc Echo.Ping timeout 1s\n"
	if normal(a) != normal(same) {
		t.Errorf("these differ:\n%s\n%s", normal(a), normal(same))
	}
	for was, is := range map[string]string{
		"call a": "call b", "break a - b": "clog a -> b for 1s", "zed": "a", "peers a b c": "peers a c\nold b", "Echo.Ping": "Echo.Fail", "at 4s break a - b\n": "",
		"seed 7": "model adversarial",
	} {
		if other := strings.Replace(a, was, is, 1); normal(a) == normal(other) {
			t.Errorf("%s in place of %s is the same finding:\n%s", is, was, normal(other))
		}
	}
}
