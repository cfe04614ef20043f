package main

import (
	"cmp"
	"fmt"
	"go/ast"
	"go/token"
	"go/types"
	"slices"
	"strings"
)

// A weaver puts the mutants of one file into its text. Each is text around a
// node, or in place of an operator: the nodes may lie in each other, and every
// mutant is valid Go by its making.
type weaver struct {
	fset    *token.FileSet
	info    *types.Info
	aliases *aliases
	source  []byte
	add     func(*Mutant)

	function string
	path     []ast.Node          // from the file to the node being visited
	results  []*ast.FieldList    // of the functions around it, the innermost last
	quiet    map[ast.Node]bool   // what lies in these is not mutated
	around   []wrapping          // of the nodes of path
	caseEnds map[ast.Stmt]string // what follows these
	edits    []edit
}

// wrapping is what stands before and after a node.
type wrapping struct{ before, after string }

// edit replaces a range of the source. Where several begin at one offset, the
// end of a node comes before the beginning of another.
type edit struct {
	from, to int
	rank     int
	text     string
}

const (
	rankAfter = iota
	rankBefore
	rankInstead
)

func (w *weaver) weave(f *ast.File) []byte {
	w.quiet, w.caseEnds = map[ast.Node]bool{}, map[ast.Stmt]string{}
	ast.Inspect(f, func(n ast.Node) bool {
		if n == nil {
			w.leave()
			return false
		}
		if skipped(n) || w.quiet[n] {
			return false
		}
		w.enter(n)
		return true
	})
	slices.SortStableFunc(w.edits, func(a, b edit) int {
		return cmp.Or(cmp.Compare(a.from, b.from), cmp.Compare(a.rank, b.rank))
	})
	var out []byte
	at := 0
	for _, e := range w.edits {
		out = append(append(out, w.source[at:e.from]...), e.text...)
		at = e.to
	}
	return append(out, w.source[at:]...)
}

// skipped says that nothing below n can be a mistake that runs.
func skipped(n ast.Node) bool {
	switch n := n.(type) {
	case *ast.GenDecl:
		return n.Tok != token.VAR
	case *ast.ArrayType, *ast.MapType, *ast.StructType, *ast.FuncType, *ast.InterfaceType, *ast.FieldList:
		return true
	case *ast.CallExpr: // what an error or a panic says
		switch types.ExprString(n.Fun) {
		case "panic", "fmt.Errorf", "errors.New":
			return true
		}
	}
	return false
}

func (w *weaver) enter(n ast.Node) {
	w.path = append(w.path, n)
	w.around = append(w.around, wrapping{})
	switch n := n.(type) {
	case *ast.FuncDecl:
		w.function = n.Name.Name
		w.results = append(w.results, n.Type.Results)
	case *ast.FuncLit:
		w.results = append(w.results, n.Type.Results)
	case *ast.KeyValueExpr:
		w.quiet[n.Key] = true
	case *ast.CaseClause:
		w.caseBody(n)
	case ast.Expr:
		w.expression(n)
	case ast.Stmt:
		w.statement(n)
	}
	if around := w.around[len(w.around)-1]; around.before != "" {
		w.insert(n.Pos(), rankBefore, around.before)
	}
}

func (w *weaver) leave() {
	last := len(w.path) - 1
	n := w.path[last]
	if after := w.around[last].after; after != "" {
		w.insert(n.End(), rankAfter, after)
	}
	switch n.(type) {
	case *ast.FuncDecl, *ast.FuncLit:
		w.results = w.results[:len(w.results)-1]
		if len(w.results) == 0 {
			w.function = ""
		}
	}
	w.path, w.around = w.path[:last], w.around[:last]
}

// parent returns the node around the present one, without parentheses.
func (w *weaver) parent() ast.Node {
	for i := len(w.path) - 2; i >= 0; i-- {
		if _, paren := w.path[i].(*ast.ParenExpr); !paren {
			return w.path[i]
		}
	}
	return nil
}

// wrap puts text around the present node, inside of what was put there before.
func (w *weaver) wrap(before, after string) {
	a := &w.around[len(w.around)-1]
	a.before += before
	a.after = after + a.after
}

func (w *weaver) insert(pos token.Pos, rank int, text string) {
	at := w.fset.Position(pos).Offset
	w.edits = append(w.edits, edit{at, at, rank, text})
}

func (w *weaver) replace(from, to token.Pos, text string) {
	w.edits = append(w.edits, edit{w.fset.Position(from).Offset, w.fset.Position(to).Offset, rankInstead, text})
}

// mutant makes a new one and returns its number.
func (w *weaver) mutant(n ast.Node, operator string) int {
	function := w.function
	if function == "" {
		function = "(table)"
	}
	source := strings.Join(strings.Fields(w.text(n)), " ")
	if r := []rune(source); len(r) > sourceRunesMax {
		source = string(r[:sourceRunesMax-1]) + "…"
	}
	m := &Mutant{Line: w.fset.Position(n.Pos()).Line, Function: function, Operator: operator, Source: source}
	w.add(m)
	return m.ID
}

// sourceRunesMax keeps a mutant on one line.
const sourceRunesMax = 90

func (w *weaver) text(n ast.Node) string {
	return string(w.source[w.fset.Position(n.Pos()).Offset:w.fset.Position(n.End()).Offset])
}

func on(id int) string { return fmt.Sprintf("mutantOn(%d)", id) }
