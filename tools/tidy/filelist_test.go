package tidy

import (
	"go/token"
	"testing"
)

func TestListsOfFilesAreComplete(t *testing.T) {
	checked := 0
	for _, dir := range packageDirs(mustTree(t)) {
		if listedDoc(mustTree(t), dir) == nil {
			continue
		}
		checked++
		report(t, CheckFileList(mustTree(t), dir))
	}
	if checked == 0 {
		t.Error("no package lists its files: the check looks at nothing")
	}
}

func TestCheckFileListBites(t *testing.T) {
	for _, b := range []struct {
		name, doc string
		files     []string
		want      []string // parts of the problems
	}{
		{"complete", "# Files\n//\n//\ta.go  one   b.go  two\n//\n// # More\n//\n// c.go", []string{"a.go", "b.go", "b_test.go"}, nil},
		{"no list", "It has a.go.", []string{"a.go", "b.go"}, nil},
		{"star", "# Files\n//\n//\tb*.go", []string{"b.go", "b2.go"}, nil},
		{"left out", "# Files\n//\n//\ta.go", []string{"a.go", "b.go"}, []string{"leaves out b.go"}},
		{"left out of the list, but named below", "# Files\n//\n//\ta.go\n//\n// # More\n//\n// b.go", []string{"a.go", "b.go"}, []string{"leaves out b.go"}},
		{"gone", "# Files\n//\n//\ta.go  c.go", []string{"a.go"}, []string{"has c.go"}},
		{"star for none", "# Files\n//\n//\ta.go  c*.go", []string{"a.go"}, []string{"has c*.go"}},
	} {
		t.Run(b.name, func(t *testing.T) {
			tree := &Tree{Fset: token.NewFileSet()}
			add := func(name, source string) {
				f, err := ParseFile(tree.Fset, "p/"+name, []byte(source))
				if err != nil {
					t.Fatal(err)
				}
				tree.Files = append(tree.Files, f)
			}
			add("doc.go", "// Package p is one.\n//\n// "+b.doc+"\npackage p\n")
			for _, name := range b.files {
				add(name, "package p\n")
			}
			problems := CheckFileList(tree, "p")
			if len(problems) != len(b.want) {
				t.Fatalf("problems %v, want %q", problems, b.want)
			}
			for i, want := range b.want {
				bite{want: want, line: 1}.check(t, problems[i:])
			}
		})
	}
}
