package campaign

import (
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// unmet is a scenario that violates E, and met is that with another ending.
const (
	unmet = "bilsim 1\npeers a b\nat 0s connect a -> b\nat 1s crash b\nexpect linked a b at 2s\n"
	met   = "bilsim 1\npeers a b\nat 0s connect a -> b\nexpect linked a b at 2s\n"
)

func TestAFindingOverRuns(t *testing.T) {
	found := []Finding{{Property: "E", Fingerprint: "1", What: "seen\nand more", Replay: "a command", Scenario: unmet}}
	var b Book
	for i, step := range []struct {
		found []Finding
		fixed bool // the pinned scenario passes
		want  Status
	}{
		{found: found, want: StatusNew}, {want: StatusOngoing}, {found: found, want: StatusOngoing}, {fixed: true, want: StatusResolved}, {fixed: true, want: StatusResolved},
		{want: StatusRegressed}, {want: StatusOngoing}, {found: found, fixed: true, want: StatusOngoing},
	} {
		if len(b.Entries) > 0 {
			b.Entries[0].Scenario = unmet
			if step.fixed {
				b.Entries[0].Scenario = met
			}
		}
		b.Update(b.Pinned(), step.found)
		again, err := ParseBook(b.String())
		if err != nil {
			t.Fatalf("%v\n%s", err, &b)
		}
		if b = *again; len(b.Entries) != 1 || b.Entries[0].Status != step.want || b.Entries[0].What != "seen" {
			t.Fatalf("after run %d:\n%s\nwant %s", i+1, &b, step.want)
		}
	}
	if b.Entries[0].Scenario != unmet {
		t.Errorf("a scenario that shows nothing any more was not replaced:\n%s", &b)
	}
}

func TestABookIsTextWithAStableOrder(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var found []Finding
		for _, id := range rapid.SliceOfDistinct(rapid.IntRange(0, 99), rapid.ID[int]).Draw(t, "findings") {
			found = append(found, Finding{Property: "P" + string(rune('1'+id%9)), Fingerprint: strings.Repeat("a", id+1), Scenario: met, What: "w", Replay: "r"})
		}
		var a, b Book
		a.Update(nil, found)
		slices.Reverse(found)
		b.Update(nil, found)
		if len(a.Entries) > 0 {
			a.Entries[0].Notes, b.Entries[0].Notes = []string{"of people"}, []string{"of people"}
		}
		again, err := ParseBook(a.String())
		if err != nil || again.String() != a.String() || a.String() != b.String() {
			t.Fatalf("%v\nwritten %s\nread    %s\nother   %s", err, &a, again, &b)
		}
	})
}

func TestABookThatIsNoneNamesTheLine(t *testing.T) {
	good := header + "\n\nfinding E-1 new\nwhat w\nreplay r\nnote n\n    " + strings.ReplaceAll(strings.TrimSpace(met), "\n", "\n    ") + "\n"
	if b, err := ParseBook(good); err != nil || b.String() != good {
		t.Fatalf("%v\n%s", err, b)
	}
	for change, want := range map[[2]string]string{
		{header, "x"}: "line 1", {"E-1 new", "E-1 gone"}: "line 3", {"E-1", "E1"}: "line 3", {"what w", "who"}: "line 4",
		{"finding E-1 new\n", ""}: "line 3: want a finding", {"    peers", "    pears"}: "scenario of finding E-1",
	} {
		if _, err := ParseBook(strings.Replace(good, change[0], change[1], 1)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %s", change, err, want)
		}
	}
	if _, err := ParseBook(good + good[len(header):]); err == nil || !strings.Contains(err.Error(), "twice") {
		t.Errorf("a finding that is there twice: %v", err)
	}
}
