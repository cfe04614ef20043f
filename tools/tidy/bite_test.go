package tidy

import (
	"go/token"
	"reflect"
	"strings"
	"testing"
)

// Each rule is shown source that breaks it and must say so at the right line, and
// source that comes close without breaking it, which must pass.

type bite struct {
	name   string
	source string
	line   int    // of the first problem
	want   string // part of its text; "" for no problem
}

func TestCheckPureBites(t *testing.T) {
	for _, b := range []bite{
		{"goroutine", "func f() {\n go f() }", 3, "go statement"},
		{"channel", "type t struct {\n c chan int }", 3, "channel type"},
		{"receive", "import \"context\"\nfunc f(c context.Context) {\n <-c.Done() }", 4, "channel receive"},
		{"range over a channel", "import \"context\"\nfunc f(c context.Context) {\n for range c.Done() {} }", 4, "range over a channel"},
		{"select", "func f() {\n select {} }", 3, "select statement"},
		{"init", "\nfunc init() {}", 3, "init function"},
		{"method called init", "type t int; func (t) init() {}", 0, ""},
		{"clock", "import \"time\"\nfunc f() {\n _ = time.Now() }", 4, "time.Now"},
		{"clock under another name", "import clock \"time\"\nvar _ = clock.Since", 3, "time.Since"},
		{"timer", "import \"time\"\nfunc f() {\n time.Sleep(1) }", 4, "time.Sleep"},
		{"durations", "import \"time\"\nconst d = 3*time.Second\nfunc f() string { return d.String() }", 0, ""},
		{"global randomness", "import \"math/rand/v2\"\nfunc f() int {\n return rand.IntN(6) }", 4, "math/rand/v2.IntN"},
		{"a generator of one's own", "import \"math/rand/v2\"\nfunc f(p *rand.PCG) uint64 { return p.Uint64() }", 0, ""},
		{"walk over a map", "import \"maps\"\nfunc f(m map[int]int) {\n _ = maps.Keys(m) }", 4, "maps.Keys"},
		{"output", "import \"fmt\"\nfunc f() {\n fmt.Println() }", 4, "fmt.Println"},
		{"builtin output", "func f() {\n println() }", 3, "println"},
		{"variable", "var x int", 2, "package-level variable x"},
		{"exported table", "var X [3]int", 2, "package-level variable X"},
		{"slice", "var x = []int{1}", 2, "package-level variable x"},
		{"exported map", "var X = map[int]int{}", 2, "package-level variable X"},
		{"map", "var x = map[int]int{1: 2}\nfunc f() int { return x[1] }", 0, ""},
		{"map written", "var x = map[int]int{}\nfunc f() {\n x[1] = 2 }", 4, "variable x is assigned"},
		{"map deleted from", "var x = map[int]int{}\nfunc f() {\n delete(x, 1) }", 4, "map x is passed on"},
		{"plain struct", "var X = struct{ a, b string }{}", 0, ""},
		{"plain struct written", "var X = struct{ a, b string }{}\nfunc f() {\n X.a = \"\" }", 4, "variable X is assigned"},
		{"struct that changes itself", "import \"math/rand/v2\"\nvar x rand.PCG", 3, "package-level variable x"},
		{"struct with a pointer", "var x = struct{ a *int }{}", 2, "package-level variable x"},
		{"table", "var x = [...]string{1: \"one\"}\nfunc f() string { return x[1] }", 0, ""},
		{"table written", "var x [3]int\nfunc f() {\n x[1] = 2 }", 4, "variable x is assigned"},
		{"field of a table written", "var x [3]struct{ a int }\nfunc f() {\n (x[1].a)++ }", 4, "variable x is assigned"},
		{"table written by range", "var x [3]int\nfunc f() {\n for x[0] = range 3 {} }", 4, "variable x is assigned"},
		{"address of a row", "var x [3]int\nfunc f() *int {\n return &x[1] }", 4, "variable x is assigned"},
		{"local of the same name", "var x [3]int\nfunc f() { x := 1; x++ }", 0, ""},
		{"error value", "import \"errors\"\nvar ErrX = errors.New(\"x\")", 0, ""},
		{"error value replaced", "import \"errors\"\nvar ErrX = errors.New(\"x\")\nfunc f() {\n ErrX = nil }", 5, "variable ErrX is assigned"},
		{"interface check", "type t struct{}\nvar _ interface{} = t{}", 0, ""},
		{"float", "func f(\n a float64) {}", 3, "floating point"},
		{"whole constant", "const n int = 1e9", 0, ""},
		{"range over a map", "func f(m map[int]int) {\n for range m {} }", 3, "range over a map"},
		{"range over a named map", "type t map[int]int\nfunc f(m t) {\n for range m {} }", 4, "range over a map"},
		{"range over a slice", "func f(m []int) { for range m {} }", 0, ""},
		{"linkname", "import _ \"unsafe\"\n//go:linkname f runtime.f\nfunc f()", 3, "go:linkname"},
	} {
		t.Run(b.name, func(t *testing.T) {
			fset := token.NewFileSet()
			f := parse(t, fset, "core/bad.go", b.source)
			p, err := mustBuilds(t).Check(fset, "core", []*File{f})
			if err != nil {
				t.Fatal(err)
			}
			b.check(t, CheckPure(p))
		})
	}
}

