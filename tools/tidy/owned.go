package tidy

import (
	"go/ast"
	"go/token"
	"go/types"
	"path"
)

// Owned is a field of a struct that the functions of one file write, and no
// others. A new variable may hold a copy of the struct.
type Owned struct {
	Dir, Type, Field string
	File             string // base name
}

// owned lists the fields with one writer.
var owned = []Owned{
	{"core", "diallingHalf", "state", "state.go"},
	{"core", "listeningHalf", "state", "state.go"},
}

// CheckOwned reports what writes the field in p outside of its file, or could:
// an assignment to the field, or to a whole value that contains it, its address,
// and a literal that sets it. A field that p does not have is a problem as well.
func CheckOwned(p *Package, o Owned) []Problem {
	c := &ownedChecker{info: p.Info, owned: o}
	for _, f := range p.Files {
		ast.Inspect(f.AST, func(n ast.Node) bool {
			if spec, ok := n.(*ast.TypeSpec); ok && spec.Name.Name == o.Type {
				c.find(spec)
			}
			return true
		})
	}
	if c.field == nil {
		return []Problem{{token.Position{Filename: p.Dir}, "no field " + o.Type + "." + o.Field + ": adjust the table of tools/tidy/owned.go"}}
	}
	for _, f := range p.Files {
		if path.Base(f.Name) != o.File {
			c.file = f
			ast.Inspect(f.AST, c.node)
		}
	}
	return c.problems
}

type ownedChecker struct {
	info     *types.Info
	owned    Owned
	named    types.Type // the struct's
	field    *types.Var
	index    int // of the field
	file     *File
	problems []Problem
}

// find looks the field up in the declaration of its struct.
func (c *ownedChecker) find(spec *ast.TypeSpec) {
	object := c.info.Defs[spec.Name]
	if object == nil {
		return
	}
	s, ok := object.Type().Underlying().(*types.Struct)
	if !ok {
		return
	}
	for i := range s.NumFields() {
		if s.Field(i).Name() == c.owned.Field {
			c.named, c.field, c.index = object.Type(), s.Field(i), i
		}
	}
}

func (c *ownedChecker) node(n ast.Node) bool {
	switch n := n.(type) {
	case *ast.AssignStmt:
		for _, left := range n.Lhs {
			if name, ok := left.(*ast.Ident); ok && n.Tok == token.DEFINE && c.info.Defs[name] != nil {
				continue // a new variable
			}
			c.written(left)
		}
	case *ast.IncDecStmt:
		c.written(n.X)
	case *ast.RangeStmt:
		if n.Tok == token.ASSIGN {
			c.written(n.Key)
			c.written(n.Value)
		}
	case *ast.UnaryExpr:
		if n.Op == token.AND && c.isField(n.X) {
			c.report(n, "takes the address of %s.%s", c.owned.Type, c.owned.Field)
		}
	case *ast.CompositeLit:
		c.literal(n)
	}
	return true
}

// written checks the target of an assignment.
func (c *ownedChecker) written(target ast.Expr) {
	if target == nil {
		return
	}
	if c.isField(target) {
		c.report(target, "writes %s.%s", c.owned.Type, c.owned.Field)
	} else if t := c.info.TypeOf(target); t != nil && c.contains(t) {
		short := types.TypeString(t, func(*types.Package) string { return "" })
		c.report(target, "writes a whole %s, and so %s.%s", short, c.owned.Type, c.owned.Field)
	}
}

// literal checks a literal of the struct itself.
func (c *ownedChecker) literal(n *ast.CompositeLit) {
	if t := c.info.TypeOf(n); t == nil || !types.Identical(t, c.named) {
		return
	}
	for i, element := range n.Elts {
		pair, keyed := element.(*ast.KeyValueExpr)
		if !keyed && i == c.index {
			c.report(element, "sets %s.%s", c.owned.Type, c.owned.Field)
		}
		if keyed {
			if name, ok := pair.Key.(*ast.Ident); ok && name.Name == c.owned.Field {
				c.report(element, "sets %s.%s", c.owned.Type, c.owned.Field)
			}
		}
	}
}

// isField says whether x selects the field.
func (c *ownedChecker) isField(x ast.Expr) bool {
	selector, ok := ast.Unparen(x).(*ast.SelectorExpr)
	return ok && c.info.Uses[selector.Sel] == types.Object(c.field)
}

// contains says whether a value of type t has the struct inside.
func (c *ownedChecker) contains(t types.Type) bool {
	if types.Identical(t, c.named) {
		return true
	}
	switch u := t.Underlying().(type) {
	case *types.Struct:
		for i := range u.NumFields() {
			if c.contains(u.Field(i).Type()) {
				return true
			}
		}
	case *types.Array:
		return c.contains(u.Elem())
	}
	return false
}

func (c *ownedChecker) report(at ast.Node, format string, args ...any) {
	c.problems = append(c.problems, c.file.problem(at.Pos(), "only %s may do this: it "+format, append([]any{c.owned.File}, args...)...))
}
