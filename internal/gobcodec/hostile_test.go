package gobcodec

import (
	"bytes"
	"errors"
	"fmt"
	"reflect"
	"runtime"
	"slices"
	"testing"
)

// The builders below write what a hostile peer would: gob that no encoder writes.

func gobUint(v uint64) []byte {
	if v < 128 {
		return []byte{byte(v)}
	}
	var digits []byte
	for ; v > 0; v >>= 8 {
		digits = append(digits, byte(v))
	}
	slices.Reverse(digits)
	return append([]byte{byte(-len(digits))}, digits...)
}

func gobInt(v int64) []byte {
	if v < 0 {
		return gobUint(uint64(^v)<<1 | 1)
	}
	return gobUint(uint64(v) << 1)
}

// gobMessage is a message of a type id and the parts.
func gobMessage(id int64, parts ...[]byte) []byte {
	body := append(gobInt(id), bytes.Join(parts, nil)...)
	return append(gobUint(uint64(len(body))), body...)
}

// defineStruct defines the type id as a struct with fields of the types parts,
// named A, B, C and so on.
func defineStruct(id int64, parts ...int64) []byte {
	b := []byte{3, 1, 1, 1, 'S', 0, 1, byte(len(parts))}
	for i, part := range parts {
		b = append(b, 1, 1, 'A'+byte(i), 1)
		b = append(append(b, gobInt(part)...), 0)
	}
	return gobMessage(-id, b, []byte{0, 0})
}

// defineSlice and defineMap define the type id as a slice or a map.
func defineSlice(id, elem int64) []byte {
	return gobMessage(-id, []byte{2, 1, 1, 1, 'L', 0, 1}, gobInt(elem), []byte{0, 0})
}

func defineMap(id, key, elem int64) []byte {
	return gobMessage(-id, []byte{4, 1, 1, 1, 'M', 0, 1}, gobInt(key), []byte{1}, gobInt(elem), []byte{0, 0})
}

func defineArray(id, elem, length int64) []byte {
	return gobMessage(-id, []byte{1, 1, 1, 1, 'R', 0, 1}, gobInt(elem), []byte{1}, gobInt(length), []byte{0, 0})
}

func join(messages ...[]byte) []byte { return bytes.Join(messages, nil) }

type (
	hasInts    struct{ A []int }
	hasMap     struct{ A map[string]int }
	hasKeys    struct{ A map[ints]ints }
	list       struct{ A *list }
	lists2     struct{ A [][]lists2 }
	plainInt   struct{ B int }
	hasArray   struct{ A [1 << 20]int }
	hasStrings struct{ A []string }
)

