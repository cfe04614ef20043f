package shape

import (
	"fmt"
	"reflect"
	"slices"
	"time"
)

// A type that holds itself can't be made by reflection, so such types are unrolled, as
// many levels as are needed or affordable: the text that reflection makes of a type holds
// that of all the types in it.
const (
	levelsMax    = 64
	textBytesMax = 1 << 20  // of all types that are made for one
	valueBytes   = 16 << 20 // that a value may take before anything is in it
	nestingMax   = 200      // of types in each other
)

// GobBytes and BinaryBytes are what the kinds Gob and Binary are made into: the bytes of
// the encoding, whatever they mean.
type (
	GobBytes    []byte
	BinaryBytes []byte
)

// GobEncode implements gob.GobEncoder.
func (b GobBytes) GobEncode() ([]byte, error) { return b, nil }

// GobDecode implements gob.GobDecoder.
func (b *GobBytes) GobDecode(data []byte) error {
	*b = append(GobBytes{}, data...)
	return nil
}

// MarshalBinary implements encoding.BinaryMarshaler.
func (b BinaryBytes) MarshalBinary() ([]byte, error) { return b, nil }

// UnmarshalBinary implements encoding.BinaryUnmarshaler.
func (b *BinaryBytes) UnmarshalBinary(data []byte) error {
	*b = append(BinaryBytes{}, data...)
	return nil
}

// basic has the types of the kinds that are made of nothing else, but for those of which
// JSON has no values: complex numbers.
var basic = map[Kind]reflect.Type{
	"bool": reflect.TypeFor[bool](), "string": reflect.TypeFor[string](),
	"int": reflect.TypeFor[int64](), "int8": reflect.TypeFor[int8](), "int16": reflect.TypeFor[int16](),
	"int32": reflect.TypeFor[int32](), "int64": reflect.TypeFor[int64](),
	"uint": reflect.TypeFor[uint64](), "uint8": reflect.TypeFor[uint8](), "uint16": reflect.TypeFor[uint16](),
	"uint32": reflect.TypeFor[uint32](), "uint64": reflect.TypeFor[uint64](), "uintptr": reflect.TypeFor[uint64](),
	"float32": reflect.TypeFor[Float32](), "float64": reflect.TypeFor[Float64](),
	Bytes: reflect.TypeFor[[]byte](), Time: reflect.TypeFor[time.Time](),
	Gob: reflect.TypeFor[GobBytes](), Binary: reflect.TypeFor[BinaryBytes](),
}

// Built is a type that was made from a description.
type Built struct {
	Type reflect.Type
	// Cut has the structs that lack fields, because no further level was unrolled there.
	Cut map[reflect.Type]bool
}

// Build makes the type at index of a description that has passed Check, for values that
// hold themselves at most levels deep, or as deep as is affordable if levels is 0.
//
// Fields of types that have no values in JSON are left out: see Uncarried. A struct without
// fields, which gob does not encode, has one that JSON does not see.
func (l *Listing) Build(index, levels int) (Built, error) {
	if reason := l.Uncarried(index); reason != "" {
		return Built{}, fmt.Errorf("%s", reason)
	}
	tries := []int{levels}
	if levels == 0 {
		tries = []int{levelsMax, 56, 48, 40, 32, 28, 24, 20, 18, 16, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3}
	}
	err := fmt.Errorf("values that hold themselves %d levels deep are too deep: at most %d", levels, levelsMax)
	for _, levels := range tries {
		if levels > levelsMax {
			break
		}
		b := builder{Listing: l, recursive: recursive(l), sizes: map[level]size{}, types: map[level]reflect.Type{}}
		b.Cut = map[reflect.Type]bool{}
		b.size(level{index, levels}, 0)
		if b.text > textBytesMax || b.bytes > valueBytes || b.tooNested {
			err = fmt.Errorf("the type is too large to be made here")
			continue
		}
		b.Type = b.build(level{index, levels})
		if b.Type == nil || !b.Cut[b.Type] && b.isEmpty(index) {
			return Built{}, fmt.Errorf("the type has no fields that JSON can say")
		}
		return b.Built, nil
	}
	return Built{}, err
}

// level is a type at a depth: how often types that hold themselves may still be entered.
type level struct{ index, left int }

// size is what a type takes: its text, and its values.
type size struct{ text, bytes int }

type builder struct {
	*Listing
	Built
	recursive []bool // by index: the type holds itself
	sizes     map[level]size
	types     map[level]reflect.Type
	text      int // of all types
	bytes     int // of a value of the largest of them
	tooNested bool
}

// isEmpty says whether the type at index is a struct of which nothing is carried.
func (b *builder) isEmpty(index int) bool {
	if index = b.Deref(index); index < 0 {
		return true
	}
	fields := b.Types[index].Fields
	return len(fields) > 0 && !slices.ContainsFunc(fields, func(f Field) bool { return b.Uncarried(f.Type) == "" })
}

