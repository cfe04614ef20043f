//go:build unix && !solaris && !aix

package host

import (
	"errors"
	"os"
	"syscall"
)

// lockFile locks a file for as long as the process has it open, however it ends.
func lockFile(name string) (*os.File, error) {
	f, err := os.OpenFile(name, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, err
	}
	err = syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
	if errors.Is(err, syscall.EWOULDBLOCK) {
		err = ErrRuns
	}
	if err != nil {
		_ = f.Close()
		return nil, err
	}
	return f, nil
}
