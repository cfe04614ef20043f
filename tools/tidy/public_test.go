package tidy

import (
	"go/ast"
	"go/importer"
	"go/parser"
	"go/token"
	"go/types"
	"strings"
	"testing"
)

func TestTheRootOwnsItsPublicTypes(t *testing.T) {
	p, err := mustBuilds(t).Package(mustTree(t), ".")
	if err != nil {
		t.Fatal(err)
	}
	used := map[string]bool{}
	for _, problem := range CheckPublic(p.Types, foreign, used) {
		t.Error(problem)
	}
	for name := range foreign {
		if !used[name] {
			t.Errorf("%s needs no exception", name)
		}
	}
}

func TestCheckPublicBites(t *testing.T) {
	below := types.NewPackage(Module+"/core", "core")
	thing := types.NewNamed(types.NewTypeName(token.NoPos, below, "Thing", nil), types.NewStruct(nil, nil), nil)
	below.Scope().Insert(thing.Obj())
	below.MarkComplete()
	for source, want := range map[string]string{
		"type T struct{ F core.Thing }":                         "T shows",
		"type T struct{ f core.Thing }":                         "",
		"func F() []*core.Thing { return nil }":                 "F shows",
		"func f(core.Thing) {}":                                 "",
		"type T = core.Thing":                                   "T shows",
		"type Allowed = core.Thing; type T struct{ A Allowed }": "",
		"type T struct{}; func (T) M(map[string]core.Thing) {}": "T.M shows",
		"type T interface{ M(chan core.Thing) }":                "T shows",
		"var V core.Thing":                                      "V shows",
		"type T struct{ core.Thing }":                           "T shows",
	} {
		fset := token.NewFileSet()
		file, err := parser.ParseFile(fset, "x.go", "package root; import \""+Module+"/core\"; "+source+"; var _ core.Thing", 0)
		if err != nil {
			t.Fatal(err)
		}
		config := types.Config{Importer: fixed{below}}
		root, err := config.Check(Module, fset, []*ast.File{file}, nil)
		if err != nil {
			t.Fatalf("%s: %v", source, err)
		}
		got := strings.Join(CheckPublic(root, map[string]string{"Allowed": "x"}, map[string]bool{}), "; ")
		if want == "" && got != "" || !strings.HasPrefix(got, want) {
			t.Errorf("%s: %q, want %q", source, got, want)
		}
	}
}

// fixed imports one package, and those of the standard library.
type fixed struct{ pkg *types.Package }

func (f fixed) Import(path string) (*types.Package, error) {
	if path == f.pkg.Path() {
		return f.pkg, nil
	}
	return importer.Default().Import(path)
}
