package gobcodec

import (
	"bytes"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"
)

// The limit of these tests, and the size of the messages that are to exceed it.
const (
	limit64M = 64 << 20
	body4M   = 4 << 20
)

// bare is the message of a value that is not a struct.
func bare(id int64, parts ...[]byte) []byte { return gobMessage(id, []byte{0}, bytes.Join(parts, nil)) }

// inInterface is a value in an interface, of the type id that is registered as name.
func inInterface(name string, id int64, value []byte) []byte {
	return join(gobUint(uint64(len(name))), []byte(name), gobInt(id), gobUint(uint64(len(value))), value)
}

// zeros is a count of elements that have a byte each, and these.
func zeros(n int) []byte { return append(gobUint(uint64(n)), make([]byte, n)...) }

type (
	hasWide struct{ A []wide }
	doubled struct{ A map[string]int }
)

// The names under which gob registers []wide and list.
const (
	wideName = "[]gobcodec.wide"
	listName = "github.com/bitmark-inc/bilateralrpc/internal/gobcodec.list"
)

var wideDefinitions = join(defineSlice(64, 65), defineStruct(65, slices.Repeat([]int64{idString}, 16)...))

// amplifiers are messages of some MB whose values take hundreds, and the type they
// are decoded into.
var amplifiers = []struct {
	name   string
	data   []byte
	target any
}{
	{"empty structs of 16 strings", join(wideDefinitions, bare(64, zeros(body4M))), new([]wide)},
	{
		"the same in a field",
		join(wideDefinitions, defineStruct(66, 64), gobMessage(66, []byte{1}, zeros(body4M), []byte{0})), new(hasWide),
	},
	{"empty strings", join(defineSlice(64, idString), bare(64, zeros(5<<20))), new([]string)},
	{"pointers to empty structs", join(wideDefinitions, bare(64, zeros(body4M))), new([]*wide)},
	{"empty slices", join(defineSlice(64, 65), defineSlice(65, idInt), bare(64, zeros(body4M))), new([][]int)},
	{"empty maps", join(defineSlice(64, 65), defineMap(65, idInt, idInt), bare(64, zeros(body4M))), new([]map[int]int)},
	{
		"a map of empty structs",
		join(defineMap(64, idInt, 65), defineStruct(65, slices.Repeat([]int64{idString}, 16)...), bare(64, gobUint(1<<21), make([]byte, body4M))),
		new(map[int]wide),
	},
	{
		"empty structs of 16 strings in an interface",
		join(wideDefinitions, bare(idInterface, inInterface(wideName, 64, append([]byte{0}, zeros(body4M)...)))), new(any),
	},
	{"no values in interfaces", join(defineSlice(64, idInterface), bare(64, zeros(5<<20))), new([]any)},
	{
		"a map of no values in interfaces",
		join(defineMap(64, idString, idInterface), bare(64, gobUint(1<<21), make([]byte, body4M))), new(map[string]any),
	},
}

func TestAmplifyingValuesAreRefusedAtNoCost(t *testing.T) {
	for _, a := range amplifiers {
		t.Run(a.name, func(t *testing.T) {
			var err error
			var took time.Duration
			spent := allocated(func() {
				start := time.Now()
				err = DecodeMax(a.data, a.target, limit64M)
				took = time.Since(start)
			})
			tooLarge := new(TooLargeError)
			if !errors.As(err, &tooLarge) || !errors.Is(err, ErrRefused) || tooLarge.Bytes <= limit64M || tooLarge.Max > limit64M {
				t.Fatalf("error %v, want a TooLargeError", err)
			}
			t.Logf("%v, after %v and %d bytes", err, took, spent)
			if spent > 64<<10 {
				t.Errorf("%d bytes allocated to refuse %d", spent, len(a.data))
			}
			if !reflect.ValueOf(a.target).Elem().IsZero() {
				t.Error("the target has been written to")
			}
		})
	}
}

// Once the definitions are known, a value is refused without any allocation.
func TestAmplifyingValuesAreRefusedWhenPrimed(t *testing.T) {
	honest := join(wideDefinitions, bare(64, zeros(3)))
	var target []wide
	for range rounds {
		if err := DecodeMax(honest, &target, limit64M); err != nil || len(target) != 3 {
			t.Fatalf("an honest value: %v, %v", target, err)
		}
		start := time.Now()
		err := DecodeMax(amplifiers[0].data, &target, limit64M)
		if tooLarge := new(TooLargeError); !errors.As(err, &tooLarge) || tooLarge.Bytes < body4M*256 {
			t.Fatalf("error %v, want a TooLargeError that says 1 GB", err)
		}
		t.Logf("refused after %v", time.Since(start))
	}
}

