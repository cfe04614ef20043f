package gobcodec

import (
	"encoding"
	"encoding/gob"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"time"
	"unicode"
	"unicode/utf8"
)

// A plan says how the values of a type on the wire are walked, and what is
// allocated to decode one into a local type, or to skip it where there is none.
// Values are read (read.go) and written (write.go) by it, too. Plans of recursive
// types are cyclic.
type plan struct {
	op       op
	made     bool  // whether a slice is made, and not skipped
	pointers bool  // whether its elements have pointers
	indirect bool  // whether the local type is a pointer to such values
	bits     uint8 // of a number that is not skipped
	run      run   // of a slice or an array that is not skipped
	// each is what encoding/gob allocates for every value, whatever it holds: what
	// pointers to it point to, and the decoder's own records. own is the former alone.
	each, own int64
	size      int64      // of an element of a slice, in bytes of memory
	length    uint64     // of an array
	parts     []*plan    // of the element; of the key and the element; of each field
	index     []int32    // of each field in the local struct; skipped for none. Nil if all are
	layout    *mapLayout // of a map; nil if it is skipped
}

// skipped is the index of a field that the local struct lacks.
const skipped = -1

// op says what to read of a value.
type op uint8

const (
	opRefuse    op = iota // such values can't be decoded
	opTwice               // such a value is of a field that was there before
	opNumber              // a number that is skipped
	opBool                // one that is decoded
	opInt                 // the same
	opUint                // the same
	opFloat               // the same
	opComplex             // two numbers
	opSkip                // a length, and bytes for which nothing is allocated
	opString              // the same, copied to a string
	opBytes               // the same, copied to a slice of bytes
	opExternal            // the same, handed to a method of the type
	opTime                // the same, of time.Time
	opStruct              // fields
	opArray               // a length that is known, elements
	opSlice               // a count, elements
	opMap                 // a count, keys and elements
	opInterface           // a name, definitions, a value
	opSkipInterface
)

// Allocations of encoding/gob besides the value (decode.go), in size classes.
const (
	instruction = 64 // a decInstr, which every run of elements has
	noError     = 16 // an error made in advance, where elements are skipped
	stateBytes  = 32 // a decoderState, of which there is one for each open struct
)

// planKey is a type on the wire and the local type it is decoded into, nil if none.
type planKey struct {
	id    int32
	local reflect.Type
}

// errMismatch means that a value is not of the local type it is decoded into. The
// error of encoding/gob says which types those are, and some of them it describes down
// to the last field, though nobody may have asked.
var errMismatch = errors.New("the value is of another type")

// errTwice means that a value sets a field twice.
var errTwice = fmt.Errorf("%w: it may set a field twice", ErrRefused)

// planner makes the plans for the definitions of one run of messages.
type planner struct {
	types definitions
	plans map[planKey]*plan
	// compiled is what it takes encoding/gob and the planner to compile the plans.
	compiled int64
	skipped  map[int32]int64  // the number of types that skipping a field compiles
	tops     map[planKey]bool // types of whole values that are compiled
	traits   planTraits
}

// planTraits is what a planner knows of all its plans.
type planTraits struct {
	foreign bool // some values can't be read or written by them: encoding/gob has to
	texts   bool // there are strings or bytes
	maps    bool // there are maps to be made
	skips   bool // some fields are skipped
	made    bool // there are pointers, slices or maps, or other objects to be made
}

// exceeded says whether compiling takes too much. The plans are not complete then.
func (pl *planner) exceeded() bool { return pl.compiled > compiledBytesMax }

// plan returns the plan of values of type id that are decoded into t, or skipped
// if t is nil.
func (pl *planner) plan(id int32, t reflect.Type) *plan {
	key := planKey{id, t}
	if p := pl.plans[key]; p != nil {
		return p
	}
	p := new(plan)
	if pl.exceeded() {
		return p
	}
	if pl.plans == nil {
		pl.plans = make(map[planKey]*plan)
	}
	pl.plans[key] = p // before its parts, which may be of the same type
	pl.compiled += compileOther
	if t == nil {
		pl.skip(p, id)
	} else {
		pl.decode(p, id, t)
	}
	return p
}

