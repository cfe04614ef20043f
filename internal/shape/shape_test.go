package shape_test

import (
	"encoding/json"
	"fmt"
	"math"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/bitmark-inc/bilateralrpc/internal/gobcodec"
	"github.com/bitmark-inc/bilateralrpc/internal/shape"
)

// Celsius, Secret and Stamp are what programs make of types: a name, an encoding of their own
// of each kind.
type (
	Celsius float64
	Secret  struct{ hidden string }
	Stamp   struct{ n uint8 }
)

func (s Secret) GobEncode() ([]byte, error)     { return []byte(s.hidden), nil }
func (s *Secret) GobDecode(b []byte) error      { s.hidden = string(b); return nil }
func (s Stamp) MarshalBinary() ([]byte, error)  { return []byte{s.n}, nil }
func (s *Stamp) UnmarshalBinary(b []byte) error { s.n = b[0]; return nil }
func (s Secret) Equal(other Secret) bool        { return s == other }
func (s Stamp) Equal(other Stamp) bool          { return s == other }
func (n *Node) String() string                  { return fmt.Sprint(n.Value, n.Kids) }
func described(args, reply any) *shape.Listing {
	return describe(reflect.TypeOf(args), reflect.TypeOf(reply))
}
func describe(args, reply reflect.Type) *shape.Listing {
	var d shape.Describer
	d.Add("Test.Method", args, reply)
	return d.Listing()
}

// Embedded is embedded in Rich, where gob takes it for a field of its name.
type Embedded struct{ E string }

// Node and Cyclic hold themselves.
type (
	Node struct {
		Value int
		Kids  []*Node
	}
	Cyclic struct {
		Left, Right *Cyclic
		ByName      map[string]Cyclic
		Value       string
	}
)

// Rich has one of everything that is carried.
type Rich struct {
	Embedded
	Flag    bool
	I       int
	I8      int8
	U16     uint16
	F       float64
	F32     float32
	Warm    Celsius
	Text    string
	Raw     []byte
	Hash    [4]byte
	When    time.Time
	List    []string
	Lists   [][]int32
	Named   map[string]Embedded
	ByID    map[int16][]bool
	Pointer *Embedded
	Twice   **int
	Own     Secret
	Stamps  []Stamp
	Node    *Node
	Handler func() // gob does not carry it
	inside  int
}

func rich() Rich {
	five := 5
	pointer := &five
	return Rich{
		Embedded: Embedded{"e"}, Flag: true, I: -7, I8: -8, U16: 65535, F: 1.5, F32: 0.25, Warm: 36.6, Text: "text",
		Raw: []byte{1, 2}, Hash: [4]byte{3, 4, 5, 6}, When: time.Date(2026, 1, 2, 3, 4, 5, 6, time.UTC),
		List: []string{"a", ""}, Lists: [][]int32{{1}, {2, 3}}, Named: map[string]Embedded{"k": {"v"}},
		ByID: map[int16][]bool{-1: {true, false}}, Pointer: &Embedded{"p"}, Twice: &pointer, Own: Secret{"s"}, Stamps: []Stamp{{7}, {8}},
		inside: 1,
		Node:   &Node{1, []*Node{{Value: 2}, {3, []*Node{{Value: 4}}}}},
	}
}

// overTheWire returns a description as its caller has it.
func overTheWire(t *testing.T, l *shape.Listing) *shape.Listing {
	t.Helper()
	b, err := gobcodec.Append(nil, l)
	if err != nil {
		t.Fatal(err)
	}
	got := new(shape.Listing)
	if err := gobcodec.Decode(b, got); err != nil {
		t.Fatal(err)
	}
	if err := got.Check(); err != nil {
		t.Fatal(err)
	}
	return got
}

