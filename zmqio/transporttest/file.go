package transporttest

import (
	"errors"
	"io/fs"
	"net"
	"os"
	"strings"
)

// sockets returns the paths of the ipc addresses to listen on; none, for a transport
// without such.
func (s *story) sockets() (paths []string) {
	for _, address := range s.options.Addresses(s.TB) {
		if path, ok := strings.CutPrefix(address, "ipc://"); ok && !strings.HasPrefix(path, "@") {
			paths = append(paths, path)
		}
	}
	return paths
}

// The path of anything but a socket is refused, and what is there stays.
func notASocket(s *story) {
	for _, path := range s.sockets() {
		if err := os.WriteFile(path, []byte("precious"), 0o600); err != nil {
			s.Fatal(err)
		}
		if _, err := s.node("node").TryListen("ipc://" + path); err == nil {
			s.Errorf("a file was taken for the path of a socket")
		}
		if data, err := os.ReadFile(path); string(data) != "precious" {
			s.Errorf("the file is %q, %v", data, err)
		}
		link := path + "l"
		if err := os.Symlink(path, link); err != nil {
			s.Fatal(err)
		}
		if _, err := s.node("node").TryListen("ipc://" + link); err == nil {
			s.Errorf("a symbolic link was taken for the path of a socket")
		}
		if _, err := os.Lstat(link); err != nil {
			s.Error(err)
		}
	}
}

// The path of a node that lives is refused, and it goes on to listen there.
func somebodyListens(s *story) {
	for _, path := range s.sockets() {
		l := s.node("listener").Listen("ipc://" + path)
		for _, other := range []*Node{l, s.node("other")} {
			if _, err := other.TryListen("ipc://" + path); err == nil {
				s.Errorf("two listen at one path")
			}
			other.WantNothing()
		}
		s.node("dialler").Join(l)
	}
}

// A socket that nobody answers on is replaced.
func deadSocket(s *story) {
	for _, path := range s.sockets() {
		dead, err := net.ListenUnix("unix", &net.UnixAddr{Name: path, Net: "unix"})
		if err != nil {
			s.Fatal(err)
		}
		dead.SetUnlinkOnClose(false)
		_ = dead.Close()
		l, d := s.node("listener").Listen("ipc://"+path), s.node("dialler")
		atD, atL := d.Join(l)
		exchange(l, d, atL, atD, "in place of a dead one")
	}
}

// Close removes the file of the socket, and frees its path.
func removedByClose(s *story) {
	for _, path := range s.sockets() {
		for range 2 {
			l := s.node("listener").Listen("ipc://" + path)
			s.node("dialler").Join(l)
			l.Close(0)
			if _, err := os.Lstat(path); !errors.Is(err, fs.ErrNotExist) {
				s.Errorf("the file of a closed node's socket: %v, want none", err)
			}
		}
	}
}

// Close leaves alone what is at the path if that is not the node's own any more.
func fileOfASuccessor(s *story) {
	for _, path := range s.sockets() {
		old := s.node("old").Listen("ipc://" + path)
		if err := os.Remove(path); err != nil { // as a cleaner of temporary files does
			s.Fatal(err)
		}
		successor := s.node("successor").Listen("ipc://" + path)
		old.Close(0)
		d := s.node("dialler")
		atD, atL := d.Join(successor)
		exchange(successor, d, atL, atD, "after the predecessor's end")
	}
}
