package tidy

import (
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"sync"
	"testing"
)

const root = "../.."

// The tree is read, and built for its export data, once for all tests.
var (
	tree   = sync.OnceValues(func() (*Tree, error) { return ReadTree(root) })
	builds = sync.OnceValues(func() (*Builds, error) {
		return ListBuilds(root, "context", "errors", "fmt", "maps", "math/rand/v2", "time")
	})
)

func mustTree(t *testing.T) *Tree {
	t.Helper()
	read, err := tree()
	if err != nil {
		t.Fatal(err)
	}
	return read
}

func mustBuilds(t *testing.T) *Builds {
	t.Helper()
	listed, err := builds()
	if err != nil {
		t.Fatal(err)
	}
	return listed
}

func report(t *testing.T, problems []Problem) {
	t.Helper()
	for _, p := range problems {
		t.Error(p)
	}
}

func TestPurePackagesImportOnlyWhatIsPure(t *testing.T) {
	for _, f := range mustTree(t).Files {
		if allowed, ok := pure[f.Dir]; ok && !f.Test {
			report(t, CheckPureImports(f, allowed))
		}
	}
}

func TestPurePackagesDoNothingImpure(t *testing.T) {
	dirs := packageDirs(mustTree(t))
	for dir := range pure {
		if !slices.Contains(dirs, dir) {
			continue // not in the tree: nothing to check
		}
		p, err := mustBuilds(t).Package(mustTree(t), dir)
		if err != nil {
			t.Errorf("%s can't be type-checked: %v", dir, err)
			continue
		}
		report(t, CheckPure(p))
	}
}

// The core is what the rules above exist for: if it moved, they would pass on nothing.
func TestTheCoreIsWhereTheRulesLookForIt(t *testing.T) {
	if !slices.Contains(packageDirs(mustTree(t)), "core") {
		t.Fatal("no package in core/: adjust the tables of tools/tidy")
	}
}

func TestImportsPointOneWay(t *testing.T) {
	for _, f := range mustTree(t).Files {
		report(t, CheckDirection(f))
	}
}

func TestImportingAPackageHasNoEffect(t *testing.T) {
	for _, f := range mustTree(t).Files {
		report(t, CheckImportable(f))
	}
	for _, dir := range packageDirs(mustTree(t)) {
		if found := mustBuilds(t).Registrars(dir); len(found) > 0 && importable(mustTree(t), dir) {
			t.Errorf("importing %s brings %v along, which register things in the importing program", dir, found)
		}
	}
}

func TestFilesAndFunctionsAreShort(t *testing.T) {
	used := map[string]bool{}
	for _, f := range mustTree(t).Files {
		report(t, CheckSize(f, longer, used))
	}
	for _, unused := range CheckUnused(longer, used) {
		t.Error(unused)
	}
}

func TestDocumentsLinkToFilesThatExist(t *testing.T) {
	for _, d := range mustDocuments(t) {
		report(t, CheckLinks(d, func(name string) bool {
			_, err := os.Stat(filepath.Join(root, filepath.FromSlash(name)))
			return err == nil
		}))
	}
}

func TestDocumentsNameTargetsOfTheMakefile(t *testing.T) {
	makefile, err := os.ReadFile(filepath.Join(root, "Makefile"))
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range mustDocuments(t) {
		report(t, CheckTargets(d, string(makefile)))
	}
}

// Every Go block of a document is a whole file, and compiles, with the files above it
// that it belongs to.
func TestSnippetsOfDocumentsCompile(t *testing.T) {
	for _, d := range mustDocuments(t) {
		blocks, files := d.Programs()
		for i, b := range blocks {
			if out, err := vet(t, files[i]); err != nil {
				t.Errorf("%s:%d: the snippet does not compile: %v\n%s", d.Name, b.Line, err, out)
			}
		}
	}
}

func mustDocuments(t *testing.T) []Document {
	t.Helper()
	documents, err := ReadDocuments(root)
	if err != nil {
		t.Fatal(err)
	}
	return documents
}

// vet type-checks the files of a package as one of this module, built without cgo, or of a
// nested module of which they import a package.
func vet(t *testing.T, files map[string]string) (string, error) {
	t.Helper()
	dir := t.TempDir()
	args, source := []string{"vet"}, ""
	for _, name := range slices.Sorted(maps.Keys(files)) {
		source += files[name]
		args = append(args, filepath.Join(dir, name))
		if err := os.WriteFile(filepath.Join(dir, name), []byte(files[name]), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	cmd := exec.Command("go", args...)
	cmd.Dir = filepath.Join(root, moduleOf(source, func(dir string) bool {
		_, err := os.Stat(filepath.Join(root, dir, "go.mod"))
		return err == nil
	}))
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	out, err := cmd.CombinedOutput()
	return string(out), err
}

// packageDirs returns the directories that hold a package, in order.
func packageDirs(t *Tree) []string {
	var dirs []string
	for _, f := range t.Files {
		if !f.Test {
			dirs = append(dirs, f.Dir)
		}
	}
	slices.Sort(dirs)
	return slices.Compact(dirs)
}

// importable says whether programs may get the package in dir by importing ours.
func importable(t *Tree, dir string) bool {
	return !forTests(dir) && slices.ContainsFunc(t.Files, func(f *File) bool {
		return f.Dir == dir && !f.Test && f.AST.Name.Name != "main"
	})
}
