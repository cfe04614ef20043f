package tidy

import (
	"fmt"
	"go/types"
	"strings"
)

// foreign lists the exported names of the root package that may be those of a
// package below it, each with the reason.
var foreign = map[string]string{
	"Transport": "a program that brings a transport of its own implements it with the words of package zmqio",
}

// CheckPublic reports the exported names of the root package that show a type of
// another package of this module: a program that imports the root should not need
// the packages below it, and they should be free to change.
func CheckPublic(root *types.Package, allowed map[string]string, used map[string]bool) []string {
	c := publicChecker{root: root, allowed: allowed, used: used, seen: map[types.Type]bool{}}
	for _, name := range root.Scope().Names() {
		object := root.Scope().Lookup(name)
		if !object.Exported() {
			continue
		}
		c.name = name
		if alias, ok := object.Type().(*types.Alias); ok && alias.Obj() == object {
			c.check(alias.Rhs())
			continue
		}
		c.check(object.Type())
	}
	return c.problems
}

type publicChecker struct {
	root     *types.Package
	allowed  map[string]string
	used     map[string]bool
	seen     map[types.Type]bool
	name     string // of the exported object, for reports
	problems []string
}

func (c *publicChecker) check(t types.Type) {
	switch t := t.(type) {
	case *types.Alias:
		// One of the root's own is checked where it is declared.
		if t.Obj().Pkg() != c.root {
			c.check(t.Rhs())
		}
	case *types.Named:
		c.named(t)
	case *types.Pointer:
		c.check(t.Elem())
	case *types.Slice:
		c.check(t.Elem())
	case *types.Array:
		c.check(t.Elem())
	case *types.Map:
		c.check(t.Key())
		c.check(t.Elem())
	case *types.Chan:
		c.check(t.Elem())
	case *types.Signature:
		c.tuple(t.Params())
		c.tuple(t.Results())
	case *types.Struct:
		for field := range t.Fields() {
			if field.Exported() || field.Embedded() {
				c.check(field.Type())
			}
		}
	case *types.Interface:
		for method := range t.ExplicitMethods() {
			c.check(method.Type())
		}
	}
}

func (c *publicChecker) tuple(t *types.Tuple) {
	for v := range t.Variables() {
		c.check(v.Type())
	}
}

// named reports a type of another package of the module, and looks into one of
// the root.
func (c *publicChecker) named(t *types.Named) {
	pkg := t.Obj().Pkg()
	switch {
	case pkg == nil: // error
	case pkg != c.root && strings.HasPrefix(pkg.Path(), Module+"/"):
		if c.allowed[c.name] != "" {
			c.used[c.name] = true
			return
		}
		c.problems = append(c.problems, fmt.Sprintf("%s shows %s.%s: the root owns its public types", c.name, pkg.Path(), t.Obj().Name()))
	case pkg == c.root && t.Obj().Exported() && !c.seen[t]:
		c.seen[t] = true
		was := c.name
		c.name = t.Obj().Name()
		c.check(t.Underlying())
		for method := range t.Methods() {
			if method.Exported() {
				c.name = t.Obj().Name() + "." + method.Name()
				c.check(method.Type())
			}
		}
		c.name = was
	}
}