// hostile are the attacks, and the local types each is sent to: one that has
// what is attacked and one that ignores it.
var hostile = []struct {
	name    string
	data    []byte
	targets []any
	want    error
}{
	{
		"a list of four million nodes",
		join(defineStruct(64, 64, idInt), gobMessage(64, bytes.Repeat([]byte{1}, 4<<20))),
		[]any{new(list), new(plainInt)}, ErrRefused,
	},
	{
		"a list of four million nodes in an unknown field",
		join(defineStruct(64, 65, idInt), defineStruct(65, 65), gobMessage(64, bytes.Repeat([]byte{1}, 4<<20))),
		[]any{new(list), new(plainInt)}, ErrRefused,
	},
	{
		"slices in slices, four million deep",
		join(defineStruct(64, 65, idInt), defineSlice(65, 66), defineSlice(66, 64), gobMessage(64, bytes.Repeat([]byte{1, 1, 1}, 4<<20))),
		[]any{new(lists2), new(plainInt)}, ErrRefused,
	},
	{
		"a map that says it has 2^26 entries",
		join(defineStruct(64, 65, idInt), defineMap(65, idString, idInt), gobMessage(64, []byte{1}, gobUint(1<<26))),
		[]any{new(hasMap), new(plainInt)}, ErrRefused,
	},
	{
		"a map of 2^62 structs that have no bytes",
		join(defineStruct(64, 65, idInt), defineMap(65, 66, 66), defineStruct(66, idInt), gobMessage(64, []byte{1}, gobUint(1<<62))),
		[]any{new(hasKeys), new(plainInt)}, ErrRefused,
	},
	{
		"a slice that says it has a million elements",
		join(defineStruct(64, 65, idInt), defineSlice(65, idInt), gobMessage(64, []byte{1}, gobUint(1<<20), []byte{2})),
		[]any{new(hasInts), new(plainInt)}, ErrRefused,
	},
	{
		"a slice whose count is negative as an int",
		join(defineStruct(64, 65, idInt), defineSlice(65, idString), gobMessage(64, []byte{1}, gobUint(1<<63), []byte{2})),
		[]any{new(hasStrings), new(plainInt)}, ErrRefused,
	},
	{
		"an array longer than the bytes",
		join(defineStruct(64, 65, idInt), defineArray(65, idInt, 1<<20), gobMessage(64, []byte{1}, gobUint(1<<20), []byte{2})),
		[]any{new(hasArray), new(plainInt)}, ErrRefused,
	},
	{
		"a message that says it has 9 MB",
		append(gobUint(9<<20), 0xff, 0x80, 0),
		[]any{new(plainInt), new(int), new(string)}, ErrMalformed,
	},
	{
		"a struct that says it has a million fields",
		join(gobMessage(-64, []byte{3, 1, 1, 1, 'S', 0, 1}, gobUint(1<<20), []byte{0}), gobMessage(64, []byte{0})),
		[]any{new(plainInt)}, ErrRefused,
	},
	{
		"a struct with a million fields without names",
		join(gobMessage(-64, []byte{3, 1, 1, 1, 'S', 0, 1}, gobUint(1<<20), make([]byte, 1<<20), []byte{0, 0}), gobMessage(64, []byte{0})),
		[]any{new(plainInt)}, ErrRefused,
	},
	{
		"100,000 definitions",
		join(slices.Concat(manyDefinitions(100_000)...), gobMessage(64, []byte{2, 2, 0})),
		[]any{new(plainInt)}, ErrRefused,
	},
	{
		"2,000 definitions",
		join(slices.Concat(manyDefinitions(2000)...), gobMessage(64, []byte{2, 2, 0})),
		[]any{new(plainInt)}, ErrRefused,
	},
	{
		"a definition of a megabyte",
		join(gobMessage(-64, []byte{3, 1, 1}, gobUint(1<<20), make([]byte, 1<<20), []byte{0, 0, 0}), gobMessage(64, []byte{0})),
		[]any{new(plainInt)}, ErrRefused,
	},
	{
		"a type that is an array and a struct at once",
		join(gobMessage(-64, []byte{1, 1, 1, 1, 'R', 0, 1, 4, 1, 0, 0}, []byte{2, 1, 1, 1, 'S', 0, 1, 1, 1, 1, 'B', 1, 4, 0, 0, 0}), gobMessage(64, []byte{1, 2, 0})),
		[]any{new(plainInt)}, ErrRefused,
	},
	{
		"a type that is defined twice",
		join(defineStruct(64, 64, idInt), defineStruct(64, idInt, idInt), gobMessage(64, []byte{2, 2, 0})),
		[]any{new(plainInt)}, ErrRefused,
	},
	{
		"a built-in type that is defined",
		join(defineStruct(20, idInt, idInt), gobMessage(20, []byte{2, 2, 0})),
		[]any{new(plainInt)}, ErrRefused,
	},
	{
		"an empty value of a type by which gob describes types",
		gobMessage(18, []byte{0}),
		[]any{new(plainInt), new(struct{}), new(struct{ Name string }), new(int)}, ErrRefused,
	},
	{
		"a value of such a type with a field of the same name",
		gobMessage(18, []byte{1, 1, 'x', 0}),
		[]any{new(struct{ Name string })}, ErrRefused,
	},
	{
		"a field of such a type",
		join(defineStruct(64, 18, idInt), gobMessage(64, []byte{2, 2, 0})),
		[]any{new(plainInt), new(struct{ A struct{ Name string } })}, ErrRefused,
	},
	{
		"a value whose id is a definition's in 32 bits",
		join(defineStruct(64, idInt, idInt), gobMessage(1<<32-65, []byte{2, 2, 0})),
		[]any{new(plainInt)}, ErrMalformed,
	},
	{
		"an interface at the top",
		gobMessage(idInterface, []byte{0, 1, 'x'}, gobInt(2), []byte{2, 0, 2}),
		[]any{new(plainInt), new(int)}, ErrRefused,
	},
	{
		"an unknown field with an interface that says its value has 2^40 bytes",
		join(defineStruct(64, idInterface, idInt), gobMessage(64, []byte{1, 1, 'x'}, gobInt(2), gobUint(1<<40), []byte{2})),
		[]any{new(plainInt)}, ErrRefused,
	},
}

