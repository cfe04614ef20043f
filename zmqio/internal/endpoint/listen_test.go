package endpoint

import (
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func listen(t *testing.T, address string) (*Listener, error) {
	t.Helper()
	e, err := Parse(address, Listen, all...)
	if err != nil {
		t.Fatal(err)
	}
	l, err := e.Listen()
	if err == nil {
		t.Cleanup(func() { _ = l.Close() })
	}
	return l, err
}

func mustListen(t *testing.T, address string) *Listener {
	t.Helper()
	l, err := listen(t, address)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// An interface stands for one of its addresses.
func TestListenOnAnInterface(t *testing.T) {
	t.Parallel()
	interfaces, err := net.Interfaces()
	if err != nil {
		t.Fatal(err)
	}
	for _, i := range interfaces {
		if i.Flags&(net.FlagLoopback|net.FlagUp) != net.FlagLoopback|net.FlagUp {
			continue
		}
		l := mustListen(t, "tcp://"+i.Name+":*")
		if e, err := Parse(l.Address(), Dial, TCP); err != nil || !e.Loopback() {
			t.Errorf("listening on %s: %v; want an address of loopback", l.Address(), err)
		}
		return
	}
	t.Skip("this machine has no loopback interface")
}

// The addresses that are bound have the family that was asked for.
func TestListenBindsTheFamily(t *testing.T) {
	t.Parallel()
	for address, want := range map[string]string{"tcp://127.0.0.1:*": "tcp://127.0.0.1:", "tcp://0.0.0.0:*": "tcp://0.0.0.0:"} {
		if got := mustListen(t, address).Address(); !strings.HasPrefix(got, want) {
			t.Errorf("%s: bound to %s", address, got)
		}
	}
}

// The error says why a path is refused.
func TestListenSaysWhyItRefuses(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "s")
	mustListen(t, "ipc://"+path)
	if _, err := listen(t, "ipc://"+path); err == nil || !strings.Contains(err.Error(), errAnswers.Error()) {
		t.Errorf("where somebody listens: %v", err)
	}
	if err := os.WriteFile(path+"f", nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := listen(t, "ipc://"+path+"f"); err == nil || !strings.Contains(err.Error(), errNoSocket.Error()) {
		t.Errorf("where a file is: %v", err)
	}
	if _, err := listen(t, "ipc://"+filepath.Join(path, "below")); err == nil {
		t.Error("a path below a file was bound")
	}
}

// Only the file that was bound is removed, be there a file or another socket since.
func TestRemoveLeavesOthers(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "s")
	first := mustListen(t, "ipc://"+path)
	if err := os.Rename(path, path+"moved"); err != nil {
		t.Fatal(err)
	}
	second := mustListen(t, "ipc://"+path)
	first.File.Remove()
	if !isFile(path, second.File.info) {
		t.Error("the file of the second socket is gone")
	}
	second.File.Remove()
	second.File.Remove() // does nothing
	if _, err := os.Lstat(path); err == nil {
		t.Error("the file of the socket is still there")
	}
	var none *SocketFile
	none.Remove()
}
