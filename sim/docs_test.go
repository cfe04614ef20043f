package sim

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// docs/SIMULATION.md says of everything that is drawn rarely, and of every property, how
// often a hunt came to it: of these and nothing else.
func TestDocsCountWhatAHuntComesTo(t *testing.T) {
	document, err := os.ReadFile("../docs/SIMULATION.md")
	if err != nil {
		t.Fatal(err)
	}
	_, tables, found := strings.Cut(string(document), "### How much there is to judge\n")
	if !found {
		t.Fatal("docs/SIMULATION.md does not say how much there is to judge")
	}
	tables, _, _ = strings.Cut(tables, "\n## ")
	var want, got []string
	for _, d := range Swarm(1, SwarmOptions{}).Rare() {
		want = append(want, d.Name)
	}
	for _, p := range Properties() {
		want = append(want, p.ID)
	}
	for _, row := range regexp.MustCompile(`(?m)^\| (.+) \| [1-9][0-9,]* \| [1-9][0-9,]* \|$`).FindAllStringSubmatch(tables, -1) {
		got = append(got, row[1])
	}
	slices.Sort(want)
	slices.Sort(got)
	if !slices.Equal(got, want) {
		t.Errorf("docs/SIMULATION.md counts\n%q, want\n%q", got, want)
	}
}
