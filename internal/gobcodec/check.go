package gobcodec

import (
	"fmt"
	"reflect"
)

// PROTOCOL 10.5: "No bytes from outside panic." encoding/gob does worse with
// some: it overflows the stack with a list that is long enough, also in a field
// that the local type lacks, makes slices and maps as large as a count says, and
// skips maps of empty structs for ever.

// checker walks a value as encoding/gob will, adds up what that will allocate,
// and fails where a count, a length or a depth is not borne out by the bytes, or
// as soon as the sum exceeds the limit. It allocates nothing but for definitions.
type checker struct {
	cursor           // what is left of the current message
	later   cursor   // the messages after it
	planner *planner // of the definitions so far, which an interface may add to; nil for a value that defines nothing

	own bool // the value is read by read.go, and not by encoding/gob

	bytes       int64 // to be allocated
	max         int64 // limit of bytes
	defined     int   // bytes of definitions
	definitions int64 // the part of bytes that is for reading definitions
	compiled    int64 // the part of bytes that is for compiling plans

	depth   int // of types that need a definition, and of interfaces
	open    int // structs that are open: each takes the decoder a record
	deepest int // the most that were open at once

	reason error // why the check failed, if it is not one of ErrRefused's ordinary reasons
}

// check walks the first value in data, which is to be decoded into a t by a new
// decoder. It returns the plan of the value and its type id.
// DEVIATION D15: an original decodes whatever gob accepts.
func (c *checker) check(data []byte, t reflect.Type) (root *plan, id int32, err error) {
	c.later.b = data
	c.planner = &planner{types: make(definitions)}
	c.charge(decoderBytes)
	for {
		c.next()
		id = c.typeID()
		if id >= 0 || c.bad {
			break
		}
		c.define(id)
		if c.left() > 0 {
			c.fail()
		}
	}
	if !c.bad {
		root = c.plan(id, t)
		if id == idInterface && root.op == opRefuse {
			c.fail() // no encoder writes that
		}
		c.top(root)
	}
	return root, id, c.finish(0)
}

// checkValue walks a value message of the type id by its plan. It is to be decoded
// by a decoder that has had as many structs open as states says.
func (c *checker) checkValue(message []byte, id int32, root *plan, states int) error {
	c.later.b = message
	c.charge(baseBytes)
	c.next()
	if c.typeID() != id && !c.bad {
		return errNoDecoder
	}
	c.top(root)
	if err := c.finish(states); err != errMismatch {
		return err
	}
	return errNoDecoder // so that a new one says what is wrong
}

// checkOwn walks what is behind the type id in the message of a value, which is to be read
// by read.go. It reports false where encoding/gob has to look at it.
func (c *checker) checkOwn(body []byte, root *plan) (ok bool, err error) {
	c.own, c.b = true, body
	c.charge(baseBytes)
	c.top(root)
	if c.bad && c.reason == errTooLarge {
		return true, errTooLarge
	}
	return !c.bad, nil
}

// Allocations for each value, measured and rounded up.
// TestCostIsWhatIsAllocated holds it against what is allocated.
const (
	baseBytes    = 256     // by chance: a pool that grows, an error, a block for tiny objects
	decoderBytes = 2 << 10 // a new decoder
)

// finish returns why the walk failed. A decoder keeps the records of the structs
// that were open at once, and has some from earlier values.
func (c *checker) finish(states int) error {
	if extra := c.deepest - states; extra > 0 {
		c.charge(int64(extra) * stateBytes)
	}
	switch {
	case !c.bad:
		return nil
	case c.reason != nil:
		return c.reason
	}
	return fmt.Errorf("%w: a count, length or definition exceeds what is there, or nesting exceeds %d", ErrRefused, depthMax)
}

// charge adds n bytes to the sum.
func (c *checker) charge(n int64) {
	c.bytes += n
	if c.bytes > c.max {
		c.failFor(errTooLarge)
	}
}

// failFor fails for a reason; the first one stays.
func (c *checker) failFor(reason error) {
	if !c.bad {
		c.reason = reason
	}
	c.fail()
}

// next moves on to the next message. A failure stays.
func (c *checker) next() {
	if !c.bad {
		c.cursor = c.later.message()
		c.charge(messageBytes(c.left()))
	}
}

// define reads the definition of the type -id.
func (c *checker) define(id int32) {
	id = -id
	if id < idUserFirst || len(c.planner.types) == definitionsMax || c.planner.types[id] != nil {
		c.fail()
	}
	d := c.definition()
	c.defined += len(d.raw)
	if c.defined > definitionBytesMax {
		c.fail()
	}
	if c.bad {
		return
	}
	c.planner.types[id] = d
	bytes := definitionBytes + int64(len(d.parts))*partBytes + rawFactor*int64(len(d.raw))
	if len(c.planner.types) == 1 {
		bytes += definerBytes
	}
	c.definitions += bytes
	c.charge(bytes)
	c.deepest = max(c.deepest, c.open+definitionDepth)
}

// plan returns the plan of a type, and charges for compiling it. It fails for a type of
// which no encoder writes values.
func (c *checker) plan(id int32, t reflect.Type) *plan {
	if reserved(id) {
		c.fail()
	}
	p := c.planner.planTop(id, t)
	c.charge(c.planner.compiled - c.compiled)
	c.compiled = c.planner.compiled
	if c.planner.exceeded() {
		c.fail()
	}
	return p
}

