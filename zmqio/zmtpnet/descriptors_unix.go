//go:build unix

package zmtpnet

import "syscall"

// descriptorsMax returns how many descriptors the process may have open.
func descriptorsMax() int {
	var limit syscall.Rlimit
	if syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit) != nil {
		return 8 * halfOpenMost
	}
	return int(min(uint64(limit.Cur), 1<<20))
}
