package sim

import (
	"crypto/sha256"
	"encoding/hex"
	"hash"
	"strconv"
)

// streamTrace writes down a run, one line for each thing that happens, and sums
// up the lines and every byte that was written.
type streamTrace struct {
	sum  hash.Hash // nil where no digest is wanted
	tell func(line []byte)
	line []byte
}

func newStreamTrace(o StreamOptions) streamTrace {
	t := streamTrace{tell: o.Trace}
	if !o.NoDigest {
		t.sum = sha256.New()
	}
	return t
}

// note writes a line such as "0.012000000s 3 listener is up at 614".
func (t *streamTrace) note(w *streamWorld, c *streamConn, side Side, what string, n int) {
	if t.sum == nil && t.tell == nil {
		return
	}
	line := appendTime(t.line[:0], w.now)
	line = append(line, ' ')
	line = strconv.AppendInt(line, int64(c.n), 10)
	line = append(line, ' ')
	line = append(line, side.String()...)
	line = append(line, ' ')
	line = append(line, what...)
	line = append(line, ' ')
	line = strconv.AppendInt(line, int64(n), 10)
	if t.tell != nil {
		t.tell(line)
	}
	line = append(line, '\n')
	if t.sum != nil {
		t.sum.Write(line)
	}
	t.line = line
}

// wrote notes bytes that were written.
func (t *streamTrace) wrote(w *streamWorld, c *streamConn, side Side, bytes []byte) {
	t.note(w, c, side, "writes", len(bytes))
	if t.sum != nil {
		t.sum.Write(bytes)
	}
}

func (t *streamTrace) digest() string {
	if t.sum == nil {
		return ""
	}
	return hex.EncodeToString(t.sum.Sum(nil))
}
