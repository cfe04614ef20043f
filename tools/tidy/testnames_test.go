package tidy

import (
	"go/token"
	"strings"
	"testing"
)

// Comments and documents name tests as guards of what they say: those exist.
func TestNamedTestsExist(t *testing.T) {
	declared := mustTestNames(t)
	for _, f := range mustTree(t).Files {
		if !f.Test {
			report(t, CheckTestNames(f, declared))
		}
	}
	for _, d := range mustDocuments(t) {
		report(t, d.CheckTestNames(declared))
	}
}

func TestCheckTestNamesBites(t *testing.T) {
	declared := map[string]bool{}
	for _, name := range TestNames("package x\n\nfunc TestThere(t *testing.T) {\n}\n// func TestGone(\n") {
		declared[name] = true
	}
	for _, b := range []bite{
		{"there", "\n// TestThere shows it.", 0, ""},
		{"gone", "\n// TestGone shows it.", 3, "there is no TestGone"},
		{"second line", "\n/* see\n TestThere and TestThereNot */", 3, "there is no TestThereNot"},
		{"an example", "\n//\tfunc TestGone(t *testing.T)", 0, ""},
		{"a part of a word", "\n// aTestGone, Testing", 0, ""},
	} {
		t.Run(b.name, func(t *testing.T) {
			b.check(t, CheckTestNames(parse(t, token.NewFileSet(), "core/bad.go", b.source), declared))
		})
	}
	d := Document{Name: "docs/x.md", Text: "one\n`TestThere`, `TestGone`\n"}
	bite{line: 2, want: "there is no TestGone"}.check(t, d.CheckTestNames(declared))
	d.Text += "```go\nfunc TestGone(t *testing.T) {\n}\n```\n"
	bite{}.check(t, d.CheckTestNames(declared))
}

// mustTestNames returns the tests of the whole tree, nested modules included.
func mustTestNames(t *testing.T) map[string]bool {
	t.Helper()
	declared := map[string]bool{}
	eachFile(t, func(name, source string) {
		if strings.HasSuffix(name, "_test.go") {
			for _, test := range TestNames(source) {
				declared[test] = true
			}
		}
	})
	return declared
}
