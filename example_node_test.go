package bilateralrpc_test

import (
	"context"
	"fmt"
	"time"

	"github.com/bitmark-inc/bilateralrpc"
)

func ExampleBilateral_Stats() {
	alice, bob := exampleNodes()
	defer alice.Close()
	defer bob.Close()

	before := bob.Stats()
	ping := bilateralrpc.NewMethod[struct{}, string]("Nobody.Serves")
	ping.One(context.Background(), bob, "alice", struct{}{})
	after := bob.Stats()
	fmt.Println(after.Calls-before.Calls, after.Outcomes.Failed-before.Outcomes.Failed, after.ActivePeers, after.CallsPending)
	// Output: 1 1 1 0
}

func ExampleBilateral_ActiveConnections() {
	alice, bob := exampleNodes()
	defer alice.Close()
	defer bob.Close()

	fmt.Println(bob.ActiveConnections(), bob.ConnectionCount())
	// Output: [alice] 1
}

// A peer that is not wanted any more is told, and is not dialled again.
func ExampleBilateral_DisconnectFrom() {
	alice, bob := exampleNodes()
	defer alice.Close()
	defer bob.Close()

	fmt.Println(bob.DisconnectFrom("alice"), bob.ConnectionCount())
	// Output: <nil> 0
}

// A method that may run twice without harm: the call is sent again if the connection is lost
// and comes back before the timeout.
func ExampleIdempotent() {
	bob, stop := star(sumDiff, bilateralrpc.Config{})
	defer stop()

	fmt.Println(SumDiff.One(context.Background(), bob, "alice", Args{1, 2},
		bilateralrpc.Idempotent(), bilateralrpc.WithTimeout(time.Minute)))
	// Output: {3 -1} <nil>
}
