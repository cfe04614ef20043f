package gobcodec

import "bytes"

// roughMax is the largest cost of a flat struct for which its fields are not
// walked: their bytes tell it well enough.
const roughMax = 1 << 10

// roughCost returns what decode allocates for a message of n bytes at most: no
// object takes more than twice its bytes, and then there is the block that is begun
// for the first tiny one.
func roughCost(n int) int64 { return 2*int64(n) + tinyBlock }

// cost returns what decode will allocate for a message: nothing but strings and
// bytes. It reports false where encoding/gob has to look at it.
func (fs flat) cost(message, typeID []byte) (total int64, ok bool) {
	length, n := number(message)
	if n == 0 || length > uint64(len(message)-n) {
		return 0, false
	}
	b, ok := bytes.CutPrefix(message[n:n+int(length)], typeID)
	if !ok {
		return 0, false
	}
	field := -1
	for {
		delta, n := number(b)
		if delta == 0 {
			if total > 0 {
				total += tinyBlock // as in roughCost
			}
			return total, n > 0 && n == len(b)
		}
		if delta > uint64(len(fs)-1-field) {
			return 0, false
		}
		field += int(delta)
		b = b[n:]
		u, n := number(b)
		switch fs[field].id {
		case idString, idBytes:
			if n == 0 || u > uint64(len(b)-n) {
				return 0, false
			}
			total += heapBytes(int64(u), false)
			n += int(u)
		case idComplex:
			_, m := number(b[n:])
			n += m
		}
		b = b[n:]
	}
}
