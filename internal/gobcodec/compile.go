package gobcodec

import (
	"reflect"
	"runtime"
	"slices"
)

// Memory that encoding/gob takes to compile a decoder for definitions, together with
// what the planner takes for its plans; measured, and rounded up.
// TestCostOfWideAndDeepTypes holds it against what is allocated.
const (
	compileStruct = 448
	compileField  = 192 // of a local struct, apart from its name and its chain
	compileSkip   = 160 // of a field that the local struct lacks
	compileOther  = 256 // of any type, for its plan
	// compileEmbedded is for an embedded struct in which a field is looked for.
	compileEmbedded = 256
	// compileSkipped is for a type of which a field that is skipped is made.
	compileSkipped = 160
	// compileLink is for a slice, array or map of which a field is made, apart from the names.
	compileLink = 96
	compileLeaf = 32 // for what is at the end of such a chain
)

// Memory that it takes a decoder and the planner to read definitions.
const (
	definerBytes    = 6 << 10 // for the first one: a decoder compiles what it reads definitions by
	definitionBytes = 512
	partBytes       = 128
	rawFactor       = 4 // times the bytes, which are names mostly, and quoted in errors
	definitionDepth = 3 // of the structs of which a definition consists
)

// Memory of remembering a decoder, besides the map of decoders, which is copied.
const (
	primedBytes    = 512
	processorBytes = 128 // of a pool, for each processor
)

// learn charges for remembering a decoder by prefix, and says if that is too much.
func (c *checker) learn(codec *Codec, prefix []byte) error {
	known := 1
	if decoders := codec.decoders.Load(); decoders != nil {
		known += len(*decoders)
	}
	c.charge(primedBytes + processorBytes*int64(runtime.GOMAXPROCS(0)) + 2*heapBytes(int64(len(prefix)), false) +
		2*decodersLayout.bytes(uint64(known)))
	return c.reason
}

// decodersLayout is of the map of a Codec's decoders.
var decodersLayout = layoutOf(reflect.TypeFor[map[string]*primed]())

// skippedLinks returns the number of types that encoding/gob compiles anew for each
// field of type id that it skips: those that are reached by way of arrays, slices
// and maps. Structs are compiled once.
func (pl *planner) skippedLinks(id int32) int64 {
	if n, ok := pl.skipped[id]; ok {
		return n
	}
	seen := make(map[int32]bool)
	var visit func(id int32)
	visit = func(id int32) {
		if d := pl.types[id]; d != nil && d.shape != shapeStruct && !seen[id] {
			seen[id] = true
			for _, part := range d.parts {
				visit(part)
			}
		}
	}
	visit(id)
	if pl.skipped == nil {
		pl.skipped = make(map[int32]int64)
	}
	pl.skipped[id] = int64(len(seen))
	return int64(len(seen))
}

// chain is the way of encoding/gob from the fields of a struct to what their types are
// made of (decOpFor and compatibleType in decode.go), by way of arrays, slices and maps.
// It goes that way for each field, but compiles a type only for the first field of it,
// and then makes names and errors for all of its parts in advance.
type chain struct {
	types    definitions
	compiled []reflect.Type
	path     []reflect.Type // from the field; a type that is made of itself ends it
	bytes    int64
}

// follow adds what is allocated for a field or a part of type t whose name has so many
// bytes. It may have been compiled before.
func (c *chain) follow(id int32, t reflect.Type, name int64, compiled bool) {
	c.bytes += compileLeaf
	if externalOf(t) != 0 || c.bytes > compiledBytesMax || slices.Contains(c.path, t) {
		return
	}
	if compiled = compiled || slices.Contains(c.compiled, t); !compiled {
		c.compiled = append(c.compiled, t)
	}
	c.path = append(c.path, t)
	for n := 0; t.Kind() == reflect.Pointer && n < pointersMax; n++ {
		t = t.Elem()
	}
	const (
		elementOf = int64(len("element of "))
		keyOf     = int64(len("key of "))
		overflow  = int64(len(`value for "" out of range`))
	)
	d := c.types[id]
	switch {
	case d == nil:
	case (t.Kind() == reflect.Slice || t.Kind() == reflect.Array) && len(d.parts) == 1:
		c.link(compiled, name+elementOf, name+elementOf+overflow)
		c.follow(d.parts[0], t.Elem(), name+elementOf, compiled)
	case t.Kind() == reflect.Map && d.shape == shapeMap:
		c.link(compiled, name+keyOf, name+elementOf, name+overflow)
		c.follow(d.parts[0], t.Key(), name+keyOf, compiled)
		c.follow(d.parts[1], t.Elem(), name+elementOf, compiled)
	}
	c.path = c.path[:len(c.path)-1]
}

// link adds what is allocated for a slice, array or map, and for its names if it is
// compiled now.
func (c *chain) link(compiled bool, names ...int64) {
	c.bytes += compileLink
	for _, n := range names {
		if !compiled {
			c.bytes += heapBytes(n, false)
		}
	}
}

// planTop is plan for the value of a message or an interface. encoding/gob takes the
// text of its type for its name.
func (pl *planner) planTop(id int32, t reflect.Type) *plan {
	p := pl.plan(id, t)
	if t == nil || pl.exceeded() {
		return p
	}
	if mismatched(p, 0) {
		return new(plan)
	}
	if key := (planKey{id, t}); !pl.tops[key] {
		if pl.tops == nil {
			pl.tops = make(map[planKey]bool)
		}
		pl.tops[key] = true
		name := int64(len(t.String()))
		c := chain{types: pl.types}
		c.follow(id, t, name, false)
		pl.compiled += 2*compileField + heapBytes(2*name, false) + c.bytes
	}
	return p
}

// mismatched says whether all values of a plan are refused, also those that are empty:
// encoding/gob looks into arrays, slices and maps before it sees the value.
func mismatched(p *plan, depth int) bool {
	if depth > definitionsMax {
		return false // of a type that is made of itself
	}
	switch p.op {
	case opRefuse:
		return true
	case opArray, opSlice, opMap:
		return slices.ContainsFunc(p.parts, func(part *plan) bool { return mismatched(part, depth+1) })
	}
	return false
}
