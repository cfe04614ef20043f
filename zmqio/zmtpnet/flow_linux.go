package zmtpnet

import "golang.org/x/sys/unix"

// flow returns how many bytes the other end of a TCP connection has acknowledged, and
// how many of those written it has not; nothing of others.
func (l *link) flow() (acked, waiting int64) {
	if l.raw == nil {
		return 0, 0
	}
	_ = l.raw.Control(func(fd uintptr) { // fails only for a closed socket: the next read will tell
		info, err := unix.GetsockoptTCPInfo(int(fd), unix.IPPROTO_TCP, unix.TCP_INFO)
		if err != nil {
			return
		}
		n, err := unix.IoctlGetInt(int(fd), unix.SIOCOUTQ)
		if err == nil {
			acked, waiting = int64(info.Bytes_acked), int64(n)
		}
	})
	return acked, waiting
}

// taken says whether the other end has acknowledged all that was written.
func (l *link) taken() bool {
	if l.raw == nil {
		return true
	}
	waiting := 0
	_ = l.raw.Control(func(fd uintptr) { waiting, _ = unix.IoctlGetInt(int(fd), unix.SIOCOUTQ) })
	return waiting == 0
}
