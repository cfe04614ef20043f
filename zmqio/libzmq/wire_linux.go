//go:build cgo && libzmq

package libzmq

import (
	"net/netip"
	"sync"

	"golang.org/x/sys/unix"
)

// wires works on connections of libzmq's, with descriptors that it owns. A number
// is duplicated onto one of them, which the system does in one step, so that what
// it stands for stays the same while it is used, and can be checked. No descriptor is
// held for a connection, and none has to be free: that is needed most when all are
// in use. All methods may be called concurrently.
type wires struct {
	mu      sync.Mutex
	opened  bool
	none    int // /dev/null
	scratch int // what is borrowed; otherwise a duplicate of none
}

const cannotFind = false

// open takes the descriptors, once.
func (w *wires) open() (err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.opened {
		return nil
	}
	if w.none, err = openNull(); err != nil {
		return err
	}
	if w.scratch, err = openNull(); err != nil {
		_ = unix.Close(w.none)
		return err
	}
	w.opened = true
	return nil
}

func openNull() (int, error) { return unix.Open("/dev/null", unix.O_RDWR|unix.O_CLOEXEC, 0) }

func (w *wires) close() {
	w.mu.Lock()
	defer w.mu.Unlock()
	if !w.opened {
		return
	}
	w.opened = false
	_ = unix.Close(w.none)
	_ = unix.Close(w.scratch)
}

// borrow calls f with a descriptor of what number fd stands for now.
func (w *wires) borrow(fd int, f func(fd int) error) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if !w.opened {
		return errGone
	}
	if unix.Dup3(fd, w.scratch, unix.O_CLOEXEC) != nil {
		return errGone
	}
	defer unix.Dup3(w.none, w.scratch, unix.O_CLOEXEC) // can't fail
	return f(w.scratch)
}

// find returns the connection that number fd stands for now. The caller makes sure
// that it is the one it means: libzmq reports the end of a connection before it
// closes it, so it is if no such report has come after find returns.
func (w *wires) find(fd int) (found wire, err error) {
	found.fd = fd
	err = w.borrow(fd, func(fd int) error {
		var s unix.Stat_t
		if err := unix.Fstat(fd, &s); err != nil {
			return err
		}
		if s.Mode&unix.S_IFMT != unix.S_IFSOCK {
			return errGone
		}
		found.dev, found.ino = uint64(s.Dev), s.Ino
		peer, err := unix.Getpeername(fd)
		if err != nil {
			return errGone // it is broken already
		}
		switch a := peer.(type) {
		case *unix.SockaddrInet4:
			found.tcp, found.remote = true, netip.AddrPortFrom(netip.AddrFrom4(a.Addr), uint16(a.Port)).String()
		case *unix.SockaddrInet6:
			found.tcp, found.remote = true, netip.AddrPortFrom(netip.AddrFrom16(a.Addr).Unmap(), uint16(a.Port)).String()
		}
		return nil
	})
	return found, err
}

// use calls f with a descriptor of c, if it is not closed.
func (w *wires) use(c *wire, f func(fd int) error) error {
	return w.borrow(c.fd, func(fd int) error {
		var s unix.Stat_t
		if err := unix.Fstat(fd, &s); err != nil || uint64(s.Dev) != c.dev || s.Ino != c.ino {
			return errGone
		}
		return f(fd)
	})
}

// flow asks how c is doing.
func (w *wires) flow(c *wire) (now flow, err error) {
	err = w.use(c, func(fd int) error {
		if !c.tcp {
			n, err := unix.IoctlGetInt(fd, unix.TIOCOUTQ)
			now.waiting = int64(n)
			return err
		}
		info, err := unix.GetsockoptTCPInfo(fd, unix.IPPROTO_TCP, unix.TCP_INFO)
		if err == nil {
			now = flow{
				received: int64(info.Bytes_received), acked: int64(info.Bytes_acked),
				waiting: int64(info.Unacked) + int64(info.Notsent_bytes),
			}
		}
		return err
	})
	return now, err
}

// unread asks how much has come on c that libzmq has not read.
func (w *wires) unread(c *wire) (n int64, err error) {
	err = w.use(c, func(fd int) error {
		waiting, err := unix.IoctlGetInt(fd, unix.TIOCINQ)
		n = int64(waiting)
		return err
	})
	return n, err
}

// shutdown ends c: what libzmq has written still leaves, and both ends hear of it.
// It does nothing if c is closed.
func (w *wires) shutdown(c *wire) {
	_ = w.use(c, func(fd int) error { return unix.Shutdown(fd, unix.SHUT_RDWR) })
}
