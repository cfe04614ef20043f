package tidy

import (
	"fmt"
	"go/token"
	"io/fs"
	"maps"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"strings"
)

// Document is one Markdown file.
type Document struct {
	Name string // slash-separated, relative to the root of the tree
	Text string
}

// ReadDocuments reads every Markdown file below root.
func ReadDocuments(root string) ([]Document, error) {
	var documents []Document
	err := filepath.WalkDir(root, func(name string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(root, name)
		if err != nil {
			return err
		}
		if entry.IsDir() {
			return skipDir(name, rel)
		}
		if !strings.HasSuffix(name, ".md") {
			return nil
		}
		text, err := os.ReadFile(name)
		documents = append(documents, Document{filepath.ToSlash(rel), string(text)})
		return err
	})
	return documents, err
}

// Block is a fenced block of a document: its language, text and first line.
type Block struct {
	Language, Text string
	Line           int
}

// Blocks returns the fenced blocks of d.
func (d Document) Blocks() []Block {
	var blocks []Block
	open := false
	for i, line := range strings.Split(d.Text, "\n") {
		language, fence := strings.CutPrefix(line, "```")
		switch {
		case fence && open:
			open = false
		case fence:
			open = true
			blocks = append(blocks, Block{Language: strings.TrimSpace(language), Line: i + 2})
		case open:
			blocks[len(blocks)-1].Text += line + "\n"
		}
	}
	return blocks
}

var namePattern = regexp.MustCompile(`\A// ([a-z_]+\.go)\n`)

// Programs returns the Go blocks of d, each with the files that it is compiled with, by
// their names. A block whose first line names its file, as "// bank.go", is of one package
// with those above it that do too; any other is a whole program.
func (d Document) Programs() (blocks []Block, files []map[string]string) {
	named := map[string]string{}
	for _, b := range d.Blocks() {
		if b.Language != "go" {
			continue
		}
		with := map[string]string{"snippet.go": b.Text}
		if m := namePattern.FindStringSubmatch(b.Text); m != nil {
			named[m[1]] = b.Text
			with = maps.Clone(named)
		}
		blocks, files = append(blocks, b), append(files, with)
	}
	return blocks, files
}

func (d Document) problem(offset int, format string, args ...any) Problem {
	line := 1 + strings.Count(d.Text[:offset], "\n")
	return Problem{token.Position{Filename: d.Name, Line: line}, fmt.Sprintf(format, args...)}
}

var (
	linkPattern   = regexp.MustCompile(`\]\(([^)#\s"]+)(#[^)]*)?\)`)
	makePattern   = regexp.MustCompile("(?m)(?:`|^ *(?:\\$ )?)make ([a-z]+)\\b")
	targetPattern = regexp.MustCompile(`(?m)^([a-z]+):`)
)

var importPattern = regexp.MustCompile(`"` + regexp.QuoteMeta(Module) + `/([^"]+)"`)

// moduleOf returns the directory of the nested module that source imports a package of, "."
// if there is none.
func moduleOf(source string, isModule func(dir string) bool) string {
	for _, m := range importPattern.FindAllStringSubmatch(source, -1) {
		for dir := m[1]; dir != "."; dir = path.Dir(dir) {
			if isModule(dir) {
				return dir
			}
		}
	}
	return "."
}

// CheckLinks reports links of d to files that exists denies.
func CheckLinks(d Document, exists func(name string) bool) []Problem {
	var problems []Problem
	for _, m := range linkPattern.FindAllStringSubmatchIndex(d.Text, -1) {
		target := d.Text[m[2]:m[3]]
		if strings.Contains(target, ":") {
			continue // https: and the like
		}
		if !exists(path.Join(path.Dir(d.Name), target)) {
			problems = append(problems, d.problem(m[0], "link to %s, which does not exist", target))
		}
	}
	return problems
}

// CheckTargets reports commands `make x` in d where makefile has no target x.
func CheckTargets(d Document, makefile string) []Problem {
	targets := map[string]bool{}
	for _, m := range targetPattern.FindAllStringSubmatch(makefile, -1) {
		targets[m[1]] = true
	}
	var problems []Problem
	for _, m := range makePattern.FindAllStringSubmatchIndex(d.Text, -1) {
		if target := d.Text[m[2]:m[3]]; !targets[target] {
			problems = append(problems, d.problem(m[0], "make %s: the Makefile has no such target", target))
		}
	}
	return problems
}
