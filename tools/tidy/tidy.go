// Package tidy holds the house rules that a compiler does not check, and its
// tests apply them to the whole tree: which packages are pure and what that
// means, which way imports point, how long a file or a function may be, and that
// what the documentation shows can be built.
//
// Every rule is a function from source to problems. A test beside it feeds it a
// small piece of source that breaks the rule, because a guard that has never
// been seen to bite may be asleep.
package tidy

import (
	"fmt"
	"go/ast"
	"go/token"
	"strconv"
	"strings"
)

// Module is the path of the module, and of its root package.
const Module = "github.com/bitmark-inc/bilateralrpc"

// Problem is one breach of a rule, at a place.
type Problem struct {
	Pos  token.Position
	Text string
}

func (p Problem) String() string {
	return fmt.Sprintf("%s:%d: %s", p.Pos.Filename, p.Pos.Line, p.Text)
}

// File is one parsed Go file of the tree, whatever its build constraints say.
type File struct {
	Name string // slash-separated, relative to the root of the tree
	Dir  string // that of the package: "." for the root
	Test bool   // *_test.go
	Fset *token.FileSet
	AST  *ast.File
}

// Lines returns how many lines the file has.
func (f *File) Lines() int { return f.Fset.File(f.AST.Pos()).LineCount() }

func (f *File) problem(pos token.Pos, format string, args ...any) Problem {
	return Problem{f.Fset.Position(pos), fmt.Sprintf(format, args...)}
}

// Imports returns what the file imports: path and place.
func (f *File) Imports() []Import {
	var list []Import
	for _, spec := range f.AST.Imports {
		path, err := strconv.Unquote(spec.Path.Value)
		if err != nil {
			path = spec.Path.Value
		}
		list = append(list, Import{Path: path, Pos: spec.Pos(), Dot: spec.Name != nil && spec.Name.Name == "."})
	}
	return list
}

// Import is one import declaration.
type Import struct {
	Path string
	Pos  token.Pos
	Dot  bool
}

// Own returns the directory of an import of this module ("." for its root
// package), or false for one of somebody else's.
func (i Import) Own() (dir string, own bool) {
	if i.Path == Module {
		return ".", true
	}
	return strings.CutPrefix(i.Path, Module+"/")
}