// attack is a message and what it is decoded into.
type attack struct {
	data   []byte
	target any
}

// sameFields defines the type 64 as a struct of n fields of a type, all of the same
// name.
func sameFields(n int, name string, id int64) []byte {
	field := join([]byte{1, byte(len(name))}, []byte(name), []byte{1}, gobInt(id), []byte{0})
	if name == "" {
		field = join([]byte{2}, gobInt(id), []byte{0})
	}
	return gobMessage(-64, []byte{3, 2}, gobUint(uint64(n)), bytes.Repeat(field, n), []byte{0, 0})
}

// sliceChain defines the types from first on as slices of the next, and the last as
// a slice of numbers.
func sliceChain(first, n int64) []byte {
	var chain []byte
	for id := first; id < first+n-1; id++ {
		chain = append(chain, defineSlice(id, id+1)...)
	}
	return append(chain, defineSlice(first+n-1, idInt)...)
}

// hostileInside are attacks by what is in an interface, or by definitions.
func hostileInside() map[string]attack {
	// Short definitions: a field of that type is one of a thousand.
	chain := sameFields(5000, "A", 65)
	for id := int64(65); id < 1065; id++ {
		chain = append(chain, gobMessage(-id, []byte{2, 2}, gobInt(id+1), []byte{0, 0})...)
	}
	chain = append(chain, gobMessage(-1065, []byte{2, 2}, gobInt(idInt), []byte{0, 0})...)
	inner := join(chain, bare(idInterface, inInterface("github.com/bitmark-inc/bilateralrpc/internal/gobcodec.Inner", 64, []byte{0})))
	deepAny := bytes.Repeat(join([]byte{1, 14}, []byte("[]interface {}"), gobInt(64), []byte{0, 0}), 100_000)
	list := join(defineStruct(64, 64))
	middle := slices.Concat(manyDefinitions(2000)...)
	twice := gobMessage(-64, []byte{3, 2, 2, 1, 1, 'A', 1}, gobInt(65), []byte{0, 1, 1, 'A', 1}, gobInt(65), []byte{0, 0, 0})
	return map[string]attack{
		"5,000 fields of slices 1,000 deep": {join(chain, gobMessage(64, []byte{0})), new(plainInt)},
		"the same in an interface":          {inner, new(any)},
		"slices in interfaces, 100,000 deep": {
			join(defineSlice(64, idInterface), bare(64, deepAny)), new([]any),
		},
		"a list of a million nodes in an interface": {
			join(list, bare(idInterface, inInterface(listName, 64, bytes.Repeat([]byte{1}, 1<<20)))), new(any),
		},
		"the same in an unknown field": {
			join(list, defineStruct(65, 64, idInt), gobMessage(65, bytes.Repeat([]byte{1}, 1<<20))), new(struct{ B any }),
		},
		"interfaces that say they are 2^26": {join(defineSlice(64, idInterface), bare(64, gobUint(1<<26), make([]byte, 100))), new([]any)},
		"a map of 2^26 interfaces": {
			join(defineMap(64, idString, idInterface), bare(64, gobUint(1<<26), make([]byte, 100))), new(map[string]any),
		},
		"a slice in an interface that says it has 2^26 elements": {
			join(defineSlice(64, idInt), bare(idInterface, inInterface("[]int", 64, join([]byte{0}, gobUint(1<<26))))), new(any),
		},
		"2,000 definitions in an interface": {
			bare(idInterface, []byte{1, 'x'}, middle[1:]), new(any),
		},
		"a name of 2,000 bytes": {bare(idInterface, inInterface(strings.Repeat("n", 2000), idInt, []byte{0, 2})), new(any)},
		"a type by which gob describes types, in an interface": {
			bare(idInterface, inInterface(listName, 18, []byte{0})), new(any),
		},
		"a field that is set twice": {
			join(twice, defineMap(65, idString, idInt), gobMessage(64, []byte{1, 0, 1, 1, 1, 'k', 2, 0})), new(doubled),
		},
		"an array of a million in an interface": {
			join(defineArray(64, idInt, 1<<20), bare(idInterface, inInterface("[3]int", 64, []byte{0, 0}))), new(any),
		},
	}
}

