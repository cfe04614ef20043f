package stream

import (
	"strconv"

	"github.com/bitmark-inc/bilateralrpc/sim/report"
)

// tracer writes down a run, one line for each thing that happens. The digest is
// of the lines and of every byte that was written.
type tracer struct {
	digest report.Digest     // of the run so far
	tell   func(line []byte) // nil where no trace is wanted
	line   []byte            // the last one; its memory is used again
}

func newTracer(o Options) tracer {
	t := tracer{tell: o.Trace}
	if !o.NoDigest {
		t.digest = report.NewDigest()
	}
	return t
}

// on says whether anybody wants lines.
func (t *tracer) on() bool { return t.digest.On() || t.tell != nil }

// add adds a line.
func (t *tracer) add(line []byte) {
	if t.tell != nil {
		t.tell(line)
	}
	line = append(line, '\n')
	if t.digest.On() {
		t.digest.Write(line)
	}
	t.line = line
}

// note writes a line such as "0.012000000s 3 listener is up at 614": the time, the
// connection, the end, and what happened with a number that belongs to it.
func (e *end) note(what string, n int) {
	w := e.conn.world
	t := &w.trace
	if !t.on() {
		return
	}
	line := report.AppendTime(t.line[:0], w.now)
	line = append(line, ' ')
	line = strconv.AppendInt(line, int64(e.conn.n), 10)
	line = append(line, ' ')
	line = append(line, e.side.String()...)
	line = append(line, ' ')
	line = append(line, what...)
	line = append(line, ' ')
	line = strconv.AppendInt(line, int64(n), 10)
	t.add(line)
}

// noteWritten notes bytes that the end has written.
func (e *end) noteWritten(bytes []byte) {
	e.note("writes", len(bytes))
	if t := &e.conn.world.trace; t.digest.On() {
		t.digest.Write(bytes)
	}
}
