package tidy

import (
	"go/ast"
	"slices"
	"strings"
	"testing"
)

// contracts are methods that other packages call, by errors.Is, fmt and the like.
var contracts = []string{"Error", "Unwrap", "Is", "As", "String"}

// Every exported function and method of the public API is used in an example.
func TestThePublicAPIIsShownInExamples(t *testing.T) {
	shown := map[string]bool{}
	for _, f := range mustTree(t).Files {
		if f.Dir == "." && strings.HasPrefix(f.Name, "example") {
			ast.Inspect(f.AST, func(n ast.Node) bool {
				if s, ok := n.(*ast.SelectorExpr); ok {
					shown[s.Sel.Name] = true
				}
				return true
			})
		}
	}
	if len(shown) == 0 {
		t.Fatal("no example in the root: adjust this test")
	}
	for _, f := range mustTree(t).Files {
		if f.Dir != "." || f.Test {
			continue
		}
		for _, d := range f.AST.Decls {
			f, ok := d.(*ast.FuncDecl)
			if ok && f.Name.IsExported() && ofThePublic(f) && !slices.Contains(contracts, f.Name.Name) && !shown[f.Name.Name] {
				t.Errorf("%s is in no example: write one", f.Name.Name)
			}
		}
	}
}

// ofThePublic says whether f is a function, or a method of an exported type.
func ofThePublic(f *ast.FuncDecl) bool {
	if f.Recv == nil {
		return true
	}
	exported := false
	ast.Inspect(f.Recv.List[0].Type, func(n ast.Node) bool {
		id, ok := n.(*ast.Ident)
		exported = exported || ok && id.IsExported() && len(id.Name) > 1 // A and R are type parameters
		return !ok
	})
	return exported
}
