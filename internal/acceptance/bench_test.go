package acceptance

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/bitmark-inc/bilateralrpc"
)

// The benchmarks of calls run over TCP on loopback, in two processes; the served
// one is this test binary, started again. Comparisons with other systems are in
// bench/ and need a module of their own.

// benchKind says what a node of a benchmark runs on.
type benchKind struct {
	transportCase
	curve bool
}

func (k benchKind) String() string {
	if k.curve {
		return k.name + "/curve"
	}
	return k.name + "/plain"
}

var benchKinds = []benchKind{{overLibzmq, false}, {overLibzmq, true}, {overZMTP, false}, {overZMTP, true}}

// BenchmarkCallTCP is the throughput of so many callers, each waiting for its reply
// before it calls again; one caller is the latency, of which the median and the
// 99th percentile are shown too.
func BenchmarkCallTCP(b *testing.B) {
	for _, kind := range benchKinds {
		b.Run(kind.String(), func(b *testing.B) {
			node, peer := benchPair(b, kind)
			for _, callers := range []int{1, 16, 64, 256} {
				b.Run(fmt.Sprintf("callers=%d", callers), func(b *testing.B) {
					benchCall(b, node, []string{peer}, callers, 1)
				})
			}
		})
	}
}

// BenchmarkPayload sends large arguments to a peer, which sends them back. The
// rate counts both directions.
func BenchmarkPayload(b *testing.B) {
	const callers = 4
	for _, size := range []int{64 << 10, 1 << 20} {
		for _, kind := range benchKinds {
			b.Run(fmt.Sprintf("%dKiB/%v", size>>10, kind), func(b *testing.B) {
				node, peer := benchPair(b, kind)
				b.SetBytes(2 * int64(size))
				benchLoad(b, callers, func(int) error { return benchEcho(node, peer, make([]byte, size)) })
			})
		}
	}
}

// Blob serves BenchmarkPayload.
type Blob struct{}

// Data is bytes.
type Data struct{ Bytes []byte }

// Echo replies with its argument.
func (Blob) Echo(args Data, reply *Data) error {
	*reply = args
	return nil
}

func benchEcho(node *bilateralrpc.Bilateral, peer string, data []byte) error {
	var rows []struct {
		From  string
		Reply Data
		Err   error
	}
	if err := node.Call([]string{peer}, "Blob.Echo", &Data{data}, &rows, patience); err != nil {
		return err
	}
	if len(rows) != 1 || rows[0].Err != nil || len(rows[0].Reply.Bytes) != len(data) {
		return fmt.Errorf("%d rows, want one of %d bytes", len(rows), len(data))
	}
	return nil
}

// BenchmarkMulticast calls every peer at once. All nodes share the process.
func BenchmarkMulticast(b *testing.B) {
	for _, tr := range transports {
		for _, peers := range []int{1, 10, 100} {
			b.Run(fmt.Sprintf("%s/peers=%d", tr.name, peers), func(b *testing.B) {
				node := benchStar(b, benchKind{transportCase: tr}, peers)
				benchCall(b, node, bilateralrpc.SendToAll, 1, peers)
			})
		}
	}
}

// benchCall makes b.N calls of SumDiff from as many goroutines as callers, and
// checks that each has as many rows as want.
func benchCall(b *testing.B, node *bilateralrpc.Bilateral, to []string, callers, want int) {
	benchLoad(b, callers, func(n int) error { return benchOnce(node, to, n, want) })
}

// benchLoad makes b.N calls from as many goroutines as callers.
func benchLoad(b *testing.B, callers int, call func(n int) error) {
	var (
		wg        sync.WaitGroup
		left      atomic.Int64
		latencies []time.Duration
	)
	left.Store(int64(b.N))
	if callers == 1 {
		latencies = make([]time.Duration, 0, b.N)
	}
	b.ReportAllocs()
	b.ResetTimer()
	for range callers {
		wg.Go(func() {
			for n := left.Add(-1); n >= 0; n = left.Add(-1) {
				began := time.Now()
				if err := call(int(n)); err != nil {
					b.Error(err)
					return
				}
				if callers == 1 {
					latencies = append(latencies, time.Since(began))
				}
			}
		})
	}
	wg.Wait()
	b.StopTimer()
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "calls/s")
	if n := len(latencies); n > 0 {
		slices.Sort(latencies)
		b.ReportMetric(float64(latencies[n/2].Nanoseconds()), "p50-ns")
		b.ReportMetric(float64(latencies[n*99/100].Nanoseconds()), "p99-ns")
	}
}

