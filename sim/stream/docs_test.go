package stream

import (
	"os"
	"strings"
	"testing"
)

// section returns the part of docs/SIMULATION.md that is about this world.
func section(t *testing.T) string {
	t.Helper()
	document, err := os.ReadFile("../../docs/SIMULATION.md")
	if err != nil {
		t.Fatal(err)
	}
	_, text, ok := strings.Cut(string(document), "The world of bytes\n")
	if !ok {
		t.Fatal("docs/SIMULATION.md has no section on the world of bytes")
	}
	text, _, _ = strings.Cut(text, "\n## ")
	return text
}

// The document states the properties that are checked, and names everything that
// the language has a word for.
func TestTheDocumentIsComplete(t *testing.T) {
	text := section(t)
	for _, p := range properties() {
		if row := "| " + p.ID + " | " + p.Claim + " |"; !strings.Contains(text, row) {
			t.Errorf("it has no row %q", row)
		}
	}
	var words []string
	words = append(words, peerNames[:]...)
	words = append(words, faultNames[:]...)
	words = append(words, sideNames[:]...)
	for _, w := range words {
		if !strings.Contains(text, "`"+w) {
			t.Errorf("it does not name `%s`", w)
		}
	}
	for _, m := range markNames {
		if !strings.Contains(text, "`"+m+"`") {
			t.Errorf("it does not name the mark `%s`", m)
		}
	}
}

// The scenario in the document is a committed file.
func TestTheScenarioInTheDocumentIsAFile(t *testing.T) {
	text := section(t)
	blocks := 0
	for name, s := range scenarioFiles(t) {
		if !strings.Contains(text, "testdata/scenario/zmtp/"+name+")") {
			continue
		}
		blocks++
		var indented strings.Builder
		for line := range strings.Lines(s.String()) {
			indented.WriteString("    " + line)
		}
		if !strings.Contains(text, "\n\n"+indented.String()+"\n") {
			t.Errorf("it links to %s, and what it shows is not this:\n%s", name, &indented)
		}
	}
	if blocks == 0 {
		t.Error("it shows no scenario file")
	}
}
