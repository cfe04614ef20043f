//go:build unix

package bulk

import (
	"os"
	"syscall"
)

// bell is a pipe of which the other end is waited for, so that Go has to look at the
// network to find it. It is guarded by looking.
type bell struct {
	in   syscall.RawConn
	out  *os.File
	pull func(fd uintptr) bool
	rung bool
	room [1]byte
}

var theBell bell

// look has Go look at the network: the goroutine waits there for what it has written
// itself. When nothing else can run its processor looks, finds it, and with it whoever
// else something has arrived for. Without descriptors it does nothing.
func look() {
	b := &theBell
	if b.in == nil && b.open() != nil {
		return
	}
	b.rung = false
	_ = b.in.Read(b.pull) // fails only for a closed pipe
}

func (b *bell) open() error {
	r, w, err := os.Pipe()
	if err != nil {
		return err
	}
	in, err := r.SyscallConn() // keeps r
	if err != nil {
		return err
	}
	b.in, b.out, b.pull = in, w, b.once
	return nil
}

// once rings, and has package os wait until that is noticed; after that it makes room.
func (b *bell) once(fd uintptr) (done bool) {
	if b.rung {
		_, _ = syscall.Read(int(fd), b.room[:]) // what is left is read the next time
		return true
	}
	b.rung = true
	_, err := b.out.Write(b.room[:])
	return err != nil
}