func TestCheckPureImportsBites(t *testing.T) {
	allowed := []string{"fmt"}
	for _, b := range []bite{
		{"allowed", `import "fmt"`, 0, ""},
		{"not allowed", `import "os"`, 2, "pure package core imports os"},
		{"renamed", `import fmt "log"`, 2, "imports log"},
		{"for its effects", `import _ "net/http/pprof"`, 2, "imports net/http/pprof"},
		{"cgo", `import "C"`, 2, "imports C"},
		{"dot", `import . "fmt"`, 2, "dot import"},
	} {
		t.Run(b.name, func(t *testing.T) {
			b.check(t, CheckPureImports(parse(t, token.NewFileSet(), "core/bad.go", b.source), allowed))
		})
	}
}

func TestCheckDirectionBites(t *testing.T) {
	for _, b := range []struct {
		file, dir, want string
	}{
		{"core/x.go", "zmqio", "core must not import zmqio"},
		{"core/x.go", "internal/codec", "core must not import internal/codec"},
		{"core/x_test.go", "sim", "core must not import sim"},
		{"core/x_test.go", "core", ""},
		{"sim/x.go", "core", ""},
		{"sim/x.go", "zmtp", "sim must not import zmtp"},
		{"sim/stream/x.go", "zmtp", ""},
		{"sim/stream/x.go", "core", "sim/stream must not import core"},
		{"sim/x.go", "zmqio", "sim must not import zmqio"},
		{"zmtp/x.go", "zmqio", "zmtp must not import zmqio"},
		{"zmqio/x.go", "zmqio/libzmq", "zmqio must not import zmqio/libzmq"},
		{"zmqio/libzmq/x.go", "zmqio", ""},
		{"zmqio/libzmq/x.go", "", "zmqio/libzmq must not import ."},
		{"x.go", "zmqio/zmtpnet", ""},
		{"x.go", "zmqio/libzmq", ". must not import zmqio/libzmq"},
		{"x_test.go", "zmqio/libzmq", ""},
		{"x.go", "sim", ". must not import sim"},
		{"properties_test.go", "sim", ""},
		{"examples/demo/x.go", "core", "examples/demo must not import core"},
		{"internal/acceptance/x.go", "", ""},
		{"internal/gobcodec/x.go", "", "internal/gobcodec must not import ."},
		{"new/x.go", "core", "package new has no row"},
	} {
		t.Run(b.file+" imports "+b.dir, func(t *testing.T) {
			path := strings.TrimSuffix(Module+"/"+b.dir, "/")
			f := parse(t, token.NewFileSet(), b.file, "import \""+path+"\"")
			line := 2
			if strings.Contains(b.want, "no row") {
				line = 1
			}
			bite{line: line, want: b.want}.check(t, CheckDirection(f))
		})
	}
}

func TestCheckImportableBites(t *testing.T) {
	for _, b := range []bite{
		{"init", "func init() {}", 2, "init function"},
		{"flags", `import "flag"`, 2, "imports flag"},
		{"testing", `import "testing"`, 2, "imports testing"},
		{"neither", `import "fmt"`, 0, ""},
	} {
		t.Run(b.name, func(t *testing.T) {
			b.check(t, CheckImportable(parse(t, token.NewFileSet(), "zmqio/bad.go", b.source)))
		})
	}
}

// A helper of tests may import testing, but register nothing itself.
func TestCheckImportableOfHelpersBites(t *testing.T) {
	for _, b := range []bite{
		{"testing", `import "testing"`, 0, ""},
		{"flags", `import "flag"`, 2, "imports flag"},
		{"init", "func init() {}", 2, "init function"},
	} {
		t.Run(b.name, func(t *testing.T) {
			b.check(t, CheckImportable(parse(t, token.NewFileSet(), "zmqio/transporttest/bad.go", b.source)))
		})
	}
}

func TestRegistrarsBites(t *testing.T) {
	b := &Builds{packages: map[string]listed{Module + "/zmqio": {Deps: []string{"fmt", "flag"}}}}
	if got := b.Registrars("zmqio"); len(got) != 1 || got[0] != "flag" {
		t.Errorf("Registrars = %q, want [flag]: it came along indirectly", got)
	}
	b = &Builds{packages: map[string]listed{Module + "/xtest": {Deps: []string{"testing", "flag", "expvar"}}}}
	if got := b.Registrars("xtest"); len(got) != 1 || got[0] != "expvar" {
		t.Errorf("Registrars = %q, want [expvar]: the others come along with testing", got)
	}
}

