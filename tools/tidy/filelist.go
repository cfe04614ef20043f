package tidy

import (
	"path"
	"regexp"
	"slices"
	"strings"
)

// A package's doc may list its files under the heading "# Files", each with what
// it holds. A name in the list may have a star in it and then stands for several.

var listedFile = regexp.MustCompile(`[\w*]+\.go\b`)

// FileList returns the names that the doc of a package lists, in order; ok is
// false where it has no list.
func FileList(doc string) (names []string, ok bool) {
	for line := range strings.Lines(doc) {
		switch {
		case strings.HasPrefix(line, "# "):
			inside := strings.TrimSpace(line) == "# Files"
			if ok && !inside {
				return names, true
			}
			ok = inside
		case ok:
			names = append(names, listedFile.FindAllString(line, -1)...)
		}
	}
	return names, ok
}

// CheckFileList reports the files of the package in dir that the list in its doc
// leaves out, and the names in the list that no file has. Tests need not be
// listed, nor the file with the doc. A package without a list has no problems.
func CheckFileList(t *Tree, dir string) []Problem {
	doc := listedDoc(t, dir)
	if doc == nil {
		return nil
	}
	names, _ := FileList(doc.AST.Doc.Text())
	used := map[string]bool{}
	var problems []Problem
	for _, f := range t.Files {
		if f.Dir != dir || f.Test || f == doc {
			continue
		}
		listed := slices.IndexFunc(names, func(name string) bool {
			match, err := path.Match(name, path.Base(f.Name))
			return err == nil && match
		})
		if listed < 0 {
			problems = append(problems, doc.problem(doc.AST.Doc.Pos(), "the list of files leaves out %s", path.Base(f.Name)))
			continue
		}
		used[names[listed]] = true
	}
	for _, name := range names {
		if !used[name] && name != path.Base(doc.Name) {
			problems = append(problems, doc.problem(doc.AST.Doc.Pos(), "the list of files has %s, which no file has or another name stands for already", name))
		}
	}
	return problems
}

// listedDoc returns the file of the package in dir whose doc lists files, nil if
// there is none.
func listedDoc(t *Tree, dir string) *File {
	for _, f := range t.Files {
		if f.Dir == dir && !f.Test && f.AST.Doc != nil {
			if _, ok := FileList(f.AST.Doc.Text()); ok {
				return f
			}
		}
	}
	return nil
}
