package gobcodec

// The encoding of gob's numbers and messages: https://pkg.go.dev/encoding/gob,
// "Encoding Details".

// cursor reads gob's numbers from bytes. After the first failure bad is set and
// nothing is left to read, so that loops end and callers look once.
type cursor struct {
	b   []byte
	bad bool
}

func (c *cursor) fail() {
	c.b, c.bad = nil, true
}

// uint reads an unsigned number: one byte below 128, else a negated count of at
// most eight bytes and these bytes, big-endian.
func (c *cursor) uint() uint64 {
	if len(c.b) == 0 {
		c.fail()
		return 0
	}
	first := c.b[0]
	if first < 128 {
		c.b = c.b[1:]
		return uint64(first)
	}
	n := -int(int8(first))
	if n > 8 || n >= len(c.b) {
		c.fail()
		return 0
	}
	var v uint64
	for _, digit := range c.b[1 : 1+n] {
		v = v<<8 | uint64(digit)
	}
	c.b = c.b[1+n:]
	return v
}

// int reads a signed number: the lowest bit says whether the others are
// complemented.
func (c *cursor) int() int64 {
	u := c.uint()
	if u&1 != 0 {
		return ^int64(u >> 1)
	}
	return int64(u >> 1)
}

// typeID reads a type id in front of a message. Like encoding/gob it keeps the
// lower 32 bits, sign included.
func (c *cursor) typeID() int32 {
	return int32(c.int())
}

// take reads n bytes.
func (c *cursor) take(n uint64) []byte {
	if n > uint64(len(c.b)) {
		c.fail()
		return nil
	}
	b := c.b[:n]
	c.b = c.b[n:]
	return b
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
		start := len(data) - len(c.b)
		message := c.message()
		id := message.typeID()
		if c.bad || message.bad {
			return nil, nil, false
		}
		if id >= 0 {
			end := len(data) - len(c.b)
			return data[:start], data[start:end], true
		}
	}
}
