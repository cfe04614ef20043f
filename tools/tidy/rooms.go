package tidy

import (
	"fmt"
	"slices"
	"strings"
)

// CheckRooms compares the blocks of d that draw the house with the tree: a block
// "rooms" names every package, each in a line that begins with its folder and a
// slash, and a block "imports" is the table of import directions. A folder that is
// no package stands for all below it.
func CheckRooms(d Document, packages []string, exists func(name string) bool) []Problem {
	var problems []Problem
	for _, b := range d.Blocks() {
		report := func(format string, args ...any) {
			p := d.problem(0, format, args...)
			p.Pos.Line = b.Line
			problems = append(problems, p)
		}
		switch b.Language {
		case "rooms":
			checkRooms(b, packages, exists, report)
		case "imports":
			if want := directions(); b.Text != want {
				report("the table of imports is not that of tools/tidy/imports.go, which is:\n%s", want)
			}
		}
	}
	return problems
}

func checkRooms(b Block, packages []string, exists func(string) bool, report func(string, ...any)) {
	var rooms []string
	for word := range strings.FieldsSeq(b.Text) {
		if room, ok := strings.CutSuffix(word, "/"); ok {
			rooms = append(rooms, room)
			if !exists(room) {
				report("the room %s does not exist", word)
			}
		}
	}
	for _, dir := range packages {
		if dir != "." && !slices.ContainsFunc(rooms, func(room string) bool {
			return room == dir || strings.HasPrefix(dir, room+"/") && !slices.Contains(packages, room)
		}) {
			report("the package %s has no line", dir)
		}
	}
}

// directions returns the table of import directions as documents show it.
func directions() string {
	var from []string
	width := 0
	for dir := range direction {
		from = append(from, dir)
		width = max(width, len(dir))
	}
	slices.Sort(from)
	var b strings.Builder
	for _, dir := range from {
		line := fmt.Sprintf("%-*s -> %s", width, dir, strings.Join(direction[dir], " "))
		b.WriteString(strings.TrimRight(line, " ") + "\n")
	}
	return b.String()
}
