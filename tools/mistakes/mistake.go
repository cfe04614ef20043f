package main

import (
	"bufio"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// mistake is a change of one place of the core that does harm.
type mistake struct {
	file, id string
	harm     string // what a user or a peer would notice, in a sentence
	old, new string // whole lines; new may be empty
}

// readMistakes reads a file of mistakes. Each begins with a line that has the file's name
// and the mistake's own; an indented line says what harm it does; then come the lines
// that it takes away, each behind a "-", and those that it puts in their place, behind a
// "+". Empty lines, and those that begin with "//", are passed over.
func readMistakes(name string) ([]*mistake, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	var list []*mistake
	lines := bufio.NewScanner(f)
	for n := 1; lines.Scan(); n++ {
		line := lines.Text()
		if line == "" || strings.HasPrefix(line, "//") {
			continue
		}
		if !strings.ContainsRune("\t-+", rune(line[0])) {
			file, id, ok := strings.Cut(line, " ")
			if !ok || strings.Contains(id, " ") {
				return nil, fmt.Errorf("%s:%d: want a file's name and a mistake's: %q", name, n, line)
			}
			list = append(list, &mistake{file: file, id: id})
			continue
		}
		if len(list) == 0 {
			return nil, fmt.Errorf("%s:%d: a line of no mistake: write the file's name and the mistake's above it", name, n)
		}
		switch m := list[len(list)-1]; line[0] {
		case '-':
			m.old += line[1:] + "\n"
		case '+':
			m.new += line[1:] + "\n"
		default:
			m.harm = strings.TrimSpace(m.harm + " " + line[1:])
		}
	}
	if err := lines.Err(); err != nil {
		return nil, err
	}
	for _, m := range list {
		if m.harm == "" || m.old == "" {
			return nil, fmt.Errorf("%s: %s lacks the harm it does, or the lines it takes away", name, m.id)
		}
	}
	return list, nil
}

// lists are the files of mistakes: those made by hand, and others that only a search finds.
var lists = []string{"mistakes.txt", "mutants.txt"}

// readLists reads them from dir. It returns those made by hand, and all by their names.
func readLists(dir string) (byHand []*mistake, known map[string]*mistake, err error) {
	known = map[string]*mistake{}
	for i, name := range lists {
		list, err := readMistakes(filepath.Join(dir, name))
		if err != nil {
			return nil, nil, err
		}
		if i == 0 {
			byHand = list
		}
		for _, m := range list {
			known[m.id] = m
		}
	}
	return byHand, known, nil
}

// apply returns the text of the mistake's file in dir with the mistake in it.
func (m *mistake) apply(dir string) ([]byte, error) {
	text, err := os.ReadFile(filepath.Join(dir, m.file))
	if err != nil {
		return nil, fmt.Errorf("mistake %s: %w", m.id, err)
	}
	// A line begins behind the end of another, as none of these files does.
	before, after, ok := strings.Cut(string(text), "\n"+m.old)
	if !ok || strings.Contains(after, "\n"+m.old) {
		return nil, fmt.Errorf("mistake %s: %s has not once, in this order, the lines\n%swrite them anew in mistakes.txt, so that the mistake is the same", m.id, m.file, m.old)
	}
	return []byte(before + "\n" + m.new + after), nil
}
