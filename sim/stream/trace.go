package stream

import (
	"strconv"

	"github.com/bitmark-inc/bilateralrpc/sim/report"
)

// tracer writes down a run, one line for each thing that happens. The digest
// is of the lines and of every byte that was written.
type tracer struct {
	digest report.Digest
	tell   func(line []byte) // nil where no trace is wanted
	line   []byte
}

func newTrace(o Options) tracer {
	t := tracer{tell: o.Trace}
	if !o.NoDigest {
		t.digest = report.NewDigest()
	}
	return t
}

// note writes a line such as "0.012000000s 3 listener is up at 614".
func (t *tracer) note(w *world, c *conn, side Side, what string, n int) {
	if !t.digest.On() && t.tell == nil {
		return
	}
	line := report.AppendTime(t.line[:0], w.now)
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
	if t.digest.On() {
		t.digest.Write(line)
	}
	t.line = line
}

// wrote notes bytes that were written.
func (t *tracer) wrote(w *world, c *conn, side Side, bytes []byte) {
	t.note(w, c, side, "writes", len(bytes))
	if t.digest.On() {
		t.digest.Write(bytes)
	}
}