// top walks the value of a message, or in an interface. All but structs have a
// zero in front.
func (c *checker) top(p *plan) {
	c.enter()
	if p.op != opStruct && c.uint() != 0 {
		c.fail()
	}
	c.value(p)
	c.open--
}

// enter opens a struct, or what the decoder treats as one.
func (c *checker) enter() {
	c.open++
	c.deepest = max(c.deepest, c.open)
}

// value walks a value.
func (c *checker) value(p *plan) {
	if c.own {
		c.charge(p.own)
	} else {
		c.charge(p.each)
	}
	switch p.op {
	case opNumber, opBool:
		c.uint()
	case opInt, opUint, opFloat:
		c.number(p)
	case opComplex:
		c.number(p)
		c.number(p)
	case opSkip:
		c.take(c.uint())
	case opString:
		c.charge(stringBytes(len(c.take(c.uint()))))
	case opBytes:
		if n := len(c.take(c.uint())); n > 0 && c.own {
			c.charge(bytesBytes(n))
		} else if n > 0 {
			c.charge(2*sliceHeader + sliceBytes(uint64(n), 1, false))
		}
	case opExternal:
		n := len(c.take(c.uint()))
		c.charge(externalBytes + externalFactor*int64(n))
	case opTime:
		c.charge(timeBytes(c.take(c.uint())))
	case opRefuse:
		c.failFor(errMismatch)
	case opTwice:
		c.failFor(errTwice)
	default:
		c.nested(p)
	}
}

// number walks a number, or half of one. That it is too large for its variable is found
// by encoding/gob itself, but read.go leaves it to that.
func (c *checker) number(p *plan) {
	if u := c.uint(); c.own && !p.holds(u) {
		c.fail()
	}
}

// nested walks a value that may hold others.
func (c *checker) nested(p *plan) {
	if c.depth == depthMax {
		c.fail()
		return
	}
	c.depth++
	switch p.op {
	case opStruct:
		c.fields(p.parts)
	case opArray:
		if n := c.uint(); n != p.length {
			c.fail()
		} else {
			c.elements(n, p)
		}
	case opSlice:
		n := c.uint()
		if c.borneOut(n, p) {
			switch {
			case n == 0 || !p.made:
			case c.own:
				c.charge(grownBytes(n, p.size, p.pointers))
			default:
				c.charge(sliceHeader + sliceBytes(n, p.size, p.pointers))
			}
			c.elements(n, p)
		}
	case opMap:
		n := c.uint()
		if c.borneOut(n, p) {
			switch {
			case p.layout == nil:
			case c.own:
				c.charge(p.layout.bytesAndScratch(n))
			default:
				c.charge(p.layout.bytes(n))
			}
			c.elements(n, p)
		}
	case opInterface:
		c.dynamic()
	case opSkipInterface:
		c.skipDynamic()
	}
	c.depth--
}

// fields walks a struct. Like encoding/gob it takes the end of the message for
// the end of the struct: so a nil pointer inside a pointer is encoded.
func (c *checker) fields(parts []*plan) {
	c.enter()
	field := -1
	for c.left() > 0 {
		delta := c.uint()
		if delta == 0 {
			break
		}
		if delta > uint64(len(parts)-1-field) {
			c.fail()
			break
		}
		field += int(delta)
		c.value(parts[field])
	}
	c.open--
}

// borneOut fails if there are less bytes left than n elements, each made of a
// value of every part, have at least. Interfaces among them may go on in later
// messages.
func (c *checker) borneOut(n uint64, p *plan) bool {
	if n > uint64((c.left()+c.later.left())/len(p.parts)) {
		c.fail()
	}
	return !c.bad
}

// elements walks n elements.
func (c *checker) elements(n uint64, p *plan) {
	if !c.borneOut(n, p) {
		return
	}
	if len(p.parts) == 1 && p.parts[0].isPlain(c.own) {
		for ; n > 0 && !c.bad; n-- {
			c.uint()
		}
		return
	}
	for ; n > 0 && !c.bad; n-- {
		for _, part := range p.parts {
			c.value(part)
		}
	}
}

// isPlain says whether values of the plan are but numbers, whatever they are.
func (p *plan) isPlain(own bool) bool {
	switch p.op {
	case opNumber, opBool:
		return p.each == 0
	case opInt, opUint, opFloat:
		return p.each == 0 && (!own || p.bits == 64)
	}
	return false
}

// Allocations that types which decode themselves are taken to make.
const (
	externalBytes  = 64
	externalFactor = 4 // times the bytes that they are given
)

// timeBytes returns what time.Time allocates to decode itself from b: a location,
// unless the offset in its last bytes says UTC or whole hours.
func timeBytes(b []byte) int64 {
	const fixedZone = 256 // time.FixedZone: a Location and its slices
	if len(b) == 15 {
		minutes := int16(uint16(b[13])<<8 | uint16(b[14]))
		if minutes == -1 || minutes%60 == 0 && minutes >= -12*60 && minutes <= 14*60 {
			return 0
		}
	}
	return fixedZone
}
