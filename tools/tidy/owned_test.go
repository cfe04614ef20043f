package tidy

import (
	"go/token"
	"testing"
)

func TestOwnedFieldsHaveOneWriter(t *testing.T) {
	for _, o := range owned {
		p, err := mustBuilds(t).Package(mustTree(t), o.Dir)
		if err != nil {
			t.Fatal(err)
		}
		report(t, CheckOwned(p, o))
	}
}

func TestCheckOwnedBites(t *testing.T) {
	const half = "type half struct { n int; state int }\ntype peer struct { a half }\n"
	for _, b := range []bite{
		{"read", half + "func f(p *peer) int { return p.a.state }", 0, ""},
		{"other field", half + "func f(p *peer) {\n p.a.n = 1 }", 0, ""},
		{"field of another struct", half + "type state struct { state int }\nfunc f(s *state) { s.state = 1 }", 0, ""},
		{"copy", half + "func f(p *peer) *peer { q := *p; return &q }", 0, ""},
		{"pointer", half + "func f(p, q *peer) *peer { p = q; return p }", 0, ""},
		{"assigned", half + "func f(p *peer) {\n p.a.state = 1 }", 5, "writes half.state"},
		{"among others", half + "func f(p *peer) {\n _, (p.a.state) = 1, 2 }", 5, "writes half.state"},
		{"counted up", half + "func f(p *peer) {\n p.a.state++ }", 5, "writes half.state"},
		{"by a range", half + "func f(p *peer) {\n for p.a.state = range 3 {} }", 5, "writes half.state"},
		{"address", half + "func f(p *peer) *int {\n return &p.a.state }", 5, "takes the address"},
		{"whole half", half + "func f(p *peer, h half) {\n p.a = h }", 5, "writes a whole half"},
		{"whole peer", half + "func f(p, q *peer) {\n *p = *q }", 5, "writes a whole peer"},
		{"array of them", half + "func f(x *[2]peer, y [2]peer) {\n *x = y }", 5, "writes a whole [2]peer"},
		{"literal", half + "func f() half {\n return half{state: 1} }", 5, "sets half.state"},
		{"literal without names", half + "func f() half {\n return half{1, 2} }", 5, "sets half.state"},
		{"zero literal", half + "func f() *half { return &half{n: 1} }", 0, ""},
		{"no such field", "type half struct { n int }", 0, "no field half.state"},
	} {
		t.Run(b.name, func(t *testing.T) {
			fset := token.NewFileSet()
			f := parse(t, fset, "core/x.go", b.source)
			p, err := mustBuilds(t).Check(fset, "core", []*File{f})
			if err != nil {
				t.Fatal(err)
			}
			b.check(t, CheckOwned(p, Owned{"core", "half", "state", "state.go"}))
			if own := CheckOwned(p, Owned{"core", "half", "state", "x.go"}); b.line > 0 && len(own) != 0 {
				t.Errorf("the owner may write: %v", own)
			}
		})
	}
}