// skip completes the plan of values that are skipped.
func (pl *planner) skip(p *plan, id int32) {
	d := pl.types[id]
	switch {
	case d == nil:
		p.op = basicSkips[max(0, min(int(id), len(basicSkips)-1))]
		pl.note(p)
	case d.shape == shapeStruct:
		p.op = opStruct
		p.parts = make([]*plan, len(d.parts))
		pl.compiled += compileStruct
		for i, part := range d.parts {
			if pl.compiled += compileSkip + compileSkipped*pl.skippedLinks(part); pl.exceeded() {
				return
			}
			p.parts[i] = pl.plan(part, nil)
		}
	case d.shape == shapeArray:
		p.op, p.length, p.each = opArray, d.length, instruction+noError
		p.parts = []*plan{pl.plan(d.parts[0], nil)}
	case d.shape == shapeSlice:
		p.op, p.each = opSlice, instruction+noError
		p.parts = []*plan{pl.plan(d.parts[0], nil)}
	case d.shape == shapeMap:
		p.op, p.each = opMap, 2*(instruction+noError)
		p.parts = []*plan{pl.plan(d.parts[0], nil), pl.plan(d.parts[1], nil)}
	default:
		p.op = opSkip
	}
}

// basicSkips are the ops by which the types that need no definition are skipped,
// by id. The last is of ids that are not defined, though they should be.
var basicSkips = [...]op{
	idBool: opNumber, idInt: opNumber, idUint: opNumber, idFloat: opNumber, idComplex: opComplex,
	idBytes: opSkip, idString: opSkip, idInterface: opSkipInterface, idInterface + 1: opRefuse,
}

// decode completes the plan of values that are decoded into t. Where the types do
// not match the plan refuses all values, and encoding/gob all definitions.
func (pl *planner) decode(p *plan, id int32, t reflect.Type) {
	self := externalOf(t)
	for range pointersMax {
		if t.Kind() != reflect.Pointer {
			break
		}
		t = t.Elem()
		p.indirect, p.each = true, p.each+newBytes(t)
	}
	p.own = p.each
	defer pl.note(p)
	d := pl.types[id]
	switch {
	case t.Kind() == reflect.Pointer: // to itself, or as good as
	case self != 0:
		pl.external(p, d, self, t)
	case d == nil && basicID(t) == id && id != 0:
		p.op, p.bits = basicOps[id], bitsOf(t)
	case t.Kind() == reflect.Interface && id == idInterface:
		p.op = opInterface
	case d == nil:
	case d.shape == shapeStruct && t.Kind() == reflect.Struct:
		p.op = opStruct
		pl.fields(p, d, t)
	case d.shape == shapeArray && t.Kind() == reflect.Array && d.length == uint64(t.Len()):
		p.op, p.length, p.run = opArray, d.length, runOf(t)
		p.each += elementsBytes(t)
		p.parts = []*plan{pl.plan(d.parts[0], t.Elem())}
	case d.shape == shapeSlice && t.Kind() == reflect.Slice && t.Elem().Kind() != reflect.Uint8:
		p.op, p.made, p.size, p.pointers = opSlice, true, int64(t.Elem().Size()), hasPointers(t.Elem())
		p.run = runOf(t)
		p.each += elementsBytes(t)
		p.parts = []*plan{pl.plan(d.parts[0], t.Elem())}
	case d.shape == shapeMap && t.Kind() == reflect.Map:
		p.op, p.layout = opMap, layoutOf(t)
		p.each += 2*instruction + newBytes(t.Key()) + newBytes(t.Elem())
		p.parts = []*plan{pl.plan(d.parts[0], t.Key()), pl.plan(d.parts[1], t.Elem())}
	}
}

// note notes the traits of a plan that is complete but for its parts.
func (pl *planner) note(p *plan) {
	switch p.op {
	case opRefuse, opTwice, opExternal, opInterface, opSkipInterface:
		pl.traits.foreign = true
	case opString, opBytes:
		pl.traits.texts = true
	case opSlice, opMap, opTime:
		pl.traits.made = true
	}
	if p.indirect {
		pl.traits.made = true
	}
	if p.op == opMap {
		pl.traits.maps = true
	}
}

// bitsOf returns the size of a number of type t, and of each half of a complex one; 0 if
// it is something else.
func bitsOf(t reflect.Type) uint8 {
	switch basicID(t) {
	case idInt, idUint, idFloat:
		return uint8(t.Bits())
	case idComplex:
		return uint8(t.Bits() / 2)
	}
	return 0
}

// pointersMax bounds the pointers to pointers of a local type.
const pointersMax = 100

// basicOps are the ops by which the types that need no definition are decoded, by id.
var basicOps = [...]op{
	idBool: opBool, idInt: opInt, idUint: opUint, idFloat: opFloat, idComplex: opComplex,
	idBytes: opBytes, idString: opString, idInterface: opInterface,
}

