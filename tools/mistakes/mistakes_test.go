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
	"slices"
	"strings"
	"testing"
)

const core = "../../" + corePackage

// TestMistakesApply keeps the mistakes alive: whoever changes the lines of one moves the
// mistake with them.
func TestMistakesApply(t *testing.T) {
	list, known, err := readLists(".")
	if err != nil {
		t.Fatal(err)
	}
	if len(list) != 40 {
		t.Errorf("%d mistakes, want 40: docs/MUTATION.md counts on them", len(list))
	}
	more, err := readMistakes(lists[1])
	if err != nil {
		t.Fatal(err)
	}
	fset := token.NewFileSet()
	healthy, order := parseCore(t, fset)
	imports := importer.ForCompiler(fset, "source", nil)
	for _, m := range slices.Concat(list, more) {
		if is := known[m.id]; is.file != m.file || is.old != m.old {
			t.Errorf("two mistakes have the name %s", m.id)
		}
		text, err := m.apply(core)
		if err != nil {
			t.Error(err)
			continue
		}
		if err := check(fset, imports, healthy, order, m.file, text); err != nil {
			t.Errorf("mistake %s does not compile: %v", m.id, err)
		}
	}
}

// parseCore parses the files of core; order lists their names.
func parseCore(t *testing.T, fset *token.FileSet) (files map[string]*ast.File, order []string) {
	pkg, err := build.ImportDir(core, 0)
	if err != nil {
		t.Fatal(err)
	}
	files = map[string]*ast.File{}
	for _, name := range pkg.GoFiles {
		if files[name], err = parser.ParseFile(fset, filepath.Join(core, name), nil, 0); err != nil {
			t.Fatal(err)
		}
	}
	return files, pkg.GoFiles
}

// check type-checks core with another text of one of its files.
func check(fset *token.FileSet, imports types.Importer, healthy map[string]*ast.File, order []string, name string, text []byte) error {
	changed, err := parser.ParseFile(fset, name, text, 0)
	if err != nil {
		return err
	}
	var files []*ast.File
	for _, other := range order {
		if other == name {
			files = append(files, changed)
		} else {
			files = append(files, healthy[other])
		}
	}
	conf := types.Config{Importer: imports}
	_, err = conf.Check(corePackage, fset, files, nil)
	return err
}

func TestReadMistakes(t *testing.T) {
	name := filepath.Join(t.TempDir(), "mistakes.txt")
	write := func(text string) {
		t.Helper()
		if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	write("// A comment.\n\na.go first\n\tIt hurts\n\tmuch.\n-\tx := 1\n-\ty := 2\n+\tx := 2\n\nb.go second\n\tIt hurts.\n-}\n")
	list, err := readMistakes(name)
	if err != nil {
		t.Fatal(err)
	}
	want := "[{a.go first It hurts much. \tx := 1\n\ty := 2\n \tx := 2\n} {b.go second It hurts. }\n }]"
	var got []mistake
	for _, m := range list {
		got = append(got, *m)
	}
	if fmt.Sprint(got) != want {
		t.Errorf("got %q, want %q", fmt.Sprint(got), want)
	}
	for _, text := range []string{"-no mistake\n", "a.go\n", "a.go two words\n", "a.go id\n-x\n", "a.go id\n\tHarm.\n"} {
		write(text)
		if _, err := readMistakes(name); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("%q: error %v, want one that names the file", text, err)
		}
	}
}

func TestApplyWantsTheLinesOnce(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "a.go"), []byte("one\n\ttwo\ntwo\nthree\n\ttwo\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	text, err := (&mistake{file: "a.go", id: "id", old: "two\nthree\n", new: "four\n"}).apply(dir)
	if want := "one\n\ttwo\nfour\n\ttwo\n"; err != nil || string(text) != want {
		t.Errorf("got %q and %v, want %q", text, err, want)
	}
	for _, old := range []string{"\ttwo\n", "five\n"} {
		if _, err := (&mistake{file: "a.go", id: "id", old: old}).apply(dir); err == nil || !strings.Contains(err.Error(), "mistake id") {
			t.Errorf("%q: error %v, want one that names the mistake", old, err)
		}
	}
}

func TestWhatAFailureNames(t *testing.T) {
	violation := `{"type":"progress","next":64}
{"index":12,"property":"P4","type":"violation"}
{"index":13,"property":"P5","type":"violation"}
{"compared":64,"differ":3,"marks_missed":["m"],"type":"summary"}
property P4 is violated
`
	for _, c := range []struct {
		found             func([]byte) string
		output, want      string
		compared, differs int
	}{
		{testFound, "--- FAIL: TestA (0.00s)\n    --- FAIL: TestA/x\n--- FAIL: TestB\n", "TestA", 0, 0},
		{testFound, "panic: core: impossible\n", "panic", 0, 0},
		{scenarioFound, "ok    testdata/scenario/a.sim  1s\nFAIL  testdata/scenario/k01-b.sim\nFAIL  c.sim\n", "k01-b", 0, 0},
		{huntFound, violation, "P4 at 12", 64, 3},
		{huntFound, `{"compared":64,"differ":64,"marks_missed":["a","b"],"never_judged":["P5"],"type":"summary"}`, "never: a, b, P5", 64, 64},
		{huntFound, "panic: core: impossible\n", "panic", 0, 0},
	} {
		if got := c.found([]byte(c.output)); got != c.want {
			t.Errorf("%q: found %q, want %q", c.output, got, c.want)
		}
		if compared, differ := huntDiffer([]byte(c.output)); compared != c.compared || differ != c.differs {
			t.Errorf("%q: %d compared and %d differ, want %d and %d", c.output, compared, differ, c.compared, c.differs)
		}
	}
}

func TestReportCountsWhoNoticed(t *testing.T) {
	x := &mistake{file: "a.go", id: "id", harm: "It hurts."}
	ran := finding{ran: true}
	r := &report{whole: true, results: []*result{
		{mistake: x, tests: finding{"TestA", true}, scenarios: ran, hunt: finding{"P4 at 12, physical", true}},
		{mistake: x, tests: ran, golden: finding{"TestTranscripts", true}, scenarios: ran, hunt: ran, compared: 9},
		{mistake: x, tests: ran, golden: ran, scenarios: ran, hunt: ran, compared: 9, differ: 2},
	}}
	if got, want := r.counts(), (counts{all: 3, tests: 1, golden: 1, hunted: 1, unnoticed: 1}); got != want || r.good() {
		t.Errorf("%+v, good %v; want %+v and false", got, r.good(), want)
	}
	text := r.text("a machine\n")
	for _, line := range []string{
		"| a.go id | It hurts. | TestA | - | P4 at 12, physical |\n",
		"| a.go id | It hurts. | golden only: TestTranscripts | - | -; not exercised in 9 seeds |\n",
		"| a.go id | It hurts. | - | - | -; exercised in 2 of 9 seeds |\n",
	} {
		if !strings.Contains(text, line) {
			t.Errorf("the report lacks %q:\n%s", line, text)
		}
	}
	for range huntedMin - 1 {
		r.results = append(r.results, r.results[0])
	}
	if r.good() {
		t.Error("good, though nothing noticed one of them")
	}
	r.results[2] = r.results[0]
	if !r.good() {
		t.Error("not good, though all are noticed and the hunts find enough")
	}
}
