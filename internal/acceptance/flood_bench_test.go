package acceptance

import (
	"bytes"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/bitmark-inc/bilateralrpc/zmtp"
)

// benchFlood is the variable that makes the test binary flood an address, with
// frames of a command.
const benchFlood = "BILATERALRPC_BENCH_FLOOD"

// BenchmarkCallBesideFlood is one caller's latency while other peers of the callee,
// in a process that yields to others (nice 19), send as fast as they can and read
// what comes back.
func BenchmarkCallBesideFlood(b *testing.B) {
	for _, flood := range []struct {
		command string
		links   int
	}{{"none", 0}, {"TICK", 1}, {"TICK", 6}, {"CALL", 6}} {
		b.Run(fmt.Sprintf("%s/links=%d", flood.command, flood.links), func(b *testing.B) {
			node, peer := benchPair(b, benchKind{overZMTP, false})
			address := node.Peers()[0].Address
			if flood.links > 0 {
				stop := startFlood(b, fmt.Sprintf("%d %s %s", flood.links, flood.command, address))
				defer stop()
			}
			benchCall(b, node, []string{peer}, 1, 1)
		})
	}
}

// startFlood starts a process that floods, and returns when it does.
func startFlood(b *testing.B, what string) (stop func()) {
	cmd := exec.Command("nice", "-n", "19", os.Args[0], "-test.run=^TestBenchmarkFlood$")
	cmd.Env = append(os.Environ(), benchFlood+"="+what)
	cmd.Stderr = os.Stderr
	stdin, err := cmd.StdinPipe()
	if err != nil {
		b.Fatal(err)
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		b.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		b.Fatal(err)
	}
	if _, err := io.ReadFull(stdout, make([]byte, 1)); err != nil {
		b.Fatal(err)
	}
	return func() {
		stdin.Close()
		_ = cmd.Wait()
	}
}

// TestBenchmarkFlood is the process that floods.
func TestBenchmarkFlood(t *testing.T) {
	what := os.Getenv(benchFlood)
	if what == "" {
		t.Skip("only for benchmarks")
	}
	var links int
	var command, address string
	if _, err := fmt.Sscan(what, &links, &command, &address); err != nil {
		t.Fatal(err)
	}
	for i := range links {
		conn, err := net.Dial("tcp", strings.TrimPrefix(address, "tcp://"))
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		go floodOn(conn, fmt.Sprint("flood-", i), command)
	}
	os.Stdout.Write([]byte{'.'})
	_, _ = io.Copy(io.Discard, os.Stdin)
	os.Exit(0) // with its goroutines
}

// floodOn does the handshake, joins, and floods.
func floodOn(conn net.Conn, name, command string) {
	engine := zmtp.Dial(&zmtp.Config{Identity: name, PayloadBytesMax: 1 << 20}, nil, new(zmtp.Entropy), 0)
	_, _ = conn.Write(engine.Start(nil))
	var in []byte
	buffer := make([]byte, 64<<10)
	for !engine.Up() {
		n, err := conn.Read(buffer)
		if err != nil {
			return
		}
		for in = append(in, buffer[:n]...); ; {
			got, out, err := engine.Receive(0, nil, in)
			_, _ = conn.Write(out)
			if in = in[got.N:]; err != nil || got.Kind == zmtp.None {
				break
			}
		}
	}
	go func() { _, _ = io.Copy(io.Discard, conn) }()
	_, _ = conn.Write(zmtp.AppendMessage(nil, "JOIN", nil, []byte("bench")))
	frame := zmtp.AppendMessage(nil, command, nil, []byte("12345678901234567890"))
	chunk := bytes.Repeat(frame, (256<<10)/len(frame))
	for {
		if _, err := conn.Write(chunk); err != nil {
			return
		}
	}
}
