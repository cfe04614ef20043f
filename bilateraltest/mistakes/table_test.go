package mistakes_test

import (
	"flag"
	"fmt"
	"os"
	"path"
	"strings"
	"testing"

	"github.com/bitmark-inc/bilateralrpc/bilateraltest"
)

var update = flag.Bool("update", false, "write the table of docs/TESTING-MISTAKES.md")

// table is the document, and directory is where that finds the programs.
const (
	table     = "../../docs/TESTING-MISTAKES.md"
	directory = "../bilateraltest/mistakes"
)

// foundWithin is how many seeds a mistake has to be found in, and mendedSeeds in how many a
// mended program passes; BILATERAL_SEEDS raises the second.
const (
	foundWithin = 100
	mendedSeeds = 24
)

func TestMendedProgramsPass(t *testing.T) {
	for _, m := range all {
		t.Run(m.name, func(t *testing.T) {
			bilateraltest.Run(t, bilateraltest.Options{Seeds: mendedSeeds}, func(w *bilateraltest.World) { m.program(w, false) })
		})
	}
}

func TestMistakesAreFoundAndTheTableSaysSo(t *testing.T) {
	var rows, scenarios strings.Builder
	for _, m := range all {
		t.Run(m.name, func(t *testing.T) {
			f := found(t, &m)
			fmt.Fprintf(&rows, "| %s | %s | %d | %d of %d |\n", m.name, claimed(&m), f.Seed, f.Needed, f.Faults)
			fmt.Fprintf(&scenarios, "\n## %s\n\n%s The program is [%s](%s).\n\nSeen: %s\n\n```bilsim\n%s```\n",
				m.name, m.story, m.file, path.Join(directory, m.file), seen(f), scenario(f))
		})
	}
	if t.Failed() {
		return
	}
	text := head + rows.String() + scenarios.String()
	if *update {
		if err := os.WriteFile(table, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	written, err := os.ReadFile(table)
	if err != nil || string(written) != text {
		t.Errorf("%s is not what was found (%v): go test ./bilateraltest/mistakes -update writes it", table, err)
	}
}

// found finds a mistake. Its smallest scenario has to show it too, and with that one the
// mended program has to pass.
func found(t *testing.T, m *mistake) *bilateraltest.Finding {
	f := bilateraltest.Find(t, bilateraltest.Options{Seeds: foundWithin}, func(w *bilateraltest.World) { m.program(w, true) })
	if f == nil {
		t.Fatalf("not found in %d seeds", foundWithin)
	}
	if f.Claim != m.claim || !f.Repeats {
		t.Fatalf("want %s, found:\n%s", m.claim, f.Report)
	}
	load := func(mistaken bool) *bilateraltest.Finding {
		return bilateraltest.Find(t, bilateraltest.Options{Seeds: int(f.Seed) + 1}, func(w *bilateraltest.World) {
			m.program(w, mistaken && w.Seed() == f.Seed)
			w.Load(f.Scenario)
		})
	}
	if again := load(true); again == nil || again.Claim != f.Claim || again.Seed != f.Seed || again.Needed != f.Needed {
		t.Errorf("its smallest scenario shows %+v", again)
	}
	if mended := load(false); mended != nil {
		t.Errorf("the mended program fails in the scenario of the mistaken one:\n%s", mended.Report)
	}
	return f
}

// claimed is the claim in the words of the program.
func claimed(m *mistake) string {
	_, words, quoted := strings.Cut(m.claim, ` "`)
	if !quoted {
		return "(of every run) no goroutine is left"
	}
	return strings.TrimSuffix(words, `"`)
}

// scenario is the smallest one, without the comment at its head.
func scenario(f *bilateraltest.Finding) string {
	var s strings.Builder
	for line := range strings.Lines(f.Scenario) {
		if !strings.HasPrefix(line, "#") {
			s.WriteString(line)
		}
	}
	return s.String()
}

// seen is the first line of what was seen, and the first one of this package that it names.
func seen(f *bilateraltest.Finding) string {
	line, more, _ := strings.Cut(f.What, "\n")
	for place := range strings.Lines(more) {
		if _, function, ours := strings.Cut(place, "mistakes_test."); ours {
			return line + " " + strings.TrimSpace(function)
		}
	}
	return line
}

// head begins the document.
const head = `# Mistakes of programs

Written by ` + "`go test ./bilateraltest/mistakes -update`" + `; without that flag the test fails if anything here is no longer so.

Twelve mistakes that programs make which call each other, each in a small program of its own
([bilateraltest/mistakes](../bilateraltest/mistakes)): with the mistake, and mended. Package
bilateraltest has to find the one, and the other has to pass. The faults are those that it draws by
default. *Seed* is the first that shows the mistake, of 0, 1, 2 and so on. *Faults* says how many of those
of that run are needed: without any one of them the claim holds, and with 0 the program does it by
itself. Below the table is what is left of each run: it is tested that this shows the mistake, and that the mended
program passes it.

| mistake | claim | seed | faults |
|---|---|---|---|
`
