package tidy

import (
	"fmt"
	"go/token"
	"maps"
	"regexp"
	"strings"
)

var (
	testNamed    = regexp.MustCompile(`\b(?:func )?Test[A-Z]\w+`)
	testDeclared = regexp.MustCompile(`(?m)^func (Test[A-Z]\w*)\(`)
)

// TestNames returns the tests that a test file declares.
func TestNames(source string) []string {
	var names []string
	for _, m := range testDeclared.FindAllStringSubmatch(source, -1) {
		names = append(names, m[1])
	}
	return names
}

// CheckTestNames reports the tests that the comments of f name and that are not
// declared anywhere.
func CheckTestNames(f *File, declared map[string]bool) []Problem {
	var problems []Problem
	for _, group := range f.AST.Comments {
		for _, c := range group.List {
			for _, name := range undeclared(c.Text, declared) {
				problems = append(problems, f.problem(c.Pos(), "there is no %s", name))
			}
		}
	}
	return problems
}

// CheckTestNames reports the tests that d names and that are not declared
// anywhere, nor in a block of its own.
func (d Document) CheckTestNames(declared map[string]bool) []Problem {
	var problems []Problem
	declared = maps.Clone(declared)
	for _, name := range TestNames(d.Text) {
		declared[name] = true
	}
	line := 0
	for text := range strings.Lines(d.Text) {
		line++
		for _, name := range undeclared(text, declared) {
			at := token.Position{Filename: d.Name, Line: line}
			problems = append(problems, Problem{at, fmt.Sprintf("there is no %s", name)})
		}
	}
	return problems
}

// undeclared returns the names of tests in a text that are not declared. A test
// that the text itself declares is an example.
func undeclared(text string, declared map[string]bool) []string {
	var names []string
	for _, name := range testNamed.FindAllString(text, -1) {
		if !declared[name] && !strings.HasPrefix(name, "func ") {
			names = append(names, name)
		}
	}
	return names
}
