package main

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/bitmark-inc/bilateralrpc/internal/incident"
	"github.com/bitmark-inc/bilateralrpc/sim/picture"
)

// incidentOf merges the recordings of a scenario.
func incidentOf(t *testing.T, scenario string) *incident.Incident {
	t.Helper()
	names, err := filepath.Glob(filepath.Join(recorded(t, scenario), "*"))
	if err != nil || len(names) == 0 {
		t.Fatal(names, err)
	}
	var files []incident.File
	for _, name := range names {
		r, err := readRecording(&console{}, name)
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, incident.File{Name: name, Recording: r})
	}
	x, err := incident.Merge(files)
	if err != nil {
		t.Fatal(err)
	}
	return x
}

// believes returns what a node thinks of a peer at a time.
func believes(p *picture.Picture, node, peer string, at int64) (last picture.Belief) {
	for _, b := range p.Beliefs {
		if p.Nodes[b.Node].Name == node && p.Names[b.Peer] == peer && p.Moments.At[b.Moment] <= at {
			last = b
		}
	}
	return last
}

// The picture of recordings has the frames that crossed, as long as they took, those that
// were lost, what the nodes believed, and what the recordings imply.
func TestRecordingsHaveAPicture(t *testing.T) {
	p := incidentOf(t, talks()+"at 0s connect b -> c\nat 15s call a -> b Echo.Ping timeout 2s\nat 20s partition {a} | {b c} for 30s\nat 70s crash c\nat 80s restart c\n").Picture(10_000)
	if !p.Recorded || p.Steps != p.Last || len(p.Nodes) != 3 {
		t.Fatalf("%d nodes, %d of %d moments", len(p.Nodes), p.Last, p.Steps)
	}
	var faults []string
	for _, f := range p.Faults {
		faults = append(faults, strings.Join(strings.Fields(f.Text)[:2], " "))
	}
	if want := []string{"partition {a}", "crash c", "restart c"}; !slices.Equal(faults, want) || len(p.Faults[0].Nodes) != 3 {
		t.Errorf("the faults are %q, want %q: %+v", faults, want, p.Faults)
	}
	if n := len(p.Nodes[2].Lives); n != 2 || p.Nodes[2].Lives[0] < 69e9 || p.Nodes[2].Lives[1] > 81e9 {
		t.Errorf("c went down and came up at %v", p.Nodes[2].Lives)
	}
	crossed, lost := 0, 0
	for _, f := range p.Frames {
		sent := p.Moments.At[f.Sent]
		switch {
		case f.Arrived >= 0:
			crossed++
			if took := p.Moments.At[f.Arrived] - sent; took < 4e6 || took > 31e6 {
				t.Errorf("%s took %d ns, where every frame takes 5 to 30 ms", f.Name, took)
			}
		case f.Lost != "":
			lost++
			if inside := sent >= 19e9 && sent <= 51e9 || sent >= 69e9 && sent <= 81e9; !inside {
				t.Errorf("%s was lost at %d ns: %s", f.Name, sent, f.Lost)
			}
		}
	}
	if crossed < 300 || lost < 10 {
		t.Errorf("%d frames arrived, %d were lost", crossed, lost)
	}
	for _, c := range []struct {
		node, peer string
		at         int64
		active     int
	}{{"a", "b", 15e9, 1}, {"a", "b", 45e9, 0}, {"a", "b", 300e9, 1}, {"b", "c", 15e9, 1}, {"b", "c", 75e9, 0}, {"b", "c", 300e9, 1}, {"c", "b", p.Nodes[2].Lives[1], 0}} {
		if b := believes(p, c.node, c.peer, c.at); b.Active != c.active {
			t.Errorf("at %d s %s believes %+v of %s", c.at/1e9, c.node, b, c.peer)
		}
	}
	if i := slices.IndexFunc(p.Calls, func(c picture.Call) bool { return c.To == "b" }); i < 0 || p.Calls[i].Began/1e6 != 15_000 || p.Calls[i].Ended <= p.Calls[i].Began || p.Calls[i].Failed || len(p.Calls[i].Rows) != 1 {
		t.Errorf("the calls are %+v", p.Calls)
	}
}

// Of long recordings the picture shows what is around the first fault, with what was
// believed before.
func TestAPictureOfLongRecordingsIsCut(t *testing.T) {
	const most = 200
	p := incidentOf(t, talks()+"at 60s partition {a} | {b} for 20s\n").Picture(most)
	if p.Steps < 2*most || p.Last-p.First+1 != most || len(p.Moments.At) != most {
		t.Fatalf("moments %d to %d of %d are shown: %d", p.First, p.Last, p.Steps, len(p.Moments.At))
	}
	if from, to := p.Moments.At[0], p.Moments.At[most-1]; from > 60e9 || to < 60e9 {
		t.Errorf("shown are %d to %d ns", from, to)
	}
	if i := slices.IndexFunc(p.Beliefs, func(b picture.Belief) bool { return b.Moment == 0 && b.Active == 1 }); i < 0 {
		t.Error("at the first moment nobody believes anything")
	}
	for _, f := range p.Frames {
		if f.Sent < 0 || f.Sent >= most || f.Arrived >= most {
			t.Errorf("%s goes from moment %d to %d", f.Name, f.Sent, f.Arrived)
		}
	}
}

// The page holds the timeline in words, too.
func TestMergeRecordsWritesAPage(t *testing.T) {
	name := filepath.Join(t.TempDir(), "incident.html")
	args := []string{"merge-records", "-q", "-html", name}
	files, err := filepath.Glob("../../testdata/recording/*.recording")
	if err != nil || len(files) != 3 {
		t.Fatal(files, err)
	}
	if code, _, errs := bilsim(t, "", append(args, files...)...); code != exitFine {
		t.Fatal(errs)
	}
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(text), "listen#1 to tokyo is lost: heartbeat") {
		t.Error("the timeline is not in the page")
	}
}
