package zmtpnet

import (
	"errors"
	"io/fs"
	"net"
	"os"
	"syscall"
)

// removeDeadSocket removes the file at path if it is a Unix socket to which
// nobody answers, and says whether it did.
func removeDeadSocket(path string) bool {
	info, err := os.Lstat(path)
	if err != nil || info.Mode().Type() != fs.ModeSocket {
		return false
	}
	conn, err := net.Dial("unix", path)
	if err == nil {
		_ = conn.Close()
		return false
	}
	return errors.Is(err, syscall.ECONNREFUSED) && os.Remove(path) == nil
}
