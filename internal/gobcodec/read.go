package gobcodec

import (
	"reflect"
	"time"

	"github.com/bitmark-inc/bilateralrpc/internal/pieces"
)

// A reader sets Go values from the bytes of a message by a plan, without encoding/gob:
// at a third of its cost, and nothing is allocated but what the value is made of. It
// follows encoding/gob (decode.go) to the letter, and fails where that has something to
// say: then encoding/gob is asked. The plan is not foreign.
type reader struct {
	cursor       // of the message
	room   int64 // bytes that may be allocated; checker.checkOwn counts the same
	depth  int   // of values that hold others
}

// pay says whether n bytes may be allocated, and fails if not.
func (r *reader) pay(n int64) bool {
	if r.room -= n; r.room < 0 {
		r.fail()
	}
	return !r.bad
}

// top reads the value of a message into v, which is zero. All but structs have a zero in front.
func (r *reader) top(p *plan, v reflect.Value) {
	if p.op == opStruct && !p.indirect {
		r.fields(p, v)
	} else if p.op == opStruct || r.uint() == 0 {
		r.value(p, v)
	} else {
		r.fail()
	}
}

// value reads a value into v, which is zero.
func (r *reader) value(p *plan, v reflect.Value) {
	if p.indirect {
		if v = r.pointee(p, v); r.bad {
			return
		}
	}
	switch p.op {
	case opBool:
		v.SetBool(r.uint() != 0)
	case opInt:
		n, unused := signed(r.uint()), 64-p.bits
		if n<<unused>>unused != n {
			r.fail()
		}
		v.SetInt(n)
	case opUint:
		n := r.uint()
		if n>>p.bits != 0 {
			r.fail()
		}
		v.SetUint(n)
	case opFloat:
		v.SetFloat(r.float(p))
	case opString:
		v.SetString(r.string())
	case opStruct, opArray, opSlice, opMap:
		r.nested(p, v)
	default:
		r.other(p, v)
	}
}

// float reads a number, or half of one.
func (r *reader) float(p *plan) float64 {
	u := r.uint()
	if !p.holds(u) {
		r.fail()
	}
	return float(u)
}

// string reads a string.
func (r *reader) string() string {
	b := r.take(r.uint())
	if !r.pay(stringBytes(len(b))) {
		return ""
	}
	return pieces.String(b)
}

// other is the rest of value.
func (r *reader) other(p *plan, v reflect.Value) {
	switch p.op {
	case opComplex:
		re := r.float(p)
		v.SetComplex(complex(re, r.float(p)))
	case opBytes:
		if b := r.take(r.uint()); r.pay(bytesBytes(len(b))) {
			v.SetBytes(pieces.Clone(b))
		}
	case opTime:
		b := r.take(r.uint())
		if !r.pay(timeBytes(b)) || v.Addr().Interface().(*time.Time).GobDecode(b) != nil {
			r.fail()
		}
	default:
		r.fail()
	}
}

// pointee follows pointers that are nil, and makes what they point to.
func (r *reader) pointee(p *plan, v reflect.Value) reflect.Value {
	if !r.pay(p.own) {
		return v
	}
	for v.Kind() == reflect.Pointer {
		v.Set(reflect.New(v.Type().Elem()))
		v = v.Elem()
	}
	return v
}

// nested reads a value that holds others.
func (r *reader) nested(p *plan, v reflect.Value) {
	if r.depth == depthMax {
		r.fail()
		return
	}
	r.depth++
	switch p.op {
	case opStruct:
		r.fields(p, v)
	case opArray:
		if r.uint() != p.length {
			r.fail()
		}
		r.elements(p, v, int(p.length))
	case opSlice:
		if n := r.count(1); n > 0 && r.pay(grownBytes(uint64(n), p.size, p.pointers)) {
			v.Grow(n)
			v.SetLen(n)
			r.elements(p, v, n)
		}
	case opMap:
		r.entries(p, v)
	default:
		r.fail()
	}
	r.depth--
}

// count reads a count of elements that have a number of bytes each, or more.
func (r *reader) count(bytes int) int {
	n := r.uint()
	if n > uint64(r.left()/bytes) {
		r.fail()
		return 0
	}
	return int(n)
}

// fields reads a struct.
func (r *reader) fields(p *plan, v reflect.Value) {
	field := -1
	for r.at < len(r.b) {
		delta := uint64(r.b[r.at])
		if r.at++; delta >= 128 {
			r.at--
			delta = r.long()
		}
		if delta == 0 {
			return
		}
		if delta > uint64(len(p.parts)-1-field) {
			r.fail()
			return
		}
		field += int(delta)
		if index := p.index[field]; index != skipped {
			r.value(p.parts[field], v.Field(int(index)))
		} else {
			r.skip(p.parts[field])
		}
	}
}

// elements reads the n elements of v, a slice or an array. There may be more after the
// end of a message, which encoding/gob takes for the end of every open struct.
func (r *reader) elements(p *plan, v reflect.Value, n int) {
	if p.run != runNone {
		r.run(p.run, v)
		return
	}
	part := p.parts[0]
	for i := range n {
		if r.left() == 0 {
			r.fail()
			return
		}
		r.value(part, v.Index(i))
	}
}

// entries reads a map.
func (r *reader) entries(p *plan, v reflect.Value) {
	n := r.count(2)
	if !r.pay(p.layout.bytesAndScratch(uint64(n))) {
		return
	}
	v.Set(reflect.MakeMapWithSize(v.Type(), n))
	if n == 0 {
		return
	}
	e := p.layout.entryOf(v.Type())
	defer p.layout.keep(e)
	for ; n > 0; n-- {
		r.value(p.parts[0], e.key)
		r.value(p.parts[1], e.elem)
		if r.bad {
			return
		}
		v.SetMapIndex(e.key, e.elem)
		e.key.SetZero()
		e.elem.SetZero()
	}
}

// skip reads a value that the local struct has no field for.
func (r *reader) skip(p *plan) {
	switch p.op {
	case opNumber:
		r.uint()
		return
	case opComplex:
		r.uint()
		r.uint()
		return
	case opSkip:
		r.take(r.uint())
		return
	}
	if r.depth == depthMax {
		r.fail()
		return
	}
	r.depth++
	switch p.op {
	case opStruct:
		r.skipFields(p)
	case opArray:
		if r.uint() != p.length {
			r.fail()
		}
		r.skipElements(p, int(p.length))
	case opSlice:
		r.skipElements(p, r.count(1))
	case opMap:
		for n := r.count(2); n > 0 && !r.bad; n-- {
			r.skip(p.parts[0])
			r.skip(p.parts[1])
		}
	default:
		r.fail()
	}
	r.depth--
}

func (r *reader) skipElements(p *plan, n int) {
	for ; n > 0; n-- {
		if r.left() == 0 {
			r.fail()
			return
		}
		r.skip(p.parts[0])
	}
}

func (r *reader) skipFields(p *plan) {
	field := -1
	for r.left() > 0 {
		delta := r.uint()
		if delta == 0 {
			return
		}
		if delta > uint64(len(p.parts)-1-field) {
			r.fail()
			return
		}
		field += int(delta)
		r.skip(p.parts[field])
	}
}
