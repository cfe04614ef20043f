package shape

import (
	"fmt"
	"go/token"
	"unicode/utf8"
)

// The bounds on what a peer's description may be. They are far from what programs need.
const (
	typesMax        = 1 << 12
	methodsMax      = 1 << 14
	fieldsMax       = 1 << 14 // of all structs
	fieldBytesMax   = 255     // of one name
	indirectionsMax = 8       // pointers to pointers
)

// Check says what is wrong with a description that came from a peer. One that passes can be
// used, but may describe types that Build refuses.
func (l *Listing) Check() error {
	switch {
	case l.Version < 1:
		return fmt.Errorf("it has no version")
	case len(l.Types) > typesMax:
		return fmt.Errorf("it has %d types: more than %d", len(l.Types), typesMax)
	case len(l.Methods) > methodsMax:
		return fmt.Errorf("it has %d methods: more than %d", len(l.Methods), methodsMax)
	}
	for _, m := range l.Methods {
		if m.Name == "" || !utf8.ValidString(m.Name) || !l.has(m.Args) || !l.has(m.Reply) {
			return fmt.Errorf("the method %.100q has a type that is not described, or no name", m.Name)
		}
	}
	fields := 0
	for i := range l.Types {
		if err := l.checkType(&l.Types[i]); err != nil {
			return fmt.Errorf("type %d (%.100q): %w", i, l.Types[i].Name, err)
		}
		if fields += len(l.Types[i].Fields); fields > fieldsMax {
			return fmt.Errorf("its structs have more than %d fields", fieldsMax)
		}
	}
	return nil
}

func (l *Listing) has(index int) bool { return index >= 0 && index < len(l.Types) }

func (l *Listing) checkType(t *Type) error {
	switch {
	case !l.has(t.Elem) || !l.has(t.Key):
		return fmt.Errorf("it is made of a type that is not described")
	case t.Len < 0:
		return fmt.Errorf("its length is %d", t.Len)
	}
	seen := make(map[string]bool, len(t.Fields))
	for _, f := range t.Fields {
		switch {
		case len(f.Name) > fieldBytesMax || !token.IsIdentifier(f.Name) || !token.IsExported(f.Name):
			return fmt.Errorf("%.100q is not the name of an exported field", f.Name)
		case seen[f.Name]:
			return fmt.Errorf("it has two fields %s", f.Name)
		case !l.has(f.Type):
			return fmt.Errorf("the type of %s is not described", f.Name)
		}
		seen[f.Name] = true
	}
	return nil
}

// Deref returns the index of what the type at index is, behind its pointers, or -1 if there
// is no end to them.
func (l *Listing) Deref(index int) int {
	for range indirectionsMax {
		if l.Types[index].Kind != Pointer {
			return index
		}
		index = l.Types[index].Elem
	}
	return -1
}
