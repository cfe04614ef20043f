package tidy

import (
	"go/ast"
	"strings"
)

// explained says whether a package is one whose structs have every field
// explained.
func explained(dir string) bool {
	return dir == "core" || dir == "sim" || strings.HasPrefix(dir, "sim/")
}

// CheckFields reports fields of the structs of f that no comment explains: on
// their line, above them, or above the run of fields without a blank line that
// they are in. The doc of the type is enough for a struct on a single line, and
// for an embedded field.
func CheckFields(f *File) []Problem {
	var problems []Problem
	for _, decl := range f.AST.Decls {
		types, ok := decl.(*ast.GenDecl)
		if !ok {
			continue
		}
		for _, spec := range types.Specs {
			spec, ok := spec.(*ast.TypeSpec)
			if !ok {
				continue
			}
			if s, ok := spec.Type.(*ast.StructType); ok {
				for _, field := range unexplained(f, s) {
					problems = append(problems, f.problem(field.Pos(), "field %s.%s has no comment", spec.Name.Name, field.Names[0].Name))
				}
			}
		}
	}
	return problems
}

// unexplained returns the fields of a struct that no comment explains.
func unexplained(f *File, s *ast.StructType) []*ast.Field {
	line := func(n ast.Node) (first, last int) {
		return f.Fset.Position(n.Pos()).Line, f.Fset.Position(n.End()).Line
	}
	if first, last := line(s); first == last {
		return nil
	}
	var fields []*ast.Field
	grouped, end := false, 0 // whether a comment heads the run of fields; its last line so far
	for _, field := range s.Fields.List {
		first, last := line(field)
		grouped = field.Doc != nil || grouped && first == end+1
		end = last
		if !grouped && field.Comment == nil && len(field.Names) > 0 {
			fields = append(fields, field)
		}
	}
	return fields
}
