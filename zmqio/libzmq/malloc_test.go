//go:build cgo && libzmq && linux

package libzmq

import (
	"fmt"
	"os"
	"runtime/debug"
	"testing"

	zmq "github.com/pebbe/zmq4"
)

// resident returns how many bytes this process occupies, without garbage of Go's.
func resident(t *testing.T) int64 {
	t.Helper()
	debug.FreeOSMemory()
	text, err := os.ReadFile("/proc/self/statm")
	if err != nil {
		t.Fatal(err)
	}
	var size, pages int64
	if _, err := fmt.Sscan(string(text), &size, &pages); err != nil {
		t.Fatal(err)
	}
	return pages * int64(os.Getpagesize())
}

// What large messages took is given back when libzmq frees them, also between others that
// it still has, and though it had such messages before.
func TestLargeMessagesAreGivenBack(t *testing.T) { // not parallel: it is about the whole process
	start(t, "a", false)
	context, err := zmq.NewContext()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = context.Term() }) // once its sockets are closed
	socket := func(address string, bind bool) *zmq.Socket {
		z, err := context.NewSocket(zmq.PAIR)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = z.Close() })
		if bind {
			err = z.Bind(address)
		} else {
			err = z.Connect(address)
		}
		if err != nil {
			t.Fatal(err)
		}
		return z
	}
	kept, keeps := socket("inproc://kept", true), socket("inproc://kept", false)
	freed, frees := socket("inproc://freed", true), socket("inproc://freed", false)
	message := make([]byte, 2*mib)
	send := func(z *zmq.Socket) {
		if _, err := z.SendBytes(message, zmq.DONTWAIT); err != nil {
			t.Fatal(err)
		}
	}
	take := func(z *zmq.Socket) {
		if _, err := z.RecvBytes(zmq.DONTWAIT); err != nil {
			t.Fatal(err)
		}
	}
	send(freed)
	take(frees) // from here on glibc would keep what it has got of that size
	const messages = 20
	for range messages {
		send(freed)
		send(kept)
	}
	full := resident(t)
	for range messages {
		take(frees)
	}
	if given := full - resident(t); given < messages*2*mib/2 {
		t.Errorf("%d bytes were given back of %d that were freed", given, messages*2*mib)
	}
	for range messages {
		take(keeps)
	}
}
