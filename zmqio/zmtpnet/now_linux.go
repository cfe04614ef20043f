//go:build linux && !race && !msan && !asan && !purego

package zmtpnet

import (
	"syscall"
	"unsafe"
)

// rawMax is how many bytes at most are read or written without telling Go: some microseconds.
const rawMax = 64 << 10

// readNow and writeNow are read(2) and write(2) of a descriptor that does not wait. Go is
// not told of them, which a call that does not wait need not do: that takes as long as the
// least of these calls, and has another thread woken (sysmon) where there has been nothing
// to do. With the race detector and the sanitizers they are those of package syscall, which
// tell these what happens.
func readNow(fd int, p []byte) (int, error) {
	if len(p) == 0 || len(p) > rawMax {
		return syscall.Read(fd, p)
	}
	return result(syscall.RawSyscall(syscall.SYS_READ, uintptr(fd), uintptr(unsafe.Pointer(&p[0])), uintptr(len(p))))
}

func writeNow(fd int, p []byte) (int, error) {
	if len(p) == 0 || len(p) > rawMax {
		return syscall.Write(fd, p)
	}
	return result(syscall.RawSyscall(syscall.SYS_WRITE, uintptr(fd), uintptr(unsafe.Pointer(&p[0])), uintptr(len(p))))
}

func result(n, _ uintptr, errno syscall.Errno) (int, error) {
	if errno != 0 {
		return -1, errno
	}
	return int(n), nil
}