// fields completes the plan of a struct d that is decoded into t.
func (pl *planner) fields(p *plan, d *definition, t reflect.Type) {
	p.parts, p.index = make([]*plan, len(d.parts)), make([]int32, len(d.parts))
	pl.compiled += compileStruct
	lookUp := compileEmbedded * embeddedIn(t, 0)
	var taken [][]int
	c := chain{types: pl.types}
	for i, part := range d.parts {
		if pl.compiled += lookUp; pl.exceeded() {
			return
		}
		name := string(d.names[i])
		f, ok := t.FieldByName(name)
		if first, _ := utf8.DecodeRuneInString(name); !ok || !unicode.IsUpper(first) {
			pl.compiled += compileSkip + int64(len(name)) + compileSkipped*pl.skippedLinks(part)
			p.parts[i], p.index[i] = pl.plan(part, nil), skipped
			pl.traits.skips = true
			continue
		}
		c.bytes = compileField + 3*int64(len(name))
		c.follow(part, f.Type, int64(len(name)), false)
		pl.compiled += c.bytes
		if overlaps(f.Index, taken) {
			p.parts[i] = &plan{op: opTwice}
			pl.note(p.parts[i])
			continue
		}
		if p.index[i] = int32(f.Index[0]); len(f.Index) > 1 {
			pl.traits.foreign = true // it is in a struct that may not be there
		}
		taken = append(taken, f.Index)
		p.parts[i] = pl.plan(part, f.Type)
	}
}

// embeddedIn returns the number of structs that are embedded in t, directly or in one
// another: a name is looked for in all of them.
func embeddedIn(t reflect.Type, depth int) (n int64) {
	for i := range t.NumField() {
		f := t.Field(i)
		if f.Type.Kind() == reflect.Pointer {
			f.Type = f.Type.Elem()
		}
		if f.Anonymous && f.Type.Kind() == reflect.Struct && depth < embeddedMax {
			n += 1 + embeddedIn(f.Type, depth+1)
		}
	}
	return n
}

// embeddedMax bounds the depth to which structs that are embedded are counted. They
// may embed themselves.
const embeddedMax = 8

// overlaps says whether the field at index is one of those taken, in one of them,
// or has one of them in it. A value that sets a field twice adds to the map that it
// has made before, which then grows in another way than is counted. No encoder
// writes such a value.
func overlaps(index []int, taken [][]int) bool {
	return slices.ContainsFunc(taken, func(other []int) bool {
		n := min(len(index), len(other))
		return slices.Equal(index[:n], other[:n])
	})
}

// external completes the plan of a type that decodes itself.
func (pl *planner) external(p *plan, d *definition, self shape, t reflect.Type) {
	switch {
	case d == nil || d.shape != self:
	case t == reflect.TypeFor[time.Time]():
		p.op = opTime
	default:
		p.op = opExternal
	}
}

// externalOf says by which method a type decodes itself: that of a gob encoder's
// or that of a binary marshaler's values. It is 0 for all others. Methods are
// looked for as encoding/gob does (type.go, implementsInterface).
func externalOf(t reflect.Type) shape {
	if implements(t, reflect.TypeFor[gob.GobDecoder]()) {
		return shapeGobEncoder
	}
	if implements(t, reflect.TypeFor[encoding.BinaryUnmarshaler]()) {
		return shapeBinaryMarshaler
	}
	return 0
}

func implements(t, method reflect.Type) bool {
	for base, n := t, 0; n <= pointersMax; n++ {
		if base.Implements(method) {
			return true
		}
		if base.Kind() != reflect.Pointer {
			break
		}
		base = base.Elem()
	}
	return t.Kind() != reflect.Pointer && reflect.PointerTo(t).Implements(method)
}

// elementsBytes returns what encoding/gob allocates to go through the elements of
// a slice or an array of type t. For basic kinds it tries a loop of its own
// (dec_helpers.go), which takes an array as a slice. That loop declines where the
// types have names; then, and for all other kinds, it makes an instruction.
func elementsBytes(t reflect.Type) (bytes int64) {
	elem := t.Elem()
	if basicID(elem) == 0 || elem.Kind() == reflect.Uint8 || elem.Kind() == reflect.Slice {
		return instruction
	}
	if elem.PkgPath() != "" || t.Kind() == reflect.Slice && t.Name() != "" {
		bytes = instruction
	}
	if t.Kind() == reflect.Array {
		return bytes + sliceHeader
	}
	return bytes + viaInterface
}
