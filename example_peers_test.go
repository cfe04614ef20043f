package bilateralrpc_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"time"

	"github.com/bitmark-inc/bilateralrpc"
)

func ExampleBilateral_Watch() {
	alice, bob := exampleNodes()
	defer alice.Close()
	defer bob.Close()
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()

	for e := range bob.Watch(ctx) {
		fmt.Println(e.Name, "is", e.Kind)
		if e.Kind == bilateralrpc.PeerDown {
			fmt.Println("cause:", e.Cause)
			break
		}
		alice.Close()
	}
	// Output:
	// alice is up
	// alice is down
	// cause: parted
}

func ExampleBilateral_WaitFor() {
	alice, bob := exampleNodes()
	defer alice.Close()
	defer bob.Close()
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()

	fmt.Println(bob.WaitFor(ctx, "alice"))
	// Output: <nil>
}

// What is missing, for programs and for people.
func ExampleMissingError() {
	alice, bob := exampleNodes()
	defer alice.Close()
	defer bob.Close()
	ctx, cancel := context.WithTimeout(context.Background(), time.Millisecond)
	defer cancel()

	err := bob.WaitFor(ctx, "alice", "carol")
	var missing *bilateralrpc.MissingError
	if errors.As(err, &missing) {
		fmt.Println(missing.Names)
	}
	fmt.Println(err)
	// Output:
	// [carol]
	// bilateralrpc: 1 missing: context deadline exceeded; carol: neither dialled by this node nor heard of; ConnectTo it, or look at the name
}

// The network is back, and nobody wants to wait for the next attempts by themselves.
func ExampleBilateral_Redial() {
	alice, bob := exampleNodes()
	defer alice.Close()
	defer bob.Close()

	fmt.Println(bob.Redial())        // all that bob dials
	fmt.Println(bob.Redial("alice")) // one of them
	fmt.Println(errors.Is(bob.Redial("carol"), bilateralrpc.ErrNoPeer))
	// Output:
	// <nil>
	// <nil>
	// true
}

// Log lines and errors call a peer by its alias.
func ExampleConfig_alias() {
	names := map[string]string{"10.0.0.7": "the printer"}
	node, err := bilateralrpc.New(bilateralrpc.Config{
		Network: "example", Name: "node",
		Alias: func(name string) string { return names[name] },
	})
	if err != nil {
		log.Fatal(err)
	}
	defer node.Close()

	fmt.Println(node.Redial("10.0.0.7"))
	// Output: bilateralrpc: no existing connection of this name: connect to it first (the printer (10.0.0.7) is not dialled by this node)
}

func ExampleBilateral_Status() {
	alice, bob := exampleNodes()
	defer alice.Close()

	bob.Close()
	for _, node := range []*bilateralrpc.Bilateral{alice, bob} {
		s := node.Status()
		fmt.Println(s.Name, "encrypted:", s.Encrypted, "closed:", errors.Is(s.Err, bilateralrpc.ErrClosed))
	}
	// Output:
	// alice encrypted: false closed: false
	// bob encrypted: false closed: true
}

func ExampleBilateral_Called() {
	node, err := bilateralrpc.New(bilateralrpc.Config{
		Network: "example", Name: "node",
		Alias: func(name string) string { return map[string]string{"10.0.0.7": "the printer"}[name] },
	})
	if err != nil {
		log.Fatal(err)
	}
	defer node.Close()

	fmt.Println(node.Called("10.0.0.7"))
	fmt.Println(node.Called("10.0.0.8"))
	// Output:
	// the printer (10.0.0.7)
	// 10.0.0.8
}
