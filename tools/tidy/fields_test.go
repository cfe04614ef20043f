package tidy

import (
	"go/token"
	"testing"
)

func TestFieldsAreExplained(t *testing.T) {
	for _, f := range mustTree(t).Files {
		if explained(f.Dir) && !f.Test {
			report(t, CheckFields(f))
		}
	}
}

func TestCheckFieldsBites(t *testing.T) {
	for _, b := range []bite{
		{"bare", "type t struct {\n a int\n}", 3, "field t.a has no comment"},
		{"on its line", "type t struct {\n a int // why\n b int\n}", 4, "field t.b"},
		{"above", "type t struct {\n // why\n a int\n}", 0, ""},
		{"above a run", "type t struct {\n // why\n a int\n b int\n}", 0, ""},
		{"after a run", "type t struct {\n // why\n a int\n\n b int\n}", 6, "field t.b"},
		{"two names", "type (\n t struct {\n a, b int\n }\n)", 4, "field t.a"},
		{"on one line", "type t struct{ a int }", 0, ""},
		{"embedded", "type t struct {\n error\n}", 0, ""},
		{"no struct", "type t int\nvar x int", 0, ""},
	} {
		t.Run(b.name, func(t *testing.T) {
			b.check(t, CheckFields(parse(t, token.NewFileSet(), "core/bad.go", b.source)))
		})
	}
}
