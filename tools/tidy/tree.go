package tidy

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"go/ast"
	"go/importer"
	"go/parser"
	"go/token"
	"go/types"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"strings"
)

// Tree is the source of the module, without nested modules and testdata.
type Tree struct {
	Root  string
	Fset  *token.FileSet
	Files []*File
}

// ReadTree parses every Go file below root.
func ReadTree(root string) (*Tree, error) {
	t := &Tree{Root: root, Fset: token.NewFileSet()}
	err := filepath.WalkDir(root, func(name string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(root, name)
		if err != nil {
			return err
		}
		if entry.IsDir() {
			return skipDir(name, rel)
		}
		if !strings.HasSuffix(name, ".go") {
			return nil
		}
		src, err := os.ReadFile(name)
		if err != nil {
			return err
		}
		file, err := ParseFile(t.Fset, filepath.ToSlash(rel), src)
		if err != nil {
			return err
		}
		t.Files = append(t.Files, file)
		return nil
	})
	return t, err
}

func skipDir(name, rel string) error {
	base := filepath.Base(name)
	if rel != "." && (strings.HasPrefix(base, ".") || strings.HasPrefix(base, "_") || base == "testdata") {
		return filepath.SkipDir
	}
	if _, err := os.Stat(filepath.Join(name, "go.mod")); err == nil && rel != "." {
		return filepath.SkipDir // a module of its own
	}
	return nil
}

// ParseFile parses one file whose name is relative to the root of the tree.
func ParseFile(fset *token.FileSet, name string, src []byte) (*File, error) {
	parsed, err := parser.ParseFile(fset, name, src, parser.ParseComments|parser.SkipObjectResolution)
	if err != nil {
		return nil, err
	}
	return &File{
		Name: name,
		Dir:  path.Dir(name),
		Test: strings.HasSuffix(name, "_test.go"),
		Fset: fset,
		AST:  parsed,
	}, nil
}

// Package is a type-checked package: its files without tests.
type Package struct {
	Dir   string
	Files []*File
	Types *types.Package
	Info  *types.Info
}

// Builds knows what `go list` says about the packages built without cgo: the
// export data of each, the files that its build constraints leave, and its
// transitive imports.
type Builds struct {
	exports  map[string]string
	packages map[string]listed
}

type listed struct {
	ImportPath string
	Name       string
	Export     string
	GoFiles    []string
	Deps       []string
	Standard   bool
	Error      *struct{ Err string }
}

// ListBuilds runs `go list` in root over every package, and over the extra ones.
func ListBuilds(root string, extra ...string) (*Builds, error) {
	args := []string{"list", "-e", "-deps", "-export", "-buildvcs=false",
		"-json=ImportPath,Name,Export,GoFiles,Deps,Standard,Error", "./..."}
	cmd := exec.Command("go", append(args, extra...)...)
	cmd.Dir = root
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("go list: %w\n%s", err, &stderr)
	}
	b := &Builds{exports: map[string]string{}, packages: map[string]listed{}}
	for decoder := json.NewDecoder(bytes.NewReader(out)); ; {
		var p listed
		if err := decoder.Decode(&p); errors.Is(err, io.EOF) {
			return b, nil
		} else if err != nil {
			return nil, err
		}
		b.packages[p.ImportPath] = p
		b.exports[p.ImportPath] = p.Export
	}
}

// importPath returns the path of the package in dir, "." for the root.
func importPath(dir string) string {
	if dir == "." {
		return Module
	}
	return Module + "/" + dir
}

// Check type-checks files as one package. Their imports must have been listed.
func (b *Builds) Check(fset *token.FileSet, dir string, files []*File) (*Package, error) {
	lookup := func(path string) (io.ReadCloser, error) {
		if b.exports[path] == "" {
			return nil, fmt.Errorf("no export data of %s: does it build?", path)
		}
		return os.Open(b.exports[path])
	}
	info := &types.Info{
		Types: map[ast.Expr]types.TypeAndValue{},
		Defs:  map[*ast.Ident]types.Object{},
		Uses:  map[*ast.Ident]types.Object{},
	}
	parsed := make([]*ast.File, len(files))
	for i, f := range files {
		parsed[i] = f.AST
	}
	config := types.Config{Importer: importer.ForCompiler(fset, "gc", lookup)}
	checked, err := config.Check(importPath(dir), fset, parsed, info)
	if err != nil {
		return nil, err
	}
	return &Package{Dir: dir, Files: files, Types: checked, Info: info}, nil
}

// Package type-checks the package in dir as it is built without cgo.
func (b *Builds) Package(t *Tree, dir string) (*Package, error) {
	built := map[string]bool{}
	for _, name := range b.packages[importPath(dir)].GoFiles {
		built[path.Join(dir, name)] = true
	}
	var files []*File
	for _, f := range t.Files {
		if built[f.Name] {
			files = append(files, f)
		}
	}
	if len(files) == 0 {
		return nil, fmt.Errorf("tidy: no Go files of %s", dir)
	}
	return b.Check(t.Fset, dir, files)
}
