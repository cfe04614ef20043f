package main

import (
	"fmt"
	"go/ast"
	"go/build"
	"go/importer"
	"go/parser"
	"go/token"
	"go/types"
	"os"
	"path/filepath"
	"sort"
	"strings"
)

// Mutant is one small mistake.
type Mutant struct {
	ID       int // from 1; the value of MUTANT that makes it active
	File     string
	Line     int
	Function string
	Operator string
	Source   string // what is changed, on one line
	hash     string // of the file
	nth      int    // from 1, of those that are otherwise alike in their function
}

// Key names the mutant in a way that outlives changes of other functions.
func (m *Mutant) Key() string {
	key := fmt.Sprintf("%s %s: %s: %s", m.File, m.Function, m.Operator, m.Source)
	if m.nth > 1 {
		key += fmt.Sprintf(" #%d", m.nth)
	}
	return key
}

func (m *Mutant) String() string { return fmt.Sprintf("%s:%d %s", m.File, m.Line, m.Key()) }

// Package is a package with all its mutants woven in.
type Package struct {
	Dir     string
	Mutants []*Mutant
	Files   map[string][]byte // by base name, one of them new
}

// Mutate weaves every mutant of the package in dir into its source. The files of
// dir are only read.
func Mutate(dir string) (*Package, error) {
	bp, err := build.ImportDir(dir, 0)
	if err != nil {
		return nil, err
	}
	fset := token.NewFileSet()
	var files []*ast.File
	sources := map[string][]byte{}
	for _, name := range bp.GoFiles {
		source, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			return nil, err
		}
		f, err := parser.ParseFile(fset, name, source, parser.SkipObjectResolution)
		if err != nil {
			return nil, err
		}
		files = append(files, f)
		sources[name] = source
	}
	info := &types.Info{Types: map[ast.Expr]types.TypeAndValue{}, Defs: map[*ast.Ident]types.Object{}}
	conf := types.Config{Importer: importer.ForCompiler(fset, "source", nil)}
	tpkg, err := conf.Check(bp.Name, fset, files, info)
	if err != nil {
		return nil, err
	}
	pkg := &Package{Dir: dir, Files: map[string][]byte{}}
	aliases := &aliases{pkg: tpkg, imports: map[string]bool{}}
	alike := map[string]int{}
	for i, f := range files {
		name := bp.GoFiles[i]
		hash := hashOf(sources[name])
		w := &weaver{
			fset: fset, info: info, aliases: aliases, source: sources[name],
		}
		w.add = func(m *Mutant) {
			m.File, m.hash, m.ID = name, hash, len(pkg.Mutants)+1
			pkg.Mutants = append(pkg.Mutants, m)
			key := m.Key()
			alike[key]++
			m.nth = alike[key]
		}
		pkg.Files[name] = w.weave(f)
	}
	pkg.Files["mutants.go"] = []byte(aliases.supportFile())
	return pkg, nil
}

// aliases gives names to types, so that every file can name every type.
type aliases struct {
	pkg     *types.Package
	imports map[string]bool
	known   []types.Type
}

// name returns an identifier for t, or "" for one that has none outside its function.
func (a *aliases) name(t types.Type) string {
	for i, k := range a.known {
		if types.Identical(k, t) {
			return fmt.Sprintf("mutantType%d", i)
		}
	}
	if named, ok := t.(*types.Named); ok {
		if p := named.Obj().Pkg(); p != nil && named.Obj().Parent() != p.Scope() {
			return ""
		}
	}
	if _, ok := t.(*types.TypeParam); ok {
		return ""
	}
	a.known = append(a.known, t)
	return fmt.Sprintf("mutantType%d", len(a.known)-1)
}

// supportFile returns the file that makes the woven ones compile.
func (a *aliases) supportFile() string {
	var decls strings.Builder
	for i, t := range a.known {
		fmt.Fprintf(&decls, "type mutantType%d = %s\n", i, types.TypeString(t, func(p *types.Package) string {
			if p == a.pkg {
				return ""
			}
			a.imports[p.Path()] = true
			return p.Name()
		}))
	}
	for _, path := range []string{"os", "strconv", "cmp"} {
		a.imports[path] = true
	}
	var paths []string
	for path := range a.imports {
		paths = append(paths, path)
	}
	sort.Strings(paths)
	var file strings.Builder
	fmt.Fprintf(&file, "package %s\n\n", a.pkg.Name())
	for _, path := range paths {
		fmt.Fprintf(&file, "import %q\n", path)
	}
	return file.String() + "\n" + decls.String() + support
}

// support is what the woven expressions call. Operands have been evaluated by
// then, as they are by the operators.
const support = `
var mutant, _ = strconv.Atoi(os.Getenv("MUTANT"))

func mutantOn(n int) bool { return mutant == n }

type mutantInts interface {
	~int | ~int8 | ~int16 | ~int32 | ~int64 | ~uint | ~uint8 | ~uint16 | ~uint32 | ~uint64 | ~uintptr
}

func mutantConst[T mutantInts](n int, v T) T {
	if mutantOn(n) {
		return v + 1
	}
	return v
}

func mutantDuration[T ~int64](n int, v T) T {
	if mutantOn(n) {
		if v == 0 {
			return 1e9
		}
		return v * 2
	}
	return v
}

func mutantLess[T cmp.Ordered](n int, a, b T) bool { return a < b || mutantOn(n) && a == b }
func mutantLessEqual[T cmp.Ordered](n int, a, b T) bool { return a < b || !mutantOn(n) && a == b }
func mutantMore[T cmp.Ordered](n int, a, b T) bool { return a > b || mutantOn(n) && a == b }
func mutantMoreEqual[T cmp.Ordered](n int, a, b T) bool { return a > b || !mutantOn(n) && a == b }

func mutantMin[T cmp.Ordered](n int, a, b T) T {
	if mutantOn(n) {
		return max(a, b)
	}
	return min(a, b)
}

func mutantMax[T cmp.Ordered](n int, a, b T) T {
	if mutantOn(n) {
		return min(a, b)
	}
	return max(a, b)
}

func mutantAdd[T mutantInts](n int, a, b T) T {
	if mutantOn(n) {
		return a - b
	}
	return a + b
}

func mutantSub[T mutantInts](n int, a, b T) T {
	if mutantOn(n) {
		return a + b
	}
	return a - b
}

func mutantMul[T mutantInts](n int, a, b T) T {
	if mutantOn(n) {
		return a / b
	}
	return a * b
}

func mutantQuo[T mutantInts](n int, a, b T) T {
	if mutantOn(n) {
		return a * b
	}
	return a / b
}

func mutantRem[T mutantInts](n int, a, b T) T {
	if mutantOn(n) {
		return a * b
	}
	return a % b
}

func mutantAnd[T mutantInts](n int, a, b T) T {
	if mutantOn(n) {
		return a | b
	}
	return a & b
}

func mutantOr[T mutantInts](n int, a, b T) T {
	if mutantOn(n) {
		return a & b
	}
	return a | b
}

func mutantXor[T mutantInts](n int, a, b T) T {
	if mutantOn(n) {
		return a & b
	}
	return a ^ b
}

func mutantShl[T, U mutantInts](n int, a T, b U) T {
	if mutantOn(n) {
		return a >> b
	}
	return a << b
}

func mutantShr[T, U mutantInts](n int, a T, b U) T {
	if mutantOn(n) {
		return a << b
	}
	return a >> b
}
`
