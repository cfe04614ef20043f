package zmtpnet

import (
	"io"
	"testing"
	"time"
)

// What the other end's system has not acknowledged is not taken: a PING behind it is on its
// way for as long as that is.
func TestTakenIsWhatTheOtherEndHasAcknowledged(t *testing.T) {
	conn, other := tcpPair(t)
	l := &link{}
	var err error
	if l.raw, err = conn.SyscallConn(); err != nil {
		t.Fatal(err)
	}
	if !l.taken() {
		t.Error("something is not taken, though nothing was written")
	}
	// The other end reads nothing until the system takes no more.
	written := 0
	for err == nil {
		if err = conn.SetWriteDeadline(time.Now().Add(100 * time.Millisecond)); err != nil {
			t.Fatal(err)
		}
		var n int
		n, err = conn.Write(make([]byte, 1<<20))
		written += n
	}
	if l.taken() {
		t.Errorf("all of %d bytes are taken, though the system takes no more", written)
	}
	if _, err := io.CopyN(io.Discard, other, int64(written)); err != nil {
		t.Fatal(err)
	}
	for deadline := time.Now().Add(patience); !l.taken(); time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("not all of %d bytes are taken, though they were read", written)
		}
	}
}
