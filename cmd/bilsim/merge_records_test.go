package main

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/bitmark-inc/bilateralrpc/sim"
)

// implied are faults of a scenario that recordings of it give back.
var implied = []struct {
	name   string // of a scenario in testdata, or of one that is here
	faults string // as text of a scenario, with the lengths that they have there
	text   string // of the scenario that is here
}{
	{"partition", "at 30s partition {a} | {b c} for 95s", ""},
	{"isolate", "at 20s partition {a c d} | {b} for 40s", ""},
	{"one-of-three-cut", "at 10s partition {a b c} | {d} for 1m", ""},
	{"call-across-a-partition", "at 22s partition {a} | {b} for 30s", ""},
	{"call-survives-a-broken-connection", "at 22s break a - b", ""},
	{"clog-and-burst", "at 21s clog a -> b for 6s", ""}, // which began a second before anything was sent
	{"paused-peer", "at 20s pause b for 1m", ""},
	{"restart-in-connected", "at 10s restart b forgetting", ""},
	{"stopped-and-started-again", "at 10s stop b\nat 11s restart b\nat 50s stop c\nat 50s restart c forgetting", ""},
	{"one way while both ends talk", "at 20s cut a -> b for 12s", // which is when both have missed heartbeats
		talks() + "at 20s cut a -> b for 12s\n"},
	{"crash", "at 20s crash b\nat 30s restart b", talks() + "at 0s connect b -> c\nat 20s crash b\nat 30s restart b\n"},
	{"power cut", "at 20s vanish b\nat 50s restart b", talks() + "at 0s connect b -> c\nat 20s vanish b\nat 50s restart b\n"},
	{"two partitions", "at 10s partition {a} | {b} for 20s\nat 90s partition {a} | {b} for 20s",
		talks() + "at 10s partition {a} | {b} for 20s\nat 90s partition {a} | {b} for 20s\n"},
}

// talks returns the beginning of a scenario in which each of two nodes sends the other
// something twice a second.
func talks() string {
	var b strings.Builder
	b.WriteString("bilsim 1\nnetwork \"net\" seed 1 model physical\nlatency 5ms..30ms settle\npeers a b c\nat 0s connect a -> b\n")
	for i := range 200 {
		fmt.Fprintf(&b, "at %dms cast a -> b Echo.Ping\nat %dms cast b -> a Echo.Ping\n", 1000+500*i, 1250+500*i)
	}
	return b.String()
}

// merged returns the scenario that the recordings in a folder imply, with its text.
func merged(t *testing.T, dir string) (s *sim.Scenario, text string) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "*"))
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	code, text, errs := bilsim(t, "", append([]string{"merge-records", "-q"}, files...)...)
	if code != exitFine {
		t.Fatal(errs)
	}
	if s, err = sim.Parse(text); err != nil {
		t.Fatal(err, text)
	}
	return s, text
}

var lasts = regexp.MustCompile(` for (\S+)$`)

// faultsOf returns the faults of a scenario without their lengths, by their times, and the
// times at which each is over.
func faultsOf(t *testing.T, s *sim.Scenario) (texts []string, from, to []time.Duration) {
	t.Helper()
	for i := range s.Lines {
		l := &s.Lines[i]
		if l.Fault == nil || strings.HasPrefix(l.Fault.String(), "connect") || strings.HasPrefix(l.Fault.String(), "call") {
			continue // what users do
		}
		text, length := l.Fault.String(), time.Duration(0)
		if m := lasts.FindStringSubmatch(text); m != nil {
			var err error
			if length, err = time.ParseDuration(m[1]); err != nil {
				t.Fatal(err)
			}
			text = strings.TrimSuffix(text, m[0])
		}
		texts, from, to = append(texts, text), append(from, l.At), append(to, l.At+length)
	}
	return texts, from, to
}

// Recordings of a scenario give its faults back: what it was, between whom, when it began,
// and when it was over, which nodes learn when they next try. The scenario that comes of it
// holds, and so do its recordings once more.
func TestRecordingsGiveTheFaultsBack(t *testing.T) {
	const early, late = 300 * time.Millisecond, 30 * time.Second // a dial phase that failed is followed by a wait
	for _, c := range implied {
		t.Run(c.name, func(t *testing.T) {
			scenario := []byte(c.text)
			if c.text == "" {
				var err error
				if scenario, err = os.ReadFile(filepath.Join("../../testdata/scenario", c.name+".sim")); err != nil {
					t.Fatal(err)
				}
			}
			s, text := merged(t, recorded(t, string(scenario)))
			want, err := sim.Parse("bilsim 1\nnetwork \"net\"\npeers a b c d\n" + c.faults)
			if err != nil {
				t.Fatal(err)
			}
			texts, from, to := faultsOf(t, s)
			wantTexts, wantFrom, wantTo := faultsOf(t, want)
			if fmt.Sprint(texts) != fmt.Sprint(wantTexts) {
				t.Fatalf("the recordings imply %q, want %q:\n%s", texts, wantTexts, text)
			}
			for i := range texts {
				if d := from[i] - wantFrom[i]; d < -early || d > early {
					t.Errorf("%s begins at %v, want %v", texts[i], from[i], wantFrom[i])
				}
				if d := to[i] - wantTo[i]; d < -early || d > late {
					t.Errorf("%s is over at %v, want %v", texts[i], to[i], wantTo[i])
				}
			}
			if r := s.Run(sim.RunOptions{}); r.Violation != nil {
				t.Errorf("the scenario does not hold: %v\n%s", r.Violation, text)
			}
			if c.text != "" {
				return // its casts are not in the scenario
			}
			twice, text := merged(t, recorded(t, text))
			if again, _, _ := faultsOf(t, twice); fmt.Sprint(again) != fmt.Sprint(texts) {
				t.Errorf("recordings of that scenario imply %q, want %q:\n%s", again, texts, text)
			}
		})
	}
}

// A scenario without faults implies none.
func TestRecordingsWithoutFaults(t *testing.T) {
	s, text := merged(t, recorded(t, holds))
	if texts, _, _ := faultsOf(t, s); len(texts) > 0 {
		t.Errorf("recordings of a run without faults imply %q:\n%s", texts, text)
	}
}

// The recordings in testdata are of three nodes on sockets, one of which was cut off by
// cables (TestAPartitionComesBack makes them): they play again, and the partition comes
// back as a scenario that holds.
func TestRecordingsOfNodesOnSockets(t *testing.T) {
	const dir = "../../testdata/recording"
	files, err := filepath.Glob(dir + "/*.recording")
	if err != nil || len(files) != 3 {
		t.Fatal(files, err)
	}
	if code, out, errs := bilsim(t, "", append([]string{"replay-record"}, files...)...); code != exitFine || strings.Count(out, "ok  ") != 3 {
		t.Fatal(code, out, errs)
	}
	s, text := merged(t, dir)
	texts, _, _ := faultsOf(t, s)
	if fmt.Sprint(texts) != "[partition {london paris} | {tokyo}]" {
		t.Fatalf("the recordings imply %q:\n%s", texts, text)
	}
	if r := s.Run(sim.RunOptions{}); r.Violation != nil {
		t.Errorf("the scenario does not hold: %v\n%s", r.Violation, text)
	}
	code, out, errs := bilsim(t, "", append([]string{"merge-records", "-frames"}, files...)...)
	if code != exitFine || !strings.Contains(out, "** partition {london paris} | {tokyo} for") || !strings.Contains(out, "<- london CALL id") {
		t.Fatal(code, out, errs)
	}
}