func benchOnce(node *bilateralrpc.Bilateral, to []string, n, want int) error {
	var rows []sumDiffRow
	if err := node.Call(to, "Arith.SumDiff", &SumDiffArgs{n, 1}, &rows, patience); err != nil {
		return err
	}
	if len(rows) != want {
		return fmt.Errorf("%d rows, want %d", len(rows), want)
	}
	for _, row := range rows {
		if row.Err != nil {
			return row.Err
		}
		if row.Reply != (SumDiffReply{n + 1, n - 1}) {
			return fmt.Errorf("SumDiff(%d, 1) is %+v", n, row.Reply)
		}
	}
	return nil
}

// benchNode makes a node, which ends with the benchmark.
func benchNode(tb testing.TB, name string, kind benchKind) (node *bilateralrpc.Bilateral, itsName string) {
	kind.need(tb)
	config := bilateralrpc.Config{Network: "bench", Name: name, Transport: kind.transport}
	if kind.curve {
		config.PublicKey, config.PrivateKey = keypair(tb)
		config.Name, name = "", config.PublicKey
	}
	return mustNew(tb, config), name
}

func benchListen(tb testing.TB, node *bilateralrpc.Bilateral, address string) string {
	for _, receiver := range []any{&Arith{}, Blob{}} {
		if err := node.Register(receiver); err != nil {
			tb.Fatal(err)
		}
	}
	if err := node.ListenOn(address); err != nil {
		tb.Fatal(err)
	}
	return node.ListenAddresses()[0]
}

// benchStar returns a node that many others of this process serve.
func benchStar(b *testing.B, kind benchKind, peers int) *bilateralrpc.Bilateral {
	hub, hubName := benchNode(b, "hub", kind)
	address := benchListen(b, hub, kind.wildcard)
	for i := range peers {
		peer, _ := benchNode(b, fmt.Sprintf("peer-%d", i), kind)
		if err := peer.Register(&Arith{}); err != nil {
			b.Fatal(err)
		}
		if err := peer.ConnectTo(hubName, address); err != nil {
			b.Fatal(err)
		}
	}
	waitPeers(b, hub, peers)
	return hub
}

// benchServe tells the test binary to be the served process of a kind.
const benchServe = "BILATERALRPC_BENCH_SERVE"

// TestBenchmarkServer is the other process of BenchmarkCallTCP. It says where it
// listens and what its name is, and ends when its input does.
func TestBenchmarkServer(t *testing.T) {
	for _, kind := range benchKinds {
		if os.Getenv(benchServe) == kind.String() {
			node, name := benchNode(t, "served", kind)
			fmt.Println(benchListen(t, node, kind.wildcard), name)
			if _, err := io.Copy(io.Discard, os.Stdin); err != nil {
				t.Error(err)
			}
			return
		}
	}
	t.Skip("only the served process of a benchmark runs this")
}

// benchPair starts a served process and returns a node that is connected to it,
// and its name.
func benchPair(b *testing.B, kind benchKind) (node *bilateralrpc.Bilateral, peer string) {
	node, _ = benchNode(b, "calling", kind)
	cmd := exec.Command(os.Args[0], "-test.run=^TestBenchmarkServer$")
	cmd.Env = append(os.Environ(), benchServe+"="+kind.String())
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
	b.Cleanup(func() {
		stdin.Close()
		io.Copy(io.Discard, stdout)
		cmd.Wait()
	})
	line, err := bufio.NewReader(stdout).ReadString('\n')
	address, peer, ok := strings.Cut(strings.TrimSpace(line), " ")
	if err != nil || !ok || !strings.HasPrefix(address, "tcp://") {
		b.Fatalf("the served process says %q, %v: want its address and name", line, err)
	}
	if err := node.ConnectTo(peer, address); err != nil {
		b.Fatal(err)
	}
	waitPeers(b, node, 1)
	return node, peer
}
