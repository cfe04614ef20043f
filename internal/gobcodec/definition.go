package gobcodec

// Type ids that need no definition. The ids from 9 to 63 belong to encoding/gob.
const (
	idBool = 1 + iota
	idInt
	idUint
	idFloat
	idBytes
	idString
	idComplex
	idInterface

	idUserFirst = 64
)

// reserved says whether an id is one of those by which encoding/gob describes types, or
// keeps for later. It reads values of the former into structs of the program, but no
// encoder writes them.
func reserved(id int32) bool { return id > idInterface && id < idUserFirst }

// shape says how the values of a defined type are laid out.
type shape uint8

// The shapes, in the order of the fields of gob's own description of a type.
const (
	shapeArray shape = iota
	shapeSlice
	shapeStruct
	shapeMap
	shapeGobEncoder
	shapeBinaryMarshaler
	shapeTextMarshaler
	shapes
)

// external says whether the values are written by a method of their type.
func (s shape) external() bool { return s >= shapeGobEncoder }

// definition describes a type that a peer has defined.
type definition struct {
	shape  shape
	length uint64   // of an array
	parts  []int32  // type ids: of the element; of the key and the element; of each field
	names  [][]byte // of the fields; they and raw belong to whoever passed the bytes
	raw    []byte   // the description itself
}

// definitions are the types a peer has defined, by id.
type definitions map[int32]*definition

// definition reads the description of a type. It fails on anything that no
// encoder writes, because then encoding/gob might read it in another way.
func (c *cursor) definition() *definition {
	d := &definition{raw: c.b[c.at:]}
	variants := 0
	c.eachField(int(shapes), func(variant int) {
		variants++
		d.shape = shape(variant)
		switch d.shape {
		case shapeArray:
			c.container(d, 1, true)
		case shapeSlice:
			c.container(d, 1, false)
		case shapeMap:
			c.container(d, 2, false)
		case shapeStruct:
			c.structure(d)
		default:
			c.container(d, 0, false)
		}
	})
	if variants != 1 {
		c.fail()
	}
	d.raw = d.raw[:len(d.raw)-c.left()]
	return d
}

// eachField calls visit with the number of each field that is present in a
// struct of n fields; visit reads the field.
func (c *cursor) eachField(n int, visit func(field int)) {
	field := -1
	for delta := c.uint(); delta > 0; delta = c.uint() {
		if delta > uint64(n-1-field) {
			c.fail()
			return
		}
		field += int(delta)
		visit(field)
	}
}

// container reads the struct that describes an array, a slice, a map or a type
// that encodes itself: its name, the type ids of its parts, its length.
func (c *cursor) container(d *definition, parts int, hasLength bool) {
	d.parts = make([]int32, parts)
	fields := 1 + parts
	if hasLength {
		fields++
	}
	c.eachField(fields, func(field int) {
		switch {
		case field == 0:
			c.name()
		case field <= parts:
			d.parts[field-1] = c.partID()
		default:
			d.length = uint64(c.int())
		}
	})
}

// structure reads the description of a struct: its name, then name and type id
// of each field.
func (c *cursor) structure(d *definition) {
	c.eachField(2, func(field int) {
		if field == 0 {
			c.name()
			return
		}
		n := c.uint()
		if n > uint64(min(c.left(), definitionBytesMax)) {
			c.fail()
			return
		}
		d.parts, d.names = make([]int32, n), make([][]byte, n)
		for i := range d.parts {
			d.names[i], d.parts[i] = c.name()
		}
	})
}

// name reads a name with its type id.
func (c *cursor) name() (name []byte, id int32) {
	c.eachField(2, func(field int) {
		if field == 0 {
			name = c.take(c.uint())
			return
		}
		id = c.partID()
	})
	return name, id
}

// partID reads a type id inside a description; encoding/gob refuses one that
// takes more than 32 bits there, and no encoder writes one that is reserved.
func (c *cursor) partID() int32 {
	id := c.int()
	if id != int64(int32(id)) || reserved(int32(id)) {
		c.fail()
	}
	return int32(id)
}

// hasInterface says whether a value of these types can hold an interface, and
// with it definitions of its own.
func (ds definitions) hasInterface() bool {
	for _, d := range ds {
		for _, id := range d.parts {
			if id == idInterface {
				return true
			}
		}
	}
	return false
}
