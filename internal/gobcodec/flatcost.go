package gobcodec

import "bytes"

// roughMax is the largest cost of a flat struct for which its fields are not
// walked: their bytes tell it well enough.
const roughMax = 1 << 10

// roughCost returns what decode allocates for a message of n bytes at most: no
// object takes more than twice its bytes, and then there is the block that is begun
// for the first tiny one.
func roughCost(n int) int64 { return 2*int64(n) + tinyBlock }

// flatCost returns what decodeFlat takes for a value, and whether it will decode it. It
// may find out late that it will not.
func (p *primed) flatCost(value []byte) (bytes int64, done bool) {
	bytes, done = p.flat.cost(value, p.typeID)
	if rough := roughCost(len(value)); p.texts && (rough <= roughMax || !done) {
		return rough, done
	}
	return bytes, done
}

// cost returns what decode will allocate for a message: nothing but strings and
// bytes. It reports false where encoding/gob has to look at it, as decode does.
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
		if n == 0 || !fs[field].holds(u) {
			return 0, false
		}
		switch fs[field].id {
		case idString, idBytes:
			if u > uint64(len(b)-n) {
				return 0, false
			}
			total += heapBytes(int64(u), false)
			n += int(u)
		case idComplex:
			imaginary, m := number(b[n:])
			if m == 0 || !fs[field].holds(imaginary) {
				return 0, false
			}
			n += m
		}
		b = b[n:]
	}
}
