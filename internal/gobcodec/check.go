package gobcodec

import "fmt"

// PROTOCOL 10.5: "No bytes from outside panic." encoding/gob does worse with
// some: it overflows the stack with a list that is long enough, also in a field
// that the local type lacks, makes maps as large as a count says, and skips maps
// of empty structs for ever.

// checker walks a value by its definitions, as encoding/gob will, and fails
// where a count, a length or a depth is not borne out by the bytes.
type checker struct {
	cursor             // what is left of the current message
	later  cursor      // the messages after it
	types  definitions // grows where an interface defines more
	bytes  int         // definition bytes so far
	depth  int
}

// check walks the first value in data, whose type must not hold an interface
// here, though it may at the sender. It returns the types that data defines.
// DEVIATION D15: an original decodes whatever gob accepts.
func check(data []byte) (definitions, error) {
	c := checker{later: cursor{b: data}, types: make(definitions)}
	for {
		c.next()
		id := c.typeID()
		if id >= 0 || c.bad {
			c.top(id)
			break
		}
		c.define(id)
		if len(c.b) > 0 {
			c.fail()
		}
	}
	if c.bad {
		return nil, c.refused()
	}
	return c.types, nil
}

// checkValue walks a value message whose types are known and hold no interface.
func (ds definitions) checkValue(message []byte) error {
	c := checker{later: cursor{b: message}, types: ds}
	c.next()
	c.top(c.typeID())
	if c.bad {
		return c.refused()
	}
	return nil
}

func (c *checker) refused() error {
	return fmt.Errorf("%w: a count, length or definition exceeds what is there, or nesting exceeds %d", ErrRefused, depthMax)
}

// next moves on to the next message. A failure stays.
func (c *checker) next() {
	if !c.bad {
		c.cursor = c.later.message()
	}
}

// define reads the definition of the type -id.
func (c *checker) define(id int32) {
	before := len(c.b)
	d := c.definition()
	c.bytes += before - len(c.b)
	id = -id
	if _, twice := c.types[id]; twice || id < idUserFirst || c.bytes > definitionBytesMax || len(c.types) == definitionsMax {
		c.fail()
	}
	if c.bad {
		return
	}
	c.types[id] = d
}

// top walks the value of a message of type id. All but structs have a zero in front.
func (c *checker) top(id int32) {
	d, defined := c.types[id]
	isStruct := defined && d.shape == shapeStruct
	if id == idInterface || !isStruct && c.uint() != 0 {
		c.fail()
		return
	}
	c.value(id)
}

// value walks a value of type id.
func (c *checker) value(id int32) {
	switch id {
	case idBool, idInt, idUint, idFloat:
		c.uint()
	case idComplex:
		c.uint()
		c.uint()
	case idBytes, idString:
		c.take(c.uint())
	case idInterface:
		c.dynamic()
	default:
		d, ok := c.types[id]
		if !ok || c.depth == depthMax {
			c.fail()
			return
		}
		c.depth++
		c.defined(&d)
		c.depth--
	}
}

// defined walks a value of a type that the peer has defined.
func (c *checker) defined(d *definition) {
	switch d.shape {
	case shapeStruct:
		c.fields(d.parts)
	case shapeArray:
		if n := c.uint(); n != d.length {
			c.fail()
		} else {
			c.elements(n, d.parts)
		}
	case shapeSlice, shapeMap:
		c.elements(c.uint(), d.parts)
	default: // a type that encodes itself
		c.take(c.uint())
	}
}

// fields walks a struct. Like encoding/gob it takes the end of the message for
// the end of the struct: so a nil pointer inside a pointer is encoded.
func (c *checker) fields(parts []int32) {
	field := -1
	for len(c.b) > 0 {
		delta := c.uint()
		if delta == 0 {
			return
		}
		if delta > uint64(len(parts)-1-field) {
			c.fail()
			return
		}
		field += int(delta)
		c.value(parts[field])
	}
}

// elements walks n elements, each made of a value of every part. A value has at
// least a byte.
func (c *checker) elements(n uint64, parts []int32) {
	if n > uint64(len(c.b)/len(parts)) {
		c.fail()
		return
	}
	for ; n > 0 && !c.bad; n-- {
		for _, id := range parts {
			c.value(id)
		}
	}
}

// dynamic walks an interface, which encoding/gob will skip: the name of a type,
// definitions, a type id, a length, the value. Definitions may end a message;
// the value is then in a later one. A nil interface is an empty name and nothing
// else, but encoding/gob reads on when it skips one, and so does this.
func (c *checker) dynamic() {
	c.take(c.uint())
	for {
		if len(c.b) == 0 {
			c.next()
		}
		id := c.typeID()
		if c.bad || id >= 0 {
			break
		}
		c.define(id)
		if len(c.b) > 0 {
			c.uint()
		}
	}
	c.take(c.uint())
}
