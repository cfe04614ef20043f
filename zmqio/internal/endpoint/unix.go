package endpoint

import (
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"sync"
	"syscall"
)

// Reasons not to replace what stands at the path of a Unix socket.
var (
	errNoSocket = errors.New("the file there is no socket")
	errAnswers  = errors.New("somebody listens there")
)

// replacing keeps two nodes of this process from replacing the same dead socket:
// the second would take the first one's for it.
var replacing sync.Mutex

// listenUnix binds a Unix socket to path, in place of a dead one if need be.
func listenUnix(path string) (*Listener, error) {
	replacing.Lock()
	defer replacing.Unlock()
	at := &net.UnixAddr{Name: path, Net: "unix"}
	l, err := net.ListenUnix(at.Net, at)
	if errors.Is(err, syscall.EADDRINUSE) && !abstract(path) {
		if reason := removeDead(path); reason != nil {
			return nil, fmt.Errorf("%w: %w", err, reason)
		}
		l, err = net.ListenUnix(at.Net, at)
	}
	if err != nil {
		return nil, err
	}
	if abstract(path) {
		return &Listener{Listener: l}, nil
	}
	l.SetUnlinkOnClose(false) // it would remove whatever stands at path then
	file, err := newSocketFile(path)
	if err != nil {
		_ = l.Close()
		return nil, err
	}
	return &Listener{Listener: l, File: file}, nil
}

// abstract says whether path is a name of Linux's that no file stands for.
func abstract(path string) bool { return path[0] == '@' }

// removeDead removes the file at path if it is a Unix socket that refuses
// connections, which a process that was killed leaves behind. The error says why it
// must stay. It is no error if there is no file.
func removeDead(path string) error {
	dead, err := os.Lstat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil // removed since
	case err != nil:
		return err
	case dead.Mode().Type() != fs.ModeSocket:
		return errNoSocket
	}
	conn, err := net.Dial("unix", path)
	if err == nil {
		_ = conn.Close()
		return errAnswers
	}
	if !errors.Is(err, syscall.ECONNREFUSED) {
		return err // a full queue, another kind of socket, no permission
	}
	if !isFile(path, dead) {
		return errAnswers // another process was faster
	}
	return os.Remove(path)
}

// isFile says whether the file at path is the one that info describes.
func isFile(path string, info fs.FileInfo) bool {
	found, err := os.Lstat(path)
	return err == nil && os.SameFile(found, info)
}

// SocketFile is the file of a Unix socket that this process has bound.
type SocketFile struct {
	path string // absolute: the process may change its directory
	info fs.FileInfo
}

// newSocketFile describes the file at path, which has just been bound.
func newSocketFile(path string) (*SocketFile, error) {
	path, err := filepath.Abs(path)
	if err != nil {
		return nil, err
	}
	info, err := os.Lstat(path)
	if err != nil {
		return nil, err
	}
	return &SocketFile{path, info}, nil
}

// Remove removes the file, unless another one has taken its path. The socket must
// still be open: until it is closed, no other file gets the number of its inode, and
// nobody takes it for a dead one. A nil file is none.
func (f *SocketFile) Remove() {
	if f != nil && isFile(f.path, f.info) {
		_ = os.Remove(f.path) // without permission it stays, and is replaced by the next to listen
	}
}
