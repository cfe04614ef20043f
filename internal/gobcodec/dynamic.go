package gobcodec

import (
	"fmt"
	"maps"
	"reflect"
	"sync"
	"sync/atomic"
)

// Values in interfaces: the name of a type, definitions, a type id, a length, the
// value. Definitions may end a message; the value is then in a later one.

// dynamic walks an interface that is decoded. A nil one is an empty name and
// nothing else.
func (c *checker) dynamic() {
	name := c.take(c.uint())
	if len(name) == 0 {
		return
	}
	if len(name) > nameBytesMax {
		c.fail()
		return
	}
	// A string of the name, and one that is looked up.
	c.charge(16 + heapBytes(int64(len(name)), false))
	id := c.definitionsAndID()
	length := c.uint() // ignored by encoding/gob
	if c.bad {
		return
	}
	t := c.concrete(name, id, c.b[c.at:][:min(length, uint64(c.left()))])
	if c.bad {
		return
	}
	// A variable of the type, and unless it is a pointer, a copy in the interface.
	c.charge(2 * newBytes(t))
	c.top(c.plan(id, t))
}

// nameBytesMax is how long encoding/gob allows the name of a type to be.
const nameBytesMax = 1024

// skipDynamic walks an interface that is skipped. encoding/gob reads on after an
// empty name, and so does this. It does not look into the value.
func (c *checker) skipDynamic() {
	c.take(c.uint())
	c.definitionsAndID()
	c.take(c.uint())
}

// definitionsAndID reads definitions, and returns the type id of the value after them.
func (c *checker) definitionsAndID() int32 {
	for {
		if c.left() == 0 {
			c.next()
		}
		id := c.typeID()
		if c.bad || id >= 0 {
			return id
		}
		c.define(id)
		if c.left() > 0 {
			c.uint()
		}
	}
}

// The type of a value in an interface is the one that the program has registered
// under its name. encoding/gob does not say which that is, but it makes such
// values: so for every name that is met for the first time it is given an empty
// value, and what it makes of that has the type.

// concreteTypes holds the types of names, of which there are no more than the
// program has registered. The map is replaced, never changed.
var (
	concreteTypes atomic.Pointer[map[string]reflect.Type]
	registering   sync.Mutex // held to replace concreteTypes
)

// concrete returns the type that is registered under name. The value of type id
// is looked at if the type decodes itself.
func (c *checker) concrete(name []byte, id int32, value []byte) reflect.Type {
	if known := concreteTypes.Load(); known != nil {
		if t := (*known)[string(name)]; t != nil {
			return t
		}
	}
	// A decoder reads the definitions once more, and the messages are put together.
	// It compiles them, too, and that must be within bounds; which fields the type
	// has is not known yet, so this is for one that has none.
	c.plan(id, nil)
	c.charge(decoderBytes + c.definitions + copies*int64(c.defined))
	if d := c.planner.types[id]; d != nil && d.shape.external() {
		c.charge(externalBytes + (copies+externalFactor)*int64(len(value)))
	}
	if c.bad {
		return nil
	}
	stream, err := c.planner.emptyInterface(name, id, value)
	if err != nil {
		c.failFor(err)
		return nil
	}
	c.charge(copies * int64(len(stream)))
	var v any
	if err := newDecoder().decode(stream, reflect.ValueOf(&v)); err != nil {
		c.failFor(err)
		return nil
	}
	t := reflect.TypeOf(v)
	remember(string(name), t)
	// It has compiled them once more, too, and made a value and its copy.
	before := c.compiled
	c.plan(id, t)
	c.charge(c.compiled - before + 2*newBytes(t))
	return t
}

// copies is how often the bytes of an empty value and its definitions are copied, or
// grow a buffer.
const copies = 6

// remember adds a type to concreteTypes.
func remember(name string, t reflect.Type) {
	registering.Lock()
	defer registering.Unlock()
	known := make(map[string]reflect.Type)
	if old := concreteTypes.Load(); old != nil {
		known = maps.Clone(*old)
	}
	known[name] = t
	concreteTypes.Store(&known)
}

// emptyInterface returns the messages of an interface that holds an empty value
// of type id, or if that type decodes itself, the value.
func (pl *planner) emptyInterface(name []byte, id int32, value []byte) ([]byte, error) {
	d := pl.types[id]
	empty := []byte{0} // a struct, or what is in front of all others
	switch {
	case d != nil && d.shape == shapeStruct:
	case d != nil && d.shape.external():
		empty = value
	default:
		var err error
		if empty, err = pl.appendEmpty(empty, id, 0); err != nil {
			return nil, err
		}
	}
	message := []byte{idInterface << 1, 0}
	message = append(appendUint(message, uint64(len(name))), name...)
	message = appendUint(message, uint64(id)<<1)
	message = append(appendUint(message, uint64(len(empty))), empty...)
	stream := pl.appendDefinitions(nil, id, make(map[int32]bool))
	return append(appendUint(stream, uint64(len(message))), message...), nil
}

// appendDefinitions appends the messages that define the type id and all that it
// is made of.
func (pl *planner) appendDefinitions(b []byte, id int32, seen map[int32]bool) []byte {
	d := pl.types[id]
	if d == nil || seen[id] {
		return b
	}
	seen[id] = true
	for _, part := range d.parts {
		b = pl.appendDefinitions(b, part, seen)
	}
	message := append(appendUint(nil, uint64(id-1)<<1|1), d.raw...) // of -id
	return append(appendUint(b, uint64(len(message))), message...)
}

// appendEmpty appends a value of type id that is as short as can be.
func (pl *planner) appendEmpty(b []byte, id int32, depth int) ([]byte, error) {
	d := pl.types[id]
	switch {
	case len(b) > emptyMax || depth > depthMax:
		return nil, errEmpty
	case id == idComplex:
		return append(b, 0, 0), nil
	case d == nil || d.shape != shapeArray:
		return append(b, 0), nil
	}
	b = appendUint(b, d.length)
	for range d.length {
		var err error
		if b, err = pl.appendEmpty(b, d.parts[0], depth+1); err != nil {
			return nil, err
		}
	}
	return b, nil
}

// emptyMax bounds the bytes of an empty value. Only an array in an interface has
// more than three.
const emptyMax = 64 << 10

var errEmpty = fmt.Errorf("%w: an array in an interface has over %d elements", ErrRefused, emptyMax)
