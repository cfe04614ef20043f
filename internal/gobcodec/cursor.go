package gobcodec

// The encoding of gob's numbers and messages: https://pkg.go.dev/encoding/gob,
// "Encoding Details".

// cursor reads gob's numbers from bytes. After the first failure bad is set and
// nothing is left to read, so that loops end and callers look once.
type cursor struct {
	b   []byte
	at  int // what is before it has been read
	bad bool
}

func (c *cursor) fail() {
	c.at, c.bad = len(c.b), true
}

// left returns how many bytes are left to read.
func (c *cursor) left() int { return len(c.b) - c.at }

// uint reads an unsigned number.
func (c *cursor) uint() uint64 {
	if b := c.b[c.at:]; len(b) > 0 && b[0] < 128 {
		c.at++
		return uint64(b[0])
	}
	return c.long()
}

// long is the rest of uint, apart so that the first half can be inlined.
func (c *cursor) long() uint64 {
	v, n := number(c.b[c.at:])
	if n == 0 {
		c.fail()
		return 0
	}
	c.at += n
	return v
}

// number reads the unsigned number at the start of b, and says how many bytes it
// takes: none if it is not whole. It is one byte below 128, else a negated count
// of at most eight bytes and these bytes, big-endian.
func number(b []byte) (v uint64, n int) {
	if len(b) > 0 && b[0] < 128 {
		return uint64(b[0]), 1
	}
	return longNumber(b)
}

// longNumber is the rest of number, apart so that the first half can be inlined.
func longNumber(b []byte) (v uint64, n int) {
	if len(b) == 0 {
		return 0, 0
	}
	n = 1 - int(int8(b[0]))
	if n > 9 || n > len(b) {
		return 0, 0
	}
	for _, digit := range b[1:n] {
		v = v<<8 | uint64(digit)
	}
	return v, n
}

// int reads a signed number: the lowest bit says whether the others are
// complemented.
func (c *cursor) int() int64 { return signed(c.uint()) }

func signed(u uint64) int64 { return int64(u>>1) ^ -int64(u&1) }

// typeID reads a type id in front of a message. Like encoding/gob it keeps the
// lower 32 bits, sign included.
func (c *cursor) typeID() int32 {
	return int32(c.int())
}

// take reads n bytes.
func (c *cursor) take(n uint64) []byte {
	if n > uint64(c.left()) {
		c.fail()
		return nil
	}
	c.at += int(n)
	return c.b[c.at-int(n) : c.at]
}

// message reads a message: its length, then as many bytes.
func (c *cursor) message() cursor {
	b := c.take(c.uint())
	return cursor{b: b, bad: c.bad}
}

// split finds the message of the first value in data: prefix is the definitions
// before it, value the message with its length. It reports false when there is
// no whole value message.
func split(data []byte) (prefix, value []byte, ok bool) {
	c := cursor{b: data}
	for {
		start := c.at
		message := c.message()
		id := message.typeID()
		if c.bad || message.bad {
			return nil, nil, false
		}
		if id >= 0 {
			return data[:start], data[start:c.at], true
		}
	}
}
