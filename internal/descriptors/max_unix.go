//go:build unix

package descriptors

import "syscall"

// Max returns how many descriptors the process may have open now.
func Max() int {
	var limit syscall.Rlimit
	if syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit) != nil {
		return Many
	}
	return int(min(uint64(limit.Cur), Many))
}