func TestHostileInterfacesAndDefinitionsAreRefused(t *testing.T) {
	for name, a := range hostileInside() {
		t.Run(name, func(t *testing.T) {
			var err error
			spent := allocated(func() { err = Decode(a.data, a.target) })
			if !errors.Is(err, ErrRefused) {
				t.Errorf("error %v, want ErrRefused", err)
			}
			if spent > 2<<20 {
				t.Errorf("%d bytes allocated for an attack of %d", spent, len(a.data))
			}
		})
	}
}

func TestNestingOfInterfacesHasALimit(t *testing.T) {
	for _, c := range []struct {
		levels int
		want   error
	}{{depthMax / 2, nil}, {depthMax/2 + 1, ErrRefused}} {
		in := []any{1}
		for range c.levels - 1 {
			in = []any{in}
		}
		data, err := Append(nil, in)
		if err != nil {
			t.Fatal(err)
		}
		var out []any
		if err := Decode(data, &out); !errors.Is(err, c.want) || err == nil && !reflect.DeepEqual(in, out) {
			t.Errorf("%d levels: error %v, want %v", c.levels, err, c.want)
		}
	}
}

// Each type of a program can be made to meet each definition.
func TestCompilingManyTypesIsBounded(t *testing.T) {
	const types = 60
	local := make([]reflect.StructField, types)
	for i := range local {
		name := string(rune('A'+i%26)) + strings.Repeat("x", i/26)
		one := reflect.StructOf([]reflect.StructField{
			{Name: "A", Type: reflect.TypeFor[int]()}, {Name: "B" + name, Type: reflect.TypeFor[int]()},
		})
		local[i] = reflect.StructField{Name: name, Type: one}
	}
	fields := []byte{3, 2, types}
	for i := range local {
		fields = join(fields, []byte{1, byte(len(local[i].Name))}, []byte(local[i].Name), []byte{1}, gobInt(64), []byte{0})
	}
	data := join(sameFields(8000, "A", idInt), gobMessage(-65, fields, []byte{0, 0}), gobMessage(65, []byte{0}))
	target := reflect.New(reflect.StructOf(local))
	var err error
	spent := allocated(func() { err = DecodeValue(data, target) })
	if !errors.Is(err, ErrRefused) || spent > compiledBytesMax {
		t.Errorf("error %v after %d bytes, want ErrRefused before %d", err, spent, compiledBytesMax)
	}
}

// A name that is not registered, or a value of another type than its name says, is
// an error as it is for a fresh decoder.
func TestInterfacesThatCanNotBeDecoded(t *testing.T) {
	for name, data := range map[string][]byte{
		"unknown name":   bare(idInterface, inInterface("nobody", idInt, []byte{0, 2})),
		"another type":   bare(idInterface, inInterface("string", idInt, []byte{0, 2})),
		"no definition":  bare(idInterface, inInterface(listName, 64, []byte{0})),
		"no value":       bare(idInterface, []byte{3, 'i', 'n', 't'}),
		"not assignable": bare(idInterface, inInterface("int", idInt, []byte{0, 2})),
	} {
		for range rounds {
			var got, want error
			if name != "not assignable" {
				var v, w any
				got, want = Decode(data, &v), freshInto(data, &w)
			} else {
				var v, w error
				got, want = Decode(data, &v), freshInto(data, &w)
			}
			if got == nil || want == nil {
				t.Errorf("%s: error %v, a fresh decoder's %v", name, got, want)
			}
		}
	}
}

func ExampleDecodeMax() {
	data, err := Append(nil, make([]string, 1_000_000)) // a byte for each
	if err != nil {
		fmt.Println(err)
		return
	}
	var names []string
	err = DecodeMax(data, &names, 1<<20)
	var tooLarge *TooLargeError
	fmt.Println(errors.As(err, &tooLarge) && tooLarge.Bytes >= 8_000_000, len(names))
	// Output:
	// true 0
}

func ExampleCodec_DecodeCharged() {
	codec := Of(reflect.TypeFor[[]string]())
	data, err := Append(nil, make([]string, 200_000))
	if err != nil {
		fmt.Println(err)
		return
	}
	budget := int64(1 << 20)
	var names []string
	err = codec.DecodeCharged(data, reflect.ValueOf(&names).Elem(), 64<<20, chargeFunc(func(bytes int64) error {
		if bytes > budget {
			return errors.New("not now")
		}
		budget -= bytes
		return nil
	}))
	fmt.Println(err, len(names))
	// Output:
	// not now 0
}

type chargeFunc func(bytes int64) error

func (f chargeFunc) Charge(bytes int64) error { return f(bytes) }
