package tidy

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestDocumentsDrawTheHouseAsItIs(t *testing.T) {
	drawn := 0
	for _, d := range mustDocuments(t) {
		drawn += strings.Count(d.Text, "\n```rooms\n") + strings.Count(d.Text, "\n```imports\n")
		report(t, CheckRooms(d, packageDirs(mustTree(t)), func(name string) bool {
			_, err := os.Stat(filepath.Join(root, filepath.FromSlash(name)))
			return err == nil
		}))
	}
	if drawn != 2 {
		t.Errorf("there are %d blocks of rooms and imports, want one of each, in docs/DESIGN.md", drawn)
	}
}

func TestCheckRoomsBites(t *testing.T) {
	packages := []string{".", "core", "sim", "sim/dice", "cmd/bilsim"}
	exists := func(name string) bool { return name != "gone" }
	house := "```rooms\ncore/ a\nsim/ b\nsim/dice/ c\ncmd/ d\n```\n```imports\n" + directions() + "```\n"
	for change, want := range map[[2]string]string{
		{"", ""}:                                 "",
		{"sim/dice/ c\n", ""}:                    "the package sim/dice has no line",
		{"cmd/ d\n", ""}:                         "the package cmd/bilsim has no line",
		{"cmd/ d\n", "cmd/ d\ngone/ e\n"}:        "the room gone/ does not exist",
		{"-> core zmqio", "-> core sim zmqio"}:   "the table of imports is not",
		{"sim/dice/ c\n", "sim/dice/ a b c d\n"}: "",
	} {
		d := Document{"x.md", strings.Replace(house, change[0], change[1], 1)}
		problems := CheckRooms(d, packages, exists)
		if want == "" && len(problems) > 0 || want != "" && (len(problems) != 1 || !strings.Contains(problems[0].Text, want)) {
			t.Errorf("%q: %v, want %q", change, problems, want)
		}
	}
}
