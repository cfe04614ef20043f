package record

import (
	"encoding/binary"
	"errors"
)

// errTruncated says that a recording ends too early, or that a number in it is none.
var errTruncated = errors.New("the recording is cut off or damaged")

// decoder takes numbers and bytes off the beginning of a slice. After the first that is
// not there, everything is zero.
type decoder struct {
	bytes []byte
	err   error
}

// fail notes what is wrong.
func (d *decoder) fail(err error) {
	if d.err == nil {
		d.err, d.bytes = err, nil
	}
}

// byte returns one byte.
func (d *decoder) byte() byte {
	b := d.take(1)
	if len(b) == 0 {
		return 0
	}
	return b[0]
}

// uint returns an unsigned varint.
func (d *decoder) uint() uint64 {
	v, n := binary.Uvarint(d.bytes)
	if n <= 0 {
		d.fail(errTruncated)
		return 0
	}
	d.bytes = d.bytes[n:]
	return v
}

// int returns a signed varint.
func (d *decoder) int() int64 {
	v, n := binary.Varint(d.bytes)
	if n <= 0 {
		d.fail(errTruncated)
		return 0
	}
	d.bytes = d.bytes[n:]
	return v
}

// size returns a length that is at most that.
func (d *decoder) size(most int) int {
	n := d.uint()
	if n > uint64(most) {
		d.fail(errTruncated)
		return 0
	}
	return int(n)
}

// take returns n bytes, which are the decoder's.
func (d *decoder) take(n int) []byte {
	if n > len(d.bytes) {
		d.fail(errTruncated)
		return nil
	}
	b := d.bytes[:n:n]
	d.bytes = d.bytes[n:]
	return b
}

// sized returns bytes that have their length before them.
func (d *decoder) sized() []byte { return d.take(d.size(len(d.bytes))) }

// sum returns a sum of actions.
func (d *decoder) sum() uint32 {
	b := d.take(sumSize)
	if len(b) == 0 {
		return 0
	}
	return binary.LittleEndian.Uint32(b)
}

// hash returns the hash of bytes that are not there.
func (d *decoder) hash() uint64 {
	b := d.take(hashSize)
	if len(b) == 0 {
		return 0
	}
	return binary.LittleEndian.Uint64(b)
}
