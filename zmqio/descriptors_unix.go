//go:build unix

package zmqio

import "syscall"

// descriptorsMax returns how many descriptors the process may have open.
func descriptorsMax() int {
	var l syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &l); err != nil {
		return descriptorsDefault
	}
	return int(min(uint64(l.Cur), descriptorsDefault))
}