func manyDefinitions(n int) [][]byte {
	all := make([][]byte, n)
	for i := range all {
		id := int64(64 + i)
		all[i] = defineStruct(id, id+1, idInt)
	}
	return all
}

func TestHostileBytesAreRefusedAtNoCost(t *testing.T) {
	for _, attack := range hostile {
		for _, target := range attack.targets {
			t.Run(fmt.Sprintf("%s/%T", attack.name, target), func(t *testing.T) {
				for range rounds {
					spent := allocated(func() {
						if err := Decode(attack.data, target); !errors.Is(err, attack.want) {
							t.Errorf("error %v, want %v", err, attack.want)
						}
					})
					// A refusal costs the definitions, as read; hardly more than their bytes.
					if spent > 1<<20 {
						t.Errorf("%d bytes allocated for an attack of %d", spent, len(attack.data))
					}
				}
			})
		}
	}
}

// The same attacks on a decoder that is primed with the definitions.
func TestHostileValuesAreRefusedWhenPrimed(t *testing.T) {
	for _, attack := range hostile {
		prefix, _, ok := split(attack.data)
		if !ok || len(prefix) == 0 {
			continue
		}
		for _, target := range attack.targets {
			honest := append(bytes.Clone(prefix), gobMessage(64, []byte{2, 2, 0})...)
			if Decode(honest, target) != nil {
				continue // the definitions are the attack, or the type has no B
			}
			if err := Decode(attack.data, target); !errors.Is(err, attack.want) {
				t.Errorf("%s: error %v, want %v", attack.name, err, attack.want)
			}
			if err := Decode(honest, target); err != nil {
				t.Errorf("%s: an honest value after it: %v", attack.name, err)
			}
		}
	}
}

// A value may have another type than the one that was defined in front of it.
func TestValuesOfAnotherTypeAreNotTakenForFlatStructs(t *testing.T) {
	definition := defineStruct(65, idInt, idInt)
	fields := []byte{1, 6, 1, 8, 0} // A is 3, B is 4
	var got ints
	for _, id := range []int64{65, 66, 18, idInt, idString, 65} {
		data := append(slices.Clone(definition), gobMessage(id, fields)...)
		wantErr := freshInto(data, new(ints))
		if (wantErr == nil) != (id == 65) {
			t.Fatalf("id %d: a fresh decoder's error is %v", id, wantErr)
		}
		for round := range rounds {
			if err := Decode(data, &got); (err == nil) != (id == 65) {
				t.Errorf("id %d, round %d: decoded %+v, error %v, a fresh decoder's %v", id, round, got, err, wantErr)
			}
		}
	}
}

func TestNestingHasALimit(t *testing.T) {
	for _, c := range []struct {
		nodes int
		want  error
	}{{depthMax, nil}, {depthMax + 1, ErrRefused}} {
		var in *list
		for range c.nodes {
			in = &list{A: in}
		}
		data, err := Append(nil, in)
		if err != nil {
			t.Fatal(err)
		}
		for range rounds {
			var out list
			err := Decode(data, &out)
			if !errors.Is(err, c.want) {
				t.Errorf("%d nodes: error %v, want %v", c.nodes, err, c.want)
			}
			if err == nil && !reflect.DeepEqual(*in, out) {
				t.Errorf("%d nodes: decoded differently", c.nodes)
			}
		}
	}
}

// allocated returns the bytes that f allocates, the smallest of three runs,
// because other tests may run meanwhile.
func allocated(f func()) uint64 {
	least := ^uint64(0)
	for range 3 {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		f()
		runtime.ReadMemStats(&after)
		least = min(least, after.TotalAlloc-before.TotalAlloc)
	}
	return least
}
