package tidy

import (
	"fmt"
	"go/ast"
)

// A file is read in one sitting and a function on one screen.
const (
	fileLinesMax     = 400
	functionLinesMax = 70
)

// longer lists the files and functions that may be longer, each with the reason
// why it reads better in one piece. A function is "file:name", a method
// "file:Type.name".
var longer = map[string]string{}

// CheckSize reports the file, and the functions in it, that are too long, except
// those in allowed. It marks in used which of these exceptions are needed.
func CheckSize(f *File, allowed map[string]string, used map[string]bool) []Problem {
	var problems []Problem
	check := func(key string, at ast.Node, what string, lines, linesMax int) {
		if lines <= linesMax {
			return
		}
		used[key] = true
		if allowed[key] == "" {
			problems = append(problems, f.problem(at.Pos(), "%s has %d lines, over %d: cut it, or give tools/tidy/size.go a reason for %q", what, lines, linesMax, key))
		}
	}
	check(f.Name, f.AST, "the file", f.Lines(), fileLinesMax)
	for _, decl := range f.AST.Decls {
		if fn, ok := decl.(*ast.FuncDecl); ok {
			name := functionName(fn)
			lines := f.Fset.Position(fn.End()).Line - f.Fset.Position(fn.Pos()).Line + 1
			check(f.Name+":"+name, fn, "function "+name, lines, functionLinesMax)
		}
	}
	return problems
}

// CheckUnused reports exceptions that nothing needs any more.
func CheckUnused(allowed map[string]string, used map[string]bool) []string {
	var unused []string
	for key := range allowed {
		if !used[key] {
			unused = append(unused, fmt.Sprintf("%s: the exception in tools/tidy/size.go is not needed any more: remove it", key))
		}
	}
	return unused
}

func functionName(fn *ast.FuncDecl) string {
	if fn.Recv == nil || len(fn.Recv.List) == 0 {
		return fn.Name.Name
	}
	t := fn.Recv.List[0].Type
	for {
		switch x := t.(type) {
		case *ast.StarExpr:
			t = x.X
		case *ast.IndexExpr:
			t = x.X
		case *ast.IndexListExpr:
			t = x.X
		case *ast.Ident:
			return x.Name + "." + fn.Name.Name
		default:
			return fn.Name.Name
		}
	}
}
