package stream_test

import (
	"fmt"
	"strings"

	"github.com/bitmark-inc/bilateralrpc/sim/stream"
)

// A scenario from text: one bit on its way to the listening node is flipped.
func ExampleParse() {
	s, err := stream.Parse(`
bytes 1
seed 7 curve payload 4096 handshake 5s heartbeat 4s 8s halfopen 8
connect honest at 0s sends 3 gets 2 sizes 0 1 255 piece 64 latency 1ms..3ms
fault #0 dialler byte 301 flip 3
expect mark "flipped bit rejected"
`)
	if err != nil {
		fmt.Println(err)
		return
	}
	r := s.Run(stream.Options{NoDigest: true})
	fmt.Println("violation:", r.Violation)
	for _, m := range r.Marks {
		if m.Count > 0 {
			fmt.Println(m.Name)
		}
	}
	// Output:
	// violation: <nil>
	// flipped bit rejected
}

// A scenario made by hand, as a file.
func ExampleScenario_String() {
	s := stream.Scenario{Seed: 7, PayloadMax: 4096, Handshake: 5e9, HalfOpenMax: 8, Comments: []string{"One is cut off, one says nothing."}}
	s.Conns = append(s.Conns, stream.Conn{Peer: stream.Honest, Sends: 3, Sizes: []int{0, 255}, Piece: 64}, stream.Conn{Peer: stream.Mute})
	s.Faults = append(s.Faults, stream.Fault{Kind: stream.Sever, Conn: 0, From: stream.Dialling, At: 70})
	fmt.Print(&s)
	// Output:
	// # One is cut off, one says nothing.
	// bytes 1
	// seed 7 null payload 4096 handshake 5s halfopen 8
	// connect honest at 0s sends 3 sizes 0 255 piece 64
	// connect mute at 0s
	// fault #0 dialler byte 70 cut
}

// The connection is cut before each byte that the listening end sends, and run
// once without.
func ExampleScenario_EveryByte() {
	s := stream.Scenario{PayloadMax: 100, Handshake: 1e9, HalfOpenMax: 1, Conns: []stream.Conn{{Sends: 1, Gets: 1}}}
	t := s.EveryByte(func(dst []stream.Fault, _ int, from stream.Side, _ int) []stream.Fault {
		if from == stream.Dialling {
			return dst
		}
		return append(dst, stream.Fault{Kind: stream.Sever})
	})
	fmt.Println(t.Runs, "runs, violation:", t.Violation)
	// Output:
	// 123 runs, violation: <nil>
}

// The same seed gives the same run.
func ExampleSwarm() {
	a, b := stream.Swarm(42).Run(stream.Options{}), stream.Swarm(42).Run(stream.Options{})
	fmt.Println(a.Digest == b.Digest, a.Violation)
	// Output:
	// true <nil>
}

// An expectation stands for a property that does not hold.
func ExampleExplain() {
	s := stream.Scenario{PayloadMax: 100, Handshake: 1e9, HalfOpenMax: 1, Conns: []stream.Conn{{Peer: stream.Mute}}}
	s.Marks = []string{"PING answered"}
	report := stream.Explain(s.Run(stream.Options{}), "go run ./cmd/bilsim bytes mine.bytes")
	fmt.Println(strings.TrimSpace(report))
	// Output:
	// E: What the scenario expects happens.
	//
	//   E at 2.000000000s: connection 0, listener: these marks were never hit: "PING answered"
	//   Seed 0.
	//
	// The scenario, as it was run:
	//
	//   bytes 1
	//   seed 0 null payload 100 handshake 1s halfopen 1
	//   connect mute at 0s
	//   expect mark "PING answered"
	//
	// The last 4 lines of its trace, up to the moment it broke:
	//
	//   0.000000000s 0 listener accepts 0
	//   0.000000000s 0 listener writes 64
	//   1.000000000s 0 listener zmtp: handshake not done in time 0
	//   1.000000000s 0 dialler the other end closed, or the connection was cut 0
	//
	// Replay it with:  go run ./cmd/bilsim bytes mine.bytes
}
