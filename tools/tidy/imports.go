package tidy

import (
	"slices"
	"strings"
)

// pure lists the packages that decide without touching the world, and all that
// each may import. A package is added here only if nothing in it reads a clock,
// starts a goroutine, does I/O or holds global state; where only a part of it is
// like that, pureNames says which part.
var pure = map[string][]string{
	"core": {"bytes", "cmp", "encoding/binary", "errors", "fmt", "maps", "math", "math/bits",
		"math/rand/v2", "slices", "sort", "strconv", "strings", "time", "unicode/utf8"},
	"sim": {"bufio", "bytes", "cmp", "container/heap", "crypto/sha256", "embed", "encoding/binary",
		"encoding/hex", "encoding/json", "errors", "fmt", "hash", "io", "io/fs", "iter", "maps", "math",
		"math/bits", "math/rand/v2", "path", "slices", "sort", "strconv", "strings", "text/tabwriter",
		"time", "unicode", "unicode/utf8"},
	"sim/check":     {"bytes", "fmt", "maps", "slices", "time"},
	"sim/defects":   {"bytes", "slices", "time"},
	"sim/dice":      {"math/bits", "time"},
	"sim/echo":      {},
	"sim/events":    {"cmp", "slices", "time"},
	"sim/explore":   {"bytes", "crypto/sha256", "encoding/binary", "errors", "fmt", "io", "math", "math/bits", "slices", "strconv", "strings", "time"},
	"sim/original":  {"encoding/binary", "time"},
	"sim/picture":   {"encoding/json", "errors", "slices", "strconv", "strings"},
	"sim/report":    {"crypto/sha256", "encoding/hex", "fmt", "hash", "slices", "strconv", "strings", "time"},
	"sim/roundtrip": {"errors", "fmt"},
	"sim/shrink":    {"slices"},
	"sim/stream":    {"bytes", "encoding/binary", "errors", "fmt", "slices", "strconv", "strings", "time"},
	"sim/text":      {"strconv", "strings", "time"},
	"zmtp": {"bytes", "cmp", "crypto/subtle", "encoding/binary", "errors", "fmt", "io", "math",
		"math/bits", "slices", "strconv", "strings", "time", "unicode/utf8",
		"golang.org/x/crypto/curve25519", "golang.org/x/crypto/nacl/box",
		"golang.org/x/crypto/nacl/secretbox", "golang.org/x/crypto/poly1305",
		"golang.org/x/crypto/salsa20", "golang.org/x/crypto/salsa20/salsa",
		"golang.org/x/sys/cpu"},
}

// pureNames lists what may be used of packages that are pure in part: durations,
// but no clock; generators that hold their seed, but not the global one; copies
// of maps, but no walk over one; formatting, but not to the standard output.
var pureNames = map[string][]string{
	"time":         {"Duration", "Nanosecond", "Microsecond", "Millisecond", "Second", "Minute", "Hour", "ParseDuration"},
	"maps":         {"Clone", "Copy", "Equal"},
	"math/rand/v2": {"PCG", "NewPCG", "ChaCha8", "NewChaCha8", "New", "Rand", "Source"},
	"fmt": {"Append", "Appendf", "Appendln", "Errorf", "Formatter", "Fprint", "Fprintf", "Fprintln",
		"GoStringer", "Sprint", "Sprintf", "Sprintln", "Sscan", "Sscanf", "State", "Stringer"},
}

// direction says which packages of the module each one may import. In short:
// bilateralrpc -> zmqio -> core <- sim -> its rooms, and zmqio/zmtpnet -> zmtp <-
// sim/stream. A name that ends in "/..." stands for everything below it.
var direction = map[string][]string{
	".":             {"core", "zmqio", "zmqio/inproc", "zmqio/zmtpnet", "internal/..."},
	"core":          {},
	"sim":           {"core", "sim/check", "sim/dice", "sim/echo", "sim/events", "sim/original", "sim/report", "sim/shrink", "sim/text"},
	"sim/dice":      {},
	"sim/check":     {"core", "sim/echo", "sim/report"},
	"sim/defects":   {"core", "sim", "sim/check"},
	"sim/echo":      {},
	"sim/events":    {},
	"sim/explore":   {"core", "sim", "sim/check", "sim/echo", "sim/report", "sim/text"},
	"sim/original":  {"core", "sim/dice"},
	"sim/picture":   {"core", "sim", "sim/report", "sim/text"},
	"sim/roundtrip": {"sim"},
	"sim/report":    {},
	"sim/shrink":    {},
	"sim/stream":    {"zmtp", "sim/dice", "sim/events", "sim/report", "sim/shrink", "sim/text"},
	"sim/text":      {"sim/dice"},
	"zmqio":         {"core", "internal/..."},
	"zmtp":          {},
	"zmqio/...":     {"core", "zmqio", "zmtp", "zmqio/internal/...", "internal/..."},

	"zmqio/internal/nametest": {"core", "zmqio", "zmqio/transporttest"},
	"internal/...":            {"core", "internal/..."},
	"fuzz":                    {"core", "sim", "sim/...", "zmtp", "internal/..."},
	"cmd/...":                 {"core", "sim", "sim/...", "zmtp", "internal/..."},
	"debugbilateral":          {"."},
	"examples/...":            {".", "zmqio/libzmq"},

	"internal/campaign":      {"core", "sim", "sim/report", "sim/text"},
	"internal/chaos":         {".", "zmqio/libzmq", "internal/..."},
	"internal/faultproxy":    {"core", "zmtp"},
	"internal/incident":      {"core", "internal/record", "sim/picture"},
	"internal/live":          {},
	"internal/page":          {"sim/picture"},
	"internal/page/wasm":     {"sim/picture"},
	"bilateraltest":          {".", "core", "zmqio", "sim", "sim/check", "sim/dice", "sim/picture", "internal/hosted", "internal/page"},
	"bilateraltest/mistakes": {".", "bilateraltest"},
	"bilateraltest/rapidsim": {"bilateraltest", "sim"},
	"internal/reality":       {".", "core", "sim", "sim/echo", "sim/original", "sim/text", "zmqio", "zmqio/libzmq", "zmqio/zmtpnet", "internal/..."},
	"internal/hostile":       {".", "core", "zmqio/libzmq", "zmtp", "internal/..."},
	"internal/acceptance":    {".", "core", "zmqio", "zmqio/...", "zmtp", "internal/..."},
}

