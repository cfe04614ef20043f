package main

import (
	"bufio"
	"fmt"
	"os"
	"strings"
)

// reasons says why mutants may survive.
type reasons struct {
	name string
	list []*reason
}

type reason struct {
	key, text string
	used      bool
}

// readReasons reads a file of reasons: a line is the key of a mutant, as -list
// shows it after the line number, and the indented lines below are the reason
// for those above it. A key that ends in "*" stands for all that begin like it.
func readReasons(name string) (*reasons, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	r := &reasons{name: name}
	var open []*reason // keys that the next indented lines are about
	told := false
	lines := bufio.NewScanner(f)
	for n := 1; lines.Scan(); n++ {
		line := lines.Text()
		text := strings.TrimSpace(line)
		switch {
		case text == "", strings.HasPrefix(text, "//"):
		case line[0] != '\t' && line[0] != ' ':
			if told {
				open, told = nil, false
			}
			open = append(open, &reason{key: text})
			r.list = append(r.list, open[len(open)-1])
		case len(open) == 0:
			return nil, fmt.Errorf("%s:%d: a reason without a mutant: write the mutant's line from -list above it, without the line number", name, n)
		default:
			told = true
			for _, entry := range open {
				entry.text = strings.TrimSpace(entry.text + " " + text)
			}
		}
	}
	if err := lines.Err(); err != nil {
		return nil, err
	}
	for _, entry := range r.list {
		if entry.text == "" {
			return nil, fmt.Errorf("%s: %q has no reason: write it below, indented", name, entry.key)
		}
	}
	return r, nil
}

// of returns the reason for a mutant, "" if there is none.
func (r *reasons) of(m *Mutant) string {
	key := m.Key()
	for _, entry := range r.list {
		prefix, open := strings.CutSuffix(entry.key, "*")
		if entry.key == key || open && strings.HasPrefix(key, prefix) {
			entry.used = true
			return entry.text
		}
	}
	return ""
}

// unused returns the keys that no call of of asked for.
func (r *reasons) unused() []string {
	var keys []string
	for _, entry := range r.list {
		if !entry.used {
			keys = append(keys, entry.key)
		}
	}
	return keys
}
