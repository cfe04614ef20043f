package tidy

import (
	"go/ast"
	"go/token"
	"go/types"
	"slices"
	"strings"
)

// CheckPure reports what a pure package must not do: goroutines, channels,
// clocks, global state, init functions, floating point, and iteration over maps,
// whose order differs from run to run.
func CheckPure(p *Package) []Problem {
	c := &pureChecker{Package: p, tables: map[types.Object]bool{}, indexed: map[*ast.Ident]bool{}}
	for _, f := range p.Files {
		c.file = f
		c.globals()
	}
	for _, f := range p.Files {
		c.file = f
		c.problems = append(c.problems, initFunctions(f)...)
		c.directives()
		ast.Inspect(f.AST, c.node)
	}
	return c.problems
}

type pureChecker struct {
	*Package
	file     *File
	tables   map[types.Object]bool // package-level variables that nothing may change
	indexed  map[*ast.Ident]bool   // uses of a variable that look one element up
	problems []Problem
}

func (c *pureChecker) report(at ast.Node, format string, args ...any) {
	c.problems = append(c.problems, c.file.problem(at.Pos(), format, args...))
}

func initFunctions(f *File) []Problem {
	var problems []Problem
	for _, decl := range f.AST.Decls {
		if fn, ok := decl.(*ast.FuncDecl); ok && fn.Recv == nil && fn.Name.Name == "init" {
			problems = append(problems, f.problem(fn.Pos(), "init function in package %s", f.Dir))
		}
	}
	return problems
}

// directives reports compiler directives that reach into other packages.
func (c *pureChecker) directives() {
	for _, group := range c.file.AST.Comments {
		for _, comment := range group.List {
			if strings.HasPrefix(comment.Text, "//go:linkname") {
				c.report(comment, "go:linkname in a pure package")
			}
		}
	}
}

// globals reports package-level variables, except what nobody changes: error
// values made by errors.New, plain structs, and unexported arrays and maps. These
// it notes, for assigned and ident to complain about when somebody does.
func (c *pureChecker) globals() {
	for _, decl := range c.file.AST.Decls {
		gen, ok := decl.(*ast.GenDecl)
		if !ok || gen.Tok != token.VAR {
			continue
		}
		for _, spec := range gen.Specs {
			spec := spec.(*ast.ValueSpec)
			for i, name := range spec.Names {
				object := c.Info.Defs[name]
				switch {
				case name.Name == "_":
				case isTable(object), i < len(spec.Values) && c.isNewError(spec.Values[i]):
					c.tables[object] = true
				default:
					c.report(name, "package-level variable %s: use a constant, a plain struct, an unexported array or map, or errors.New", name.Name)
				}
			}
		}
	}
}

func isTable(v types.Object) bool {
	if hasPointerMethods(v.Type()) {
		return false // a call of one changes it without a trace
	}
	switch t := v.Type().Underlying().(type) {
	case *types.Array, *types.Map:
		return !v.Exported()
	case *types.Struct:
		for field := range t.Fields() {
			if _, plain := field.Type().Underlying().(*types.Basic); !plain {
				return false
			}
		}
		return true
	}
	return false
}

func hasPointerMethods(t types.Type) bool {
	return types.NewMethodSet(types.NewPointer(t)).Len() > types.NewMethodSet(t).Len()
}

func (c *pureChecker) isNewError(value ast.Expr) bool {
	call, ok := value.(*ast.CallExpr)
	if !ok {
		return false
	}
	selector, ok := call.Fun.(*ast.SelectorExpr)
	if !ok {
		return false
	}
	object := c.Info.Uses[selector.Sel]
	return object != nil && object.Pkg() != nil && object.Pkg().Path() == "errors" && object.Name() == "New"
}

// node looks at one node of the syntax tree, for ast.Inspect.
func (c *pureChecker) node(n ast.Node) bool {
	switch n := n.(type) {
	case *ast.GoStmt:
		c.report(n, "go statement")
	case *ast.ChanType:
		c.report(n, "channel type")
	case *ast.SendStmt:
		c.report(n, "channel send")
	case *ast.SelectStmt:
		c.report(n, "select statement")
	case *ast.UnaryExpr:
		c.unary(n)
	case *ast.RangeStmt:
		c.ranged(n)
	case *ast.AssignStmt:
		c.assigned(n.Lhs...)
	case *ast.IncDecStmt:
		c.assigned(n.X)
	case *ast.IndexExpr:
		if id, ok := n.X.(*ast.Ident); ok {
			c.indexed[id] = true
		}
	case *ast.Ident:
		c.ident(n)
	}
	if expr, ok := n.(ast.Expr); ok {
		c.float(expr)
	}
	return true
}

func (c *pureChecker) unary(n *ast.UnaryExpr) {
	switch n.Op {
	case token.ARROW:
		c.report(n, "channel receive")
	case token.AND:
		c.assigned(n.X) // a pointer to it may change it anywhere
	}
}

func (c *pureChecker) ranged(n *ast.RangeStmt) {
	switch c.Info.TypeOf(n.X).Underlying().(type) {
	case *types.Map:
		c.report(n, "range over a map: its order differs from run to run")
	case *types.Chan:
		c.report(n, "range over a channel")
	}
	if n.Tok == token.ASSIGN {
		c.assigned(n.Key, n.Value)
	}
}

// assigned reports an assignment to (or into) a package-level variable, or its
// address being taken.
func (c *pureChecker) assigned(targets ...ast.Expr) {
	for _, target := range targets {
		if id := rootIdent(target); id != nil && c.tables[c.Info.Uses[id]] {
			c.report(target, "package-level variable %s is assigned to, or its address taken", id.Name)
		}
	}
}

// rootIdent returns the variable that an assignment to e changes, as far as
// syntax tells.
func rootIdent(e ast.Expr) *ast.Ident {
	for {
		switch x := e.(type) {
		case *ast.Ident:
			return x
		case *ast.IndexExpr:
			e = x.X
		case *ast.SelectorExpr:
			e = x.X
		case *ast.ParenExpr:
			e = x.X
		case *ast.StarExpr:
			e = x.X
		default:
			return nil
		}
	}
}

// ident reports names of packages that are pure in part, the builtins that print,
// and maps that are used otherwise than by looking an element up.
func (c *pureChecker) ident(id *ast.Ident) {
	object := c.Info.Uses[id]
	if c.tables[object] && !c.indexed[id] {
		if _, ok := object.Type().Underlying().(*types.Map); ok {
			c.report(id, "package-level map %s is passed on; only look elements up in it", id.Name)
		}
	}
	if _, ok := object.(*types.Builtin); ok && (id.Name == "print" || id.Name == "println") {
		c.report(id, "%s writes to the standard error", id.Name)
	}
	if object == nil || object.Pkg() == nil || object.Parent() != object.Pkg().Scope() {
		return
	}
	allowed, partly := pureNames[object.Pkg().Path()]
	if partly && !slices.Contains(allowed, object.Name()) {
		c.report(id, "%s.%s in a pure package", object.Pkg().Path(), object.Name())
	}
}

// float reports expressions and declarations of a floating-point or complex
// type: their results may differ between machines.
func (c *pureChecker) float(e ast.Expr) {
	t := c.Info.TypeOf(e)
	if t == nil {
		return
	}
	if basic, ok := t.Underlying().(*types.Basic); ok && basic.Info()&(types.IsFloat|types.IsComplex) != 0 {
		c.report(e, "floating point (%s)", t)
	}
}
