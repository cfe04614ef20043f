//go:build unix && cgo && libzmq

package zmtpnet

import (
	"fmt"
	"os"
	"os/exec"
	"syscall"
	"testing"
	"time"

	zmq "github.com/pebbe/zmq4"

	"github.com/bitmark-inc/bilateralrpc/core"
	"github.com/bitmark-inc/bilateralrpc/zmqio"
)

func init() {
	childMain = func(address string) {
		socket, err := zmq.NewSocket(zmq.DEALER)
		if err == nil {
			err = socket.SetIdentity("child")
		}
		if err == nil {
			err = socket.SetReconnectIvl(20 * time.Millisecond)
		}
		if err == nil {
			err = socket.Connect(address)
		}
		for err == nil {
			var parts []string
			if parts, err = socket.RecvMessage(0); err == nil {
				_, err = socket.SendMessage("TOCK", parts[1])
			} else if again(err) {
				err = nil
			}
		}
		fmt.Println(err)
		os.Exit(1)
	}
}

// startChild starts a libzmq peer in a process of its own.
func startChild(t *testing.T, n *node) *os.Process {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(self)
	cmd.Env = append(os.Environ(), childAddress+"="+n.Bound)
	cmd.Stdout, cmd.Stderr = os.Stderr, os.Stderr
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
	return cmd.Process
}

// A process that is killed is noticed at once, one that is frozen when a
// heartbeat says so, and both are let in again when they are back.
func TestLibzmqProcess(t *testing.T) {
	t.Parallel()
	n := start(t, "ours", false, func(c *zmqio.TransportConfig) {
		c.HeartbeatInterval, c.HeartbeatTimeout = 100*time.Millisecond, 400*time.Millisecond
	}).listen()
	hello := func() core.Link {
		t.Helper()
		link := n.wantUp("child")
		n.Send(link, core.TICK, "x")
		n.wantFrame("child", core.TOCK, "x")
		return link
	}
	child := startChild(t, n)
	link := hello()
	if err := child.Kill(); err != nil {
		t.Fatal(err)
	}
	n.WantLost(link, core.CauseLost)

	child = startChild(t, n)
	link = hello()
	if err := child.Signal(syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	n.WantLost(link, core.CauseHeartbeat)
	if err := child.Signal(syscall.SIGCONT); err != nil {
		t.Fatal(err)
	}
	hello()
}
