package acceptance

import (
	"bytes"
	"errors"
	"net"
	"os"
	"strconv"
	"testing"
	"time"

	"github.com/bitmark-inc/bilateralrpc/core"
	"github.com/bitmark-inc/bilateralrpc/zmtp"
)

// oldLink is the old peer's end of one connection.
type oldLink struct {
	t      *testing.T
	conn   net.Conn
	engine *zmtp.Conn
	in     []byte // read and not used yet
}

// asRouter makes what our engine says of its socket what an original says: both
// of its sockets are ROUTERs. With CURVE the metadata is sealed, and stays.
func (l *oldLink) asRouter(handshake []byte) []byte {
	return bytes.Replace(handshake, []byte("\x06DEALER"), []byte("\x06ROUTER"), 1)
}

func (l *oldLink) write(b []byte) {
	l.t.Helper()
	if len(b) == 0 {
		return
	}
	if err := l.conn.SetWriteDeadline(time.Now().Add(patience)); err != nil {
		l.t.Fatal(err)
	}
	if _, err := l.conn.Write(b); err != nil {
		l.t.Fatalf("writing to our node: %v", err)
	}
}

// receive reads until there is something to tell.
func (l *oldLink) receive() (zmtp.Input, error) {
	l.t.Helper()
	for {
		up := l.engine.Up()
		got, out, err := l.engine.Receive(0, nil, l.in)
		if up {
			out = l.engine.Sealer().Seal(nil, out, nil)
		} else {
			out = l.asRouter(out)
		}
		l.write(out)
		if err != nil {
			return got, err
		}
		got.Payload = bytes.Clone(got.Payload)
		if l.in = l.in[got.N:]; got.Kind != zmtp.None {
			return got, nil
		}
		if err := l.conn.SetReadDeadline(time.Now().Add(patience)); err != nil {
			return got, err
		}
		more := make([]byte, 64<<10)
		n, err := l.conn.Read(more)
		if l.in = append(l.in, more[:n]...); n == 0 && err != nil {
			return got, err
		}
	}
}

// next returns the next message of our node.
func (l *oldLink) next() (command string, payload []byte) {
	l.t.Helper()
	got, err := l.receive()
	if err != nil {
		l.t.Fatalf("waiting for a message of our node: %v", err)
	}
	if got.Kind != zmtp.Message {
		l.t.Fatalf("our node sent what is no message of two frames")
	}
	return string(got.Command.Bytes()), got.Payload
}

// want returns the payload of the next message, which must have the command.
func (l *oldLink) want(command string) []byte {
	l.t.Helper()
	got, payload := l.next()
	if got != command {
		l.t.Fatalf("our node says %s %q, want %s", got, payload, command)
	}
	return payload
}

// wantJoin returns the payload of the JOIN on the first link to a peer, before which
// our node asks by a TICK whether it is served already. It is not.
func (l *oldLink) wantJoin() []byte {
	l.t.Helper()
	l.want("TICK")
	l.say("PART", nil) // so that no time has to pass; an original would say nothing
	return l.want("JOIN")
}

// say sends a message.
func (l *oldLink) say(command string, payload []byte) {
	l.t.Helper()
	l.sayFrames(zmtp.AppendMessage(nil, command, nil, payload))
}

// sayFrames sends frames as ZMTP has them.
func (l *oldLink) sayFrames(frames []byte) {
	l.t.Helper()
	l.write(l.engine.Sealer().Seal(nil, frames, nil))
}

// wantTock waits for the answer to a TICK, before which nothing may come: our
// node has nothing else to say, or had not when the TICK arrived.
func (l *oldLink) wantTock(payload string) {
	l.t.Helper()
	l.say("TICK", []byte(payload))
	if got := l.want("TOCK"); string(got) != payload {
		l.t.Errorf("TOCK %q, want the echo of %q", got, payload)
	}
}

// wantNumberedTock is wantTock with a number.
func (l *oldLink) wantNumberedTock(n uint32) {
	l.t.Helper()
	l.wantTock(strconv.Itoa(int(n)))
}

// wantAnswer is wantTock for a link that our node dialled: what nobody can run is
// answered at once.
func (l *oldLink) wantAnswer(id uint32) {
	l.t.Helper()
	l.say("CALL", core.AppendPayload(nil, &core.Action{Command: core.CALL, ID: id}))
	p, _, _ := core.ParsePayload(core.BACK, l.want("BACK"))
	if p.ID != id || len(p.Err) == 0 {
		l.t.Errorf("BACK %+v, want an error for id %d", p, id)
	}
}

// wantGone waits for our node to hang up, without another word.
func (l *oldLink) wantGone() {
	l.t.Helper()
	got, err := l.receive()
	switch {
	case err == nil:
		l.t.Fatalf("our node says %s %q, want it to hang up", got.Command.Bytes(), got.Payload)
	case errors.Is(err, os.ErrDeadlineExceeded):
		l.t.Fatalf("our node does not hang up within %v", patience)
	}
}

// close cuts the connection.
func (l *oldLink) close() { _ = l.conn.Close() }
