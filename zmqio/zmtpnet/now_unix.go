//go:build unix && (!linux || race || msan || asan || purego)

package zmtpnet

import "syscall"

// readNow and writeNow are read(2) and write(2) of a descriptor that does not wait.
func readNow(fd int, p []byte) (int, error)  { return syscall.Read(fd, p) }
func writeNow(fd int, p []byte) (int, error) { return syscall.Write(fd, p) }
