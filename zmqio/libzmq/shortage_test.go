//go:build cgo && libzmq && linux

package libzmq

import (
	"net"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// With no descriptor left, connections that wait are closed, and libzmq does not go
// round and round.
func TestShortageOfDescriptorsDoesNotSpin(t *testing.T) {
	a := start(t, "a", false)
	address := strings.TrimPrefix(a.listen(), "tcp://")
	b := start(t, "b", false)
	b.Join(a.Node) // whatever is opened once is open

	var before unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_NOFILE, &before); err != nil {
		t.Fatal(err)
	}
	// Descriptors for both ends are taken by sockets that are made beforehand: the
	// clients need none when the limit is reached.
	var clients []int
	for range 20 {
		fd, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, 0)
		if err != nil {
			t.Fatal(err)
		}
		clients = append(clients, fd)
		defer unix.Close(fd)
	}
	limit := before
	for limit.Cur = 3; ; limit.Cur++ { // the first number that is free is the limit
		if _, err := unix.FcntlInt(uintptr(limit.Cur), unix.F_GETFD, 0); err != nil {
			break
		}
	}
	if err := unix.Setrlimit(unix.RLIMIT_NOFILE, &limit); err != nil {
		t.Fatal(err)
	}
	restore := func() { _ = unix.Setrlimit(unix.RLIMIT_NOFILE, &before) }
	defer restore()
	to, err := net.ResolveTCPAddr("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	for _, fd := range clients {
		if err := unix.Connect(fd, &unix.SockaddrInet4{Port: to.Port, Addr: [4]byte{127, 0, 0, 1}}); err != nil && err != unix.EINPROGRESS {
			t.Fatal(err)
		}
	}
	for _, fd := range clients { // each is refused
		eventually(t, "a connection without a descriptor is closed", func() bool {
			n, err := unix.Read(fd, make([]byte, 64))
			return n == 0 && err == nil || err == unix.ECONNRESET
		})
	}
	const span = 200 * time.Millisecond
	best := span
	for range 5 {
		was := cpuTime(t)
		time.Sleep(span)
		best = min(best, cpuTime(t)-was)
	}
	if best > span/4 {
		t.Errorf("%v of CPU time in %v: something goes round and round", best, span)
	}
	restore()
	start(t, "c", false).Join(a.Node)
}

// Connections that say nothing are bounded in number: the oldest ends.
func TestStrangersAreBounded(t *testing.T) {
	a, b := start(t, "a", false), start(t, "b", false)
	address := a.listen()
	a.Lock()
	a.carrier().listener.accepts.strangerMax = 10
	a.UnlockAndDispatch()
	_, bAtA := b.Join(a.Node)
	first := rawPeer(t, address, "first")
	for range 20 {
		rawPeer(t, address, "s")
	}
	for range 11 {
		a.WantTurnedAway()
	}
	eventually(t, "the oldest has ended", func() bool { _, err := first.Write([]byte{0}); return err != nil })
	if err := a.TrySend(bAtA, 1, ""); err != nil {
		t.Errorf("the link that has said something: %v", err)
	}
}