// testDirection says what the tests of a package may import on top.
var testDirection = map[string][]string{
	".":         {"bilateraltest", "bilateraltest/rapidsim", "sim", "zmqio/libzmq", "zmqio/transporttest"},
	"core":      {"internal/..."},
	"sim":       {"internal/..."},
	"zmtp":      {"internal/..."},
	"zmqio/...": {"zmqio/inproc", "zmqio/transporttest"},

	"internal/campaign":      {"sim/defects"},
	"internal/page":          {"sim"},
	"sim/explore":            {"sim/defects"},
	"bilateraltest/rapidsim": {"."},
}

// registrars are packages that nobody gets by importing ours: they register
// flags, handlers or variables in the importing program.
var registrars = []string{"expvar", "flag", "net/http/pprof", "pgregory.net/rapid", "testing"}

// ofRapid is the package that is for users of rapid, who have its flags anyway.
const ofRapid = "bilateraltest/rapidsim"

// forTests says whether the package in dir is a helper of tests, which may import
// testing and what that brings along. Its name says so, as those of net/http/httptest
// and testing/iotest do.
func forTests(dir string) bool {
	return strings.HasSuffix(dir, "test") || dir == "internal/acceptance" || dir == ofRapid
}

// mayRegister says whether a package for tests may import a registrar.
func mayRegister(dir, registrar string) bool {
	return registrar == "testing" || dir == ofRapid && registrar == "pgregory.net/rapid"
}

// matches says whether dir is one of patterns.
func matches(patterns []string, dir string) bool {
	return slices.ContainsFunc(patterns, func(pattern string) bool {
		below, ok := strings.CutSuffix(pattern, "/...")
		return dir == pattern || ok && strings.HasPrefix(dir, below+"/")
	})
}

// row returns the entry of dir in table: its own, or else that of the tree it is in.
func row(table map[string][]string, dir string) (list []string, ok bool) {
	if list, ok = table[dir]; ok {
		return list, true
	}
	for pattern, list := range table {
		if matches([]string{pattern}, dir) {
			return list, true
		}
	}
	return nil, false
}

// CheckPureImports reports what a file of a pure package imports that is not in
// the package's list.
func CheckPureImports(f *File, allowed []string) []Problem {
	var problems []Problem
	for _, i := range f.Imports() {
		if _, own := i.Own(); own && !i.Dot {
			continue // CheckDirection's matter
		}
		switch {
		case i.Dot:
			problems = append(problems, f.problem(i.Pos, "dot import of %s in a pure package", i.Path))
		case !slices.Contains(allowed, i.Path):
			problems = append(problems, f.problem(i.Pos, "pure package %s imports %s", f.Dir, i.Path))
		}
	}
	return problems
}

// CheckDirection reports imports within the module that point the wrong way.
func CheckDirection(f *File) []Problem {
	allowed, ok := row(direction, f.Dir)
	if !ok {
		return []Problem{f.problem(f.AST.Package, "package %s has no row in the table of import directions (tools/tidy/imports.go)", f.Dir)}
	}
	if f.Test {
		more, _ := row(testDirection, f.Dir)
		allowed = slices.Concat(allowed, more, []string{f.Dir})
	}
	var problems []Problem
	for _, i := range f.Imports() {
		if dir, own := i.Own(); own && !matches(allowed, dir) {
			problems = append(problems, f.problem(i.Pos, "%s must not import %s", f.Dir, dir))
		}
	}
	return problems
}

// CheckImportable reports what a package that programs import must not do to
// them when it is loaded: run an init function or import a registrar.
func CheckImportable(f *File) []Problem {
	if f.Test || f.AST.Name.Name == "main" {
		return nil
	}
	problems := initFunctions(f)
	for _, i := range f.Imports() {
		if slices.Contains(registrars, i.Path) && !(forTests(f.Dir) && mayRegister(f.Dir, i.Path)) {
			problems = append(problems, f.problem(i.Pos, "importable package %s imports %s", f.Dir, i.Path))
		}
	}
	return problems
}

// Registrars returns the packages that register something in the importing
// program and come along, by whatever way, with the package in dir.
func (b *Builds) Registrars(dir string) []string {
	var found []string
	for _, dep := range b.packages[importPath(dir)].Deps {
		if forTests(dir) && (dep == "testing" || dep == "flag") {
			continue
		}
		if slices.Contains(registrars, dep) {
			found = append(found, dep)
		}
	}
	return found
}
