package zmtpnet

import (
	"errors"
	"net"
	"os"
	"path/filepath"
	"testing"
)

// Port 0 is a wildcard as "*" is.
func TestListenOnPortZero(t *testing.T) {
	t.Parallel()
	a, b := start(t, "a", false), start(t, "b", false).listenOn("tcp://127.0.0.1:0")
	a.join(b)
}

// The file of a dead process is replaced, that of a live one and other files are not.
func TestDeadSocketFileIsReplaced(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "s")
	dead, err := net.ListenUnix("unix", &net.UnixAddr{Name: path, Net: "unix"})
	if err != nil {
		t.Fatal(err)
	}
	dead.SetUnlinkOnClose(false)
	dead.Close()
	a, b := start(t, "a", false), start(t, "b", false).listenOn("ipc://"+path)
	a.join(b)
	if _, err = a.TryListen("ipc://" + path); err == nil {
		t.Error("the file of a live listener was replaced")
	}
	if err := os.WriteFile(path+"x", nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err = a.TryListen("ipc://" + path + "x"); err == nil {
		t.Error("a file that is no socket was replaced")
	}
	b.Close(0)
	if _, err := os.Lstat(path); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the socket's file is left: %v", err)
	}
}