func build(t *testing.T, l *shape.Listing, index, levels int) shape.Built {
	t.Helper()
	b, err := l.Build(index, levels)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// A value goes from the type of a program into one that was made of its description, and
// back, and is the same.
func TestATypeOfADescriptionCarriesTheSameValues(t *testing.T) {
	l := overTheWire(t, described(Rich{}, &Rich{}))
	built := build(t, l, l.Methods[0].Args, 0)
	want := rich()
	b, err := gobcodec.Append(nil, want)
	if err != nil {
		t.Fatal(err)
	}
	made := reflect.New(built.Type)
	if err := gobcodec.DecodeValue(b, made); err != nil {
		t.Fatal(err)
	}
	text, err := json.Marshal(made.Interface())
	if err != nil {
		t.Fatal(err)
	}
	again := reflect.New(built.Type)
	if err := json.Unmarshal(text, again.Interface()); err != nil {
		t.Fatal(err)
	}
	if b, err = gobcodec.AppendValue(nil, again); err != nil {
		t.Fatal(err)
	}
	var got Rich
	if err := gobcodec.Decode(b, &got); err != nil {
		t.Fatal(err)
	}
	ignore := cmp.FilterPath(func(p cmp.Path) bool { return p.Last().String() == ".inside" || p.Last().String() == ".Handler" }, cmp.Ignore())
	if diff := cmp.Diff(want, got, ignore); diff != "" {
		t.Errorf("by way of %s:\n%s", text, diff)
	}
}

// What a type holds of itself is there as deep as was asked for.
func TestTypesThatHoldThemselves(t *testing.T) {
	l := described(Node{}, Cyclic{})
	depth := func(levels int) int {
		made := build(t, l, l.Methods[0].Args, levels).Type
		n := 1
		for {
			kids, ok := made.FieldByName("Kids")
			if !ok {
				return n
			}
			made = kids.Type.Elem().Elem()
			n++
		}
	}
	// Each level of values is one of a struct and one of a slice.
	for levels, want := range map[int]int{2: 2, 3: 2, 4: 3, 20: 11} {
		if got := depth(levels); got != want {
			t.Errorf("%d levels are %d structs in each other, want %d", levels, got, want)
		}
	}
	if _, err := l.Build(l.Methods[0].Args, 1000); err == nil {
		t.Error("1000 levels are built")
	}
	tree := build(t, l, l.Methods[0].Reply, 0) // whose text doubles with each level
	if len(tree.Cut) == 0 || tree.Cut[tree.Type] {
		t.Errorf("%d structs are known to be cut; want the innermost ones, and not the outermost", len(tree.Cut))
	}
	if n := len(tree.Type.String()); n > 1<<20 {
		t.Errorf("the text of the type has %d bytes", n)
	}
}

func TestWhatIsNotCarriedIsLeftOut(t *testing.T) {
	type Odd struct {
		Any    any
		Error  error
		C      complex128
		ByPart map[Embedded]int
		Nested []map[string][]any
		Fine   int
	}
	l := overTheWire(t, described(Odd{}, struct{ X any }{}))
	made := build(t, l, l.Methods[0].Args, 0).Type
	if got := made.String(); got != "struct { Fine int64 }" {
		t.Errorf("made is %s", got)
	}
	if _, err := l.Build(l.Methods[0].Reply, 0); err == nil {
		t.Error("a type of nothing but an interface is built")
	}
	for _, v := range []any{new(any), make(chan int), func() {}, complex64(1), map[float64]int{}, [][]error{}} {
		l := overTheWire(t, described(v, 0))
		if _, err := l.Build(l.Methods[0].Args, 0); err == nil {
			t.Errorf("%T is built", v)
		}
	}
}

// A handler that takes a struct without fields can be called, though gob does not encode such.
func TestAStructWithoutFieldsCanBeSent(t *testing.T) {
	l := overTheWire(t, described(struct{}{}, 0))
	b, err := gobcodec.AppendValue(nil, reflect.New(build(t, l, l.Methods[0].Args, 0).Type))
	if err != nil {
		t.Fatal(err)
	}
	if err := gobcodec.Decode(b, &struct{}{}); err != nil {
		t.Error(err)
	}
}

func TestTextsForPeople(t *testing.T) {
	for _, c := range []struct {
		v             any
		text, example string
	}{
		{struct{ A, B int }{}, "struct{ A int; B int }", `{"A": 0, "B": 0}`},
		{struct{}{}, "struct{}", "{}"},
		{[]*Embedded{}, "[]*struct{ E string }", `[{"E": ""}]`},
		{map[int][]byte{}, "map[int][]byte", `{"0": ""}`},
		{[2]time.Time{}, "[2]time.Time", `["0001-01-01T00:00:00Z"]`},
		{Node{}, "shape_test.Node struct{ Value int; Kids []*shape_test.Node }", `{"Value": 0, "Kids": []}`},
		{struct{ Any any }{}, "struct{ Any interface }", `{}`},
		{Secret{}, "shape_test.Secret", `""`},
	} {
		l := overTheWire(t, described(c.v, 0))
		index := l.Methods[0].Args
		if got := l.Text(index); got != c.text {
			t.Errorf("%T is shown as %s, want %s", c.v, got, c.text)
		}
		if got := l.Example(index); got != c.example {
			t.Errorf("%T has the example %s, want %s", c.v, got, c.example)
		}
	}
}

// What peers tell to do harm is refused, before anything is made of it.
func TestHostileDescriptions(t *testing.T) {
	method := []shape.Method{{Name: "A.B"}}
	double := []shape.Type{{Kind: "int"}}
	for i := range 99 { // each has the text of the one before twice
		double = append(double, shape.Type{Kind: shape.Struct, Fields: []shape.Field{{"A", i}, {"B", i}}})
	}
	chain := []shape.Type{}
	for i := range 4000 {
		chain = append(chain, shape.Type{Kind: shape.Slice, Elem: i + 1})
	}
	chain = append(chain, shape.Type{Kind: "int"})
	fields := make([]shape.Field, 20000)
	for i := range fields {
		fields[i].Name = fmt.Sprintf("F%d", i)
	}
	for _, c := range []struct {
		name  string
		l     shape.Listing
		index int
	}{
		{"no version", shape.Listing{Methods: method, Types: []shape.Type{{Kind: "int"}}}, 0},
		{"no types", shape.Listing{Version: 1, Methods: method}, 0},
		{"index", shape.Listing{Version: 1, Types: []shape.Type{{Kind: shape.Slice, Elem: 1}}}, 0},
		{"negative index", shape.Listing{Version: 1, Types: []shape.Type{{Kind: shape.Map, Key: -1}}}, 0},
		{"unexported field", shape.Listing{Version: 1, Types: []shape.Type{{Kind: shape.Struct, Fields: []shape.Field{{"a", 0}}}}}, 0},
		{"bad field", shape.Listing{Version: 1, Types: []shape.Type{{Kind: shape.Struct, Fields: []shape.Field{{"A\x00B", 0}}}}}, 0},
		{"field twice", shape.Listing{Version: 1, Types: []shape.Type{{Kind: shape.Struct, Fields: []shape.Field{{"A", 1}, {"A", 1}}}, {Kind: "int"}}}, 0},
		{"many fields", shape.Listing{Version: 1, Types: []shape.Type{{Kind: shape.Struct, Fields: fields}}}, 0},
		{"negative length", shape.Listing{Version: 1, Types: []shape.Type{{Kind: shape.Array, Len: -1, Elem: 1}, {Kind: "int"}}}, 0},
		{"long array", shape.Listing{Version: 1, Types: []shape.Type{{Kind: shape.Array, Len: math.MaxInt32, Elem: 1}, {Kind: "int"}}}, 0},
		{"arrays of arrays", shape.Listing{Version: 1, Types: []shape.Type{{Kind: shape.Array, Len: 1 << 12, Elem: 1}, {Kind: shape.Array, Len: 1 << 12, Elem: 2}, {Kind: "int"}}}, 0},
		{"pointer to itself", shape.Listing{Version: 1, Types: []shape.Type{{Kind: shape.Pointer}}}, 0},
		{"slice of itself", shape.Listing{Version: 1, Types: []shape.Type{{Kind: shape.Slice}}}, 0},
		{"array of itself", shape.Listing{Version: 1, Types: []shape.Type{{Kind: shape.Array, Len: 2}}}, 0},
		{"struct of itself", shape.Listing{Version: 1, Types: []shape.Type{{Kind: shape.Struct, Fields: []shape.Field{{"A", 0}, {"B", 0}}}}}, 0},
		{"doubling", shape.Listing{Version: 1, Types: double}, 99},
		{"chain", shape.Listing{Version: 1, Types: chain}, 0},
		{"key", shape.Listing{Version: 1, Types: []shape.Type{{Kind: shape.Map, Key: 1, Elem: 2}, {Kind: shape.Slice, Elem: 2}, {Kind: "int"}}}, 0},
		{"kind", shape.Listing{Version: 1, Types: []shape.Type{{Kind: "quark"}}}, 0},
	} {
		err := c.l.Check()
		if err == nil {
			var built shape.Built
			built, err = c.l.Build(c.index, 0)
			if c.name == "struct of itself" { // which a program can't have: it has no end
				if n := len(built.Type.String()); err != nil || n > 1<<20 {
					t.Errorf("%s: %v, a text of %d bytes", c.name, err, n)
				}
				continue
			}
			if text, example := c.l.Text(c.index), c.l.Example(c.index); len(text) > 5<<10 || len(example) > 5<<10 {
				t.Errorf("%s: %d bytes of text, %d of an example", c.name, len(text), len(example))
			}
		}
		if err == nil || strings.Contains(err.Error(), "panic") {
			t.Errorf("%s: error %v", c.name, err)
		}
	}
}
