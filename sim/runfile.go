package sim

import (
	"errors"
	"io/fs"
)

// TB is the part of testing.TB that RunFile needs.
type TB interface {
	Helper()
	Errorf(format string, args ...any)
	Fatalf(format string, args ...any)
}

// RunFile runs a scenario file from a test and fails the test, with an
// explanation, if a property or an expectation of the file does not hold.
//
//	func TestScenarios(t *testing.T) {
//		sim.RunFile(t, os.DirFS("testdata"), "partition.sim")
//	}
func RunFile(tb TB, fsys fs.FS, name string) *Result {
	tb.Helper()
	text, err := fs.ReadFile(fsys, name)
	if err != nil {
		tb.Fatalf("%v", err)
		return nil
	}
	s, err := Parse(string(text))
	if err != nil {
		if syntax := (*SyntaxError)(nil); errors.As(err, &syntax) {
			tb.Fatalf("%s:%d: %s", name, syntax.Line, syntax.What)
		}
		return nil
	}
	r := s.Run(RunOptions{})
	if r.Violation != nil {
		tb.Errorf("%s%s", name, Explain(r, "go run ./cmd/bilsim run "+name))
	}
	return r
}
