package bilateraltest

import (
	"crypto/sha512"
	"encoding/hex"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/bitmark-inc/bilateralrpc/internal/page"
	"github.com/bitmark-inc/bilateralrpc/sim"
	"github.com/bitmark-inc/bilateralrpc/sim/picture"
)

// apart is a program that claims that b is always known to a, which a partition makes
// wrong, and a pause of c does not.
func apart(w *World) {
	for _, name := range []string{"a", "b", "c"} {
		w.Host(name, func(*Host) error { return nil })
	}
	w.Connect("a", "b")
	w.Connect("a", "c")
	w.At(4*time.Second, sim.Pause{Node: "c", For: time.Second})
	w.At(6*time.Second, sim.Partition{Groups: [][]string{{"a"}, {"b", "c"}}, For: 30 * time.Second})
	seen := false
	w.Always("a has b, once it had it", func() error {
		has := slices.Contains(w.Node("a").ActiveConnections(), "b")
		if seen = seen || has; seen && !has {
			return errors.New("b is away")
		}
		return nil
	})
}

// shown returns what the page of a finding shows.
func shown(t *testing.T, name string) *page.Page {
	t.Helper()
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	p, err := page.Read(text)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// The page of a failure has what the user claims, in the user's words, and the faults that
// are needed for it; it lies beside the file that replays it.
func TestAFailureHasAPage(t *testing.T) {
	dir := t.TempDir()
	o := Options{Seeds: 1, Artifacts: dir, HTML: dir}
	o.setDefaults()
	f := find(t, &o, apart, func(string) string { return "" })
	if f == nil {
		t.Fatal("nothing was found")
	}
	say := f.write(&o, t.Name())
	name := filepath.Join(dir, "TestAFailureHasAPage-0.html")
	if !strings.Contains(say, name) {
		t.Errorf("what is said is %q, want %s in it", say, name)
	}
	if _, err := os.Stat(filepath.Join(dir, "TestAFailureHasAPage-0.sim")); err != nil {
		t.Error(err)
	}
	d := shown(t, name)
	if d.Static == "" || len(d.Views) != 2 {
		t.Fatalf("there are %d views, and it can't run again because %q", len(d.Views), d.Static)
	}
	for _, view := range d.Views {
		v := view.Picture.Violations
		if len(v) == 0 || v[0].Property != `Always "a has b, once it had it"` || v[0].What != "b is away" {
			t.Errorf("%s: the violations are %+v", view.Name, v)
		}
		for _, l := range view.Picture.Lines {
			if l.Kind == "fault" && l.Needed != strings.Contains(l.Text, "partition") {
				t.Errorf("%s: %q is needed: %v", view.Name, l.Text, l.Needed)
			}
		}
		if len(view.Picture.Nodes) != 3 || len(view.Picture.Frames) == 0 || len(view.Picture.Beliefs) == 0 {
			t.Errorf("%s: %d nodes, %d frames, %d beliefs", view.Name, len(view.Picture.Nodes), len(view.Picture.Frames), len(view.Picture.Beliefs))
		}
	}
}

// Nobody gets a page who did not ask.
func TestAPageIsAskedFor(t *testing.T) {
	dir := t.TempDir()
	o := Options{Seeds: 1, Artifacts: dir}
	o.setDefaults()
	if f := find(t, &o, apart, func(string) string { return "" }); f == nil || f.write(&o, t.Name()) != "" {
		t.Errorf("found %+v", f)
	}
	if pages, _ := filepath.Glob(filepath.Join(dir, "*.html")); len(pages) > 0 {
		t.Errorf("there are %q", pages)
	}
}

// What is seen of a run from outside is found behind its last step, where its page opens.
func TestThePageOpensWhereTheRunEnds(t *testing.T) {
	dir := t.TempDir()
	o := Options{Seeds: 1, Artifacts: dir, HTML: dir, NoFaults: true, For: time.Second}
	o.setDefaults()
	f := find(t, &o, func(w *World) {
		w.Host("a", func(*Host) error { return nil })
		w.Host("b", func(*Host) error {
			go func() { <-make(chan bool) }()
			return nil
		})
		w.Connect("a", "b")
	}, func(string) string { return "" })
	if f == nil || f.Claim != "Ends" {
		t.Fatalf("found %+v", f)
	}
	f.write(&o, t.Name())
	for _, view := range shown(t, filepath.Join(dir, t.Name()+"-0.html")).Views {
		p := view.Picture
		if v := p.Violations; len(v) != 1 || v[0].Step == 0 || v[0].Step != p.Steps {
			t.Errorf("%s: the violations are %+v, of %d steps", view.Name, v, p.Steps)
		}
	}
}

// A page that would be too large shows fewer steps.
func TestAPageIsLessThanThreeMegabytes(t *testing.T) {
	dir := t.TempDir()
	o := Options{Seeds: 1, Artifacts: dir, HTML: dir, AsFound: true}
	o.setDefaults()
	var asked []uint64
	f := &Finding{draw: func(steps uint64) *page.Page {
		asked = append(asked, steps)
		p := &picture.Picture{Moments: picture.Moments{Text: make([]string, steps)}}
		for i := range p.Moments.Text { // what can't be compressed: 640 bytes each, and twice that as text
			for j := range byte(10) {
				sum := sha512.Sum512([]byte{byte(i), byte(i >> 8), j})
				p.Moments.Text[i] += hex.EncodeToString(sum[:])
			}
		}
		return &page.Page{Title: "large", Views: []page.View{{Name: "run", Picture: p}}}
	}}
	f.write(&o, t.Name())
	info, err := os.Stat(filepath.Join(dir, t.Name()+"-0.html"))
	if err != nil || info.Size() >= 3_000_000 || len(asked) < 2 {
		t.Errorf("%v, %+v, asked for %v", err, info, asked)
	}
}
