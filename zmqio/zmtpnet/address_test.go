package zmtpnet

import (
	"errors"
	"net"
	"os"
	"path/filepath"
	"testing"
	"time"
)

func TestAddresses(t *testing.T) {
	t.Parallel()
	a := start(t, "a", false)
	for address, ok := range map[string]bool{
		"tcp://127.0.0.1:5": true, "tcp://[::1]:65535": true, "tcp://example.com:80": true, "ipc:///tmp/x": true,
		"ipc://@abstract": true,
		"tcp://*:5":       false, "tcp://:5": false, "tcp://127.0.0.1:*": false, "tcp://127.0.0.1:0": false,
		"tcp://127.0.0.1": false, "tcp://::1:5": false, "tcp://h:65536": false, "udp://h:1": false, "h:1": false,
		"ipc://": false, "tcp://a b:1": false, "": false,
	} {
		if err := a.transport.CheckAddress(address); (err == nil) != ok {
			t.Errorf("%q: %v", address, err)
		}
	}
}

// Wildcards give a port that can be dialled, and a bound address is taken.
func TestListenAddresses(t *testing.T) {
	t.Parallel()
	a, b := start(t, "a", false), start(t, "b", false)
	for _, address := range []string{"tcp://127.0.0.1:*", "tcp://127.0.0.1:0", "tcp://[::1]:*"} {
		b.listenOn(address)
		a.join(b)
	}
	a.Lock()
	defer a.UnlockAndDispatch()
	if _, err := a.transport.Listen(b.bound); err == nil {
		t.Error("a bound address was bound again")
	}
	if _, err := a.transport.Listen("tcp://nonsense"); err == nil {
		t.Error("an address without a port was bound")
	}
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
	a.Lock()
	_, err = a.transport.Listen("ipc://" + path)
	a.UnlockAndDispatch()
	if err == nil {
		t.Error("the file of a live listener was replaced")
	}
	if err := os.WriteFile(path+"x", nil, 0o600); err != nil {
		t.Fatal(err)
	}
	a.Lock()
	_, err = a.transport.Listen("ipc://" + path + "x")
	a.UnlockAndDispatch()
	if err == nil {
		t.Error("a file that is no socket was replaced")
	}
	b.close(time.Second)
	if _, err := os.Lstat(path); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the socket's file is left: %v", err)
	}
}