func TestCheckSizeBites(t *testing.T) {
	longFunction := "\ntype t[P any] struct{}\nfunc (*t[P]) m() {" + strings.Repeat("\n", functionLinesMax) + "}"
	longFile := strings.Repeat("\n", fileLinesMax)
	for _, b := range []bite{
		{"function", longFunction, 4, "function t.m has 71 lines"},
		{"file", longFile, 1, "the file has 401 lines"},
		{"short", "func f() {}", 0, ""},
	} {
		t.Run(b.name, func(t *testing.T) {
			f := parse(t, token.NewFileSet(), "core/bad.go", b.source)
			b.check(t, CheckSize(f, nil, map[string]bool{}))
		})
	}
	t.Run("exceptions", func(t *testing.T) {
		f := parse(t, token.NewFileSet(), "core/bad.go", longFunction)
		allowed := map[string]string{"core/bad.go:t.m": "a reason", "core/gone.go": "a reason"}
		used := map[string]bool{}
		bite{}.check(t, CheckSize(f, allowed, used))
		unused := CheckUnused(allowed, used)
		if len(unused) != 1 || !strings.HasPrefix(unused[0], "core/gone.go: ") {
			t.Errorf("CheckUnused = %q, want just core/gone.go", unused)
		}
	})
}

func TestCheckDocumentsBite(t *testing.T) {
	exists := func(name string) bool { return name == "docs/A.md" }
	makefile := "help: ## list\n\ntest: deps\n"
	for _, b := range []bite{
		{"link", "[a](A.md#top) [b](https://example.org/x)", 0, ""},
		{"dead link", "one\n[b](B.md)", 2, "link to B.md"},
		{"type arguments", "one\n`f[T](\"x\")`", 0, ""},
		{"target", "`make test`\n    make test", 0, ""},
		{"no such target", "\nrun `make tset`", 2, "make tset"},
		{"no such target in a block", "\n\n    make tset", 3, "make tset"},
		{"prose", "to make sense", 0, ""},
	} {
		t.Run(b.name, func(t *testing.T) {
			d := Document{Name: "docs/x.md", Text: b.source}
			b.check(t, append(CheckLinks(d, exists), CheckTargets(d, makefile)...))
		})
	}
}

func TestBlocksFindsEveryBlock(t *testing.T) {
	d := Document{Text: "a\n```go\npackage x\n```\nb\n```\ntext\n```\n"}
	blocks := d.Blocks()
	want := []Block{{"go", "package x\n", 3}, {"", "text\n", 7}}
	if len(blocks) != 2 || blocks[0] != want[0] || blocks[1] != want[1] {
		t.Errorf("Blocks = %+v, want %+v", blocks, want)
	}
}

func TestTheModuleOfASnippet(t *testing.T) {
	isModule := func(dir string) bool { return dir == "nested" || dir == "cmd/nested" }
	for source, want := range map[string]string{
		`import "fmt"`:                                       ".",
		`import "` + Module + `"`:                            ".",
		`import "` + Module + `/core"`:                       ".",
		`import ("` + Module + `"; "` + Module + `/nested")`: "nested",
		`import "` + Module + `/cmd/nested/deep"`:            "cmd/nested",
	} {
		if got := moduleOf(source, isModule); got != want {
			t.Errorf("%s is of the module in %s, want %s", source, got, want)
		}
	}
}

func TestBrokenSnippetsAreNoticed(t *testing.T) {
	if out, err := vet(t, map[string]string{"x.go": "package main\n\nfunc main() { undefined() }\n"}); err == nil {
		t.Errorf("a call of an undefined function passed: %s", out)
	}
	if out, err := vet(t, map[string]string{"x.go": "package main\n\nfunc main() {}\n"}); err != nil {
		t.Errorf("an empty program failed: %v\n%s", err, out)
	}
	two := map[string]string{"x.go": "package x\n\nfunc f() {}\n", "x_test.go": "package x\n\nvar _ = f\n"}
	if out, err := vet(t, two); err != nil {
		t.Errorf("two files of a package failed: %v\n%s", err, out)
	}
	two["x_test.go"] = "package x\n\nvar _ = g\n"
	if out, err := vet(t, two); err == nil {
		t.Errorf("an undefined variable in a test passed: %s", out)
	}
}

func TestABlockIsCompiledWithTheNamedOnesAboveIt(t *testing.T) {
	const x, y = "// x.go\npackage x\n", "// y.go\npackage x\n"
	blocks, files := Document{Text: "```go\n" + x + "```\n```go\npackage alone\n```\n```go\n" + y + "```\n"}.Programs()
	want := []map[string]string{{"x.go": x}, {"snippet.go": "package alone\n"}, {"x.go": x, "y.go": y}}
	if len(blocks) != 3 || !reflect.DeepEqual(files, want) {
		t.Errorf("%d blocks with %q, want %q", len(blocks), files, want)
	}
}

func parse(t *testing.T, fset *token.FileSet, name, source string) *File {
	t.Helper()
	f, err := ParseFile(fset, name, []byte("package bad\n"+source))
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func (b bite) check(t *testing.T, problems []Problem) {
	t.Helper()
	if b.want == "" {
		for _, p := range problems {
			t.Errorf("false alarm: %s", p)
		}
		return
	}
	if len(problems) == 0 {
		t.Fatalf("nothing reported, want %q at line %d", b.want, b.line)
	}
	if p := problems[0]; p.Pos.Line != b.line || !strings.Contains(p.Text, b.want) {
		t.Errorf("reported %q, want %q at line %d", p, b.want, b.line)
	}
}