// below returns the level of what is in a type at l, or false if that is too deep.
func (b *builder) below(l level, index int) (level, bool) {
	if b.recursive[l.index] && b.Types[l.index].Kind != Pointer {
		l.left--
	}
	return level{index, l.left}, l.left >= 0
}

// size adds up what would be made, and makes nothing.
func (b *builder) size(l level, nesting int) size {
	if s, ok := b.sizes[l]; ok {
		return s
	}
	if nesting > nestingMax || b.text > textBytesMax {
		b.tooNested = b.tooNested || nesting > nestingMax
		return size{}
	}
	b.sizes[l] = size{} // pointers to themselves
	t := &b.Types[l.index]
	s := size{text: 16, bytes: 24}
	add := func(index, times int) {
		if in, ok := b.below(l, index); ok {
			elem := b.size(in, nesting+1)
			s.text = min(s.text+elem.text, 2*textBytesMax)
			s.bytes = min(s.bytes+min(times, valueBytes)*elem.bytes, 2*valueBytes)
		}
	}
	switch t.Kind {
	case Array:
		add(t.Elem, t.Len)
	case Slice, Pointer:
		add(t.Elem, 1)
	case Map:
		add(t.Key, 1)
		add(t.Elem, 1)
	case Struct:
		for _, f := range t.Fields {
			s.text += len(f.Name) + 2
			add(f.Type, 1)
		}
	}
	b.sizes[l] = s
	b.text = min(b.text+s.text, 2*textBytesMax)
	b.bytes = max(b.bytes, s.bytes)
	return s
}

// build returns the type at l, or nil if it can't be made, or is too deep.
func (b *builder) build(l level) reflect.Type {
	t, ok := b.types[l]
	if !ok {
		b.types[l] = nil // pointers to themselves
		t = b.make(l)
		b.types[l] = t
	}
	return t
}

func (b *builder) make(l level) reflect.Type {
	t := &b.Types[l.index]
	if known := basic[t.Kind]; known != nil {
		return known
	}
	if t.Kind == Struct {
		return b.makeStruct(l, t)
	}
	if b.Uncarried(l.index) != "" {
		return nil
	}
	in, ok := b.below(l, t.Elem)
	if !ok {
		return nil
	}
	elem := b.build(in)
	if elem == nil {
		return nil
	}
	switch t.Kind {
	case Array:
		return reflect.ArrayOf(t.Len, elem)
	case Slice:
		return reflect.SliceOf(elem)
	case Pointer:
		return reflect.PointerTo(elem)
	}
	return reflect.MapOf(b.build(level{b.Deref(t.Key), 0}), elem) // the key is basic
}

func (b *builder) makeStruct(l level, t *Type) reflect.Type {
	var fields []reflect.StructField
	cut := false
	for _, f := range t.Fields {
		if b.Uncarried(f.Type) != "" {
			continue
		}
		var made reflect.Type
		if in, ok := b.below(l, f.Type); ok {
			made = b.build(in)
		}
		if made == nil {
			cut = true
			continue
		}
		fields = append(fields, reflect.StructField{Name: f.Name, Type: made})
	}
	if len(fields) == 0 {
		fields = []reflect.StructField{{Name: "Nothing", Type: reflect.TypeFor[bool](), Tag: `json:"-"`}}
	}
	made := reflect.StructOf(fields)
	if cut {
		b.Cut[made] = true
	}
	return made
}

// Uncarried says why the type at index has no values in JSON, or "" if it has. Of a struct
// it says nothing: those of its fields that have none are left out.
func (l *Listing) Uncarried(index int) string {
	for range nestingMax {
		t := &l.Types[index]
		switch t.Kind {
		case Struct:
			return ""
		case Pointer, Slice, Array:
			index = t.Elem
		case Map:
			if key := l.Deref(t.Key); key < 0 || !isKey[l.Types[key].Kind] {
				return "JSON has no maps with keys that are neither strings nor whole numbers"
			}
			index = t.Elem
		case Interface:
			return "it is an interface: what is in it can't be told by JSON"
		case Unknown:
			return "gob does not carry it"
		case "complex64", "complex128":
			return "JSON has no complex numbers"
		default:
			if basic[t.Kind] == nil {
				return fmt.Sprintf("it is of the kind %.20q, which this version does not know", t.Kind)
			}
			return ""
		}
	}
	return "it is too deep, or holds itself without a struct in between"
}

// isKey has the kinds that are keys in JSON.
var isKey = map[Kind]bool{
	"string": true, "int": true, "int8": true, "int16": true, "int32": true, "int64": true,
	"uint": true, "uint8": true, "uint16": true, "uint32": true, "uint64": true, "uintptr": true,
}
