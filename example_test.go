package bilateralrpc_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"time"

	"github.com/bitmark-inc/bilateralrpc"
)

// Greeter is a service. Its method is called "Greeter.Hello" by peers.
type Greeter struct{ Greeting string }

// HelloArgs are its arguments. Bilateral_SENDER is set by the node that serves.
type HelloArgs struct {
	Name             string
	Bilateral_SENDER string
}

// HelloReply is its reply.
type HelloReply struct{ Text string }

// Hello greets.
func (g *Greeter) Hello(args HelloArgs, reply *HelloReply) error {
	if args.Name == "" {
		return errors.New("nobody to greet")
	}
	reply.Text = g.Greeting + ", " + args.Name
	return nil
}

// exampleNodes makes a node "alice" that serves a Greeter, and a node "bob" that
// is connected to it. A real program makes one node a process, with keys.
func exampleNodes() (alice, bob *bilateralrpc.Bilateral) {
	alice, err := bilateralrpc.New(bilateralrpc.Config{Network: "example", Name: "alice"})
	if err != nil {
		log.Fatal(err)
	}
	if err := alice.Register(&Greeter{Greeting: "Hello"}); err != nil {
		log.Fatal(err)
	}
	if err := alice.ListenOn("inproc://*"); err != nil { // or "tcp://*:5555"
		log.Fatal(err)
	}
	bob, err = bilateralrpc.New(bilateralrpc.Config{Network: "example", Name: "bob"})
	if err != nil {
		log.Fatal(err)
	}
	if err := bob.ConnectTo("alice", alice.ListenAddresses()[0]); err != nil {
		log.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	if err := errors.Join(alice.WaitPeers(ctx, 1), bob.WaitPeers(ctx, 1)); err != nil {
		log.Fatal(err)
	}
	return alice, bob
}

func ExampleBilateral_Call() {
	alice, bob := exampleNodes()
	defer alice.Close()
	defer bob.Close()

	var results []struct {
		From  string
		Reply HelloReply
		Err   error
	}
	if err := bob.Call(bilateralrpc.SendToAll, "Greeter.Hello", HelloArgs{Name: "world"}, &results); err != nil {
		log.Fatal(err)
	}
	for _, r := range results {
		fmt.Println(r.From, "says", r.Reply.Text)
	}
	// Output: alice says Hello, world
}

// The connection works both ways: alice, who never connected to anybody, calls bob.
func ExampleBilateral_Register() {
	alice, bob := exampleNodes()
	defer alice.Close()
	defer bob.Close()

	if err := bob.Register(&Greeter{Greeting: "Good morning"}); err != nil {
		log.Fatal(err)
	}
	var results []struct {
		From  string
		Reply HelloReply
	}
	if err := alice.Call([]string{"bob"}, "Greeter.Hello", HelloArgs{Name: "alice"}, &results, 5*time.Second); err != nil {
		log.Fatal(err)
	}
	fmt.Println(results)
	// Output: [{bob {Good morning, alice}}]
}

func ExampleBilateral_CallContext() {
	alice, bob := exampleNodes()
	defer alice.Close()
	defer bob.Close()

	var results []struct {
		From  string
		Reply HelloReply
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	outcomes, err := bob.CallContext(ctx, []string{"alice", "carol"}, "Greeter.Hello", HelloArgs{}, &results)
	if err != nil {
		log.Fatal(err)
	}
	for _, o := range outcomes {
		switch {
		case o.Err == nil:
			fmt.Println(o.From, "replied")
		case errors.Is(o.Err, bilateralrpc.ErrNotConnected):
			fmt.Println(o.From, "is not connected")
		default:
			fmt.Println(o.From, "failed:", o.Err)
		}
	}
	// Output:
	// carol is not connected
	// alice failed: nobody to greet
}

func ExampleBilateral_Cast() {
	alice, bob := exampleNodes()
	defer alice.Close()
	defer bob.Close()

	fmt.Println(bob.Cast(bilateralrpc.SendToAll, "Greeter.Hello", HelloArgs{Name: "world"}))
	// Output: <nil>
}

func ExampleNew() {
	publicKey, privateKey, err := bilateralrpc.NewKeypair()
	if err != nil {
		log.Fatal(err)
	}
	node, err := bilateralrpc.New(bilateralrpc.Config{
		Network:     "example",
		PublicKey:   publicKey,
		PrivateKey:  privateKey,
		AllowedKeys: []string{}, // nobody yet: see SetAllowedKeys
	})
	if err != nil {
		log.Fatal(err)
	}
	defer node.Close()
	fmt.Println(node.ConnectionCount(), "peers")
	// Output: 0 peers
}

func ExampleNewKeypair() {
	publicKey, privateKey, err := bilateralrpc.NewKeypair()
	fmt.Println(len(publicKey), len(privateKey), err)
	// Output: 40 40 <nil>
}

func ExampleBilateral_Shutdown() {
	alice, bob := exampleNodes()
	defer bob.Close()

	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	fmt.Println(alice.Shutdown(ctx))

	var results []struct {
		From  string
		Reply HelloReply
	}
	err := alice.Call(nil, "Greeter.Hello", HelloArgs{Name: "anybody"}, &results)
	fmt.Println(errors.Is(err, bilateralrpc.ErrClosed))
	// Output:
	// <nil>
	// true
}

// A constructor of the original has no error to return: the node says later what
// was wrong.
func ExampleNewEncrypted() {
	node := bilateralrpc.NewEncrypted("example", "not a key", "nor this")
	err := node.ListenOn("tcp://127.0.0.1:*")
	fmt.Println(errors.Is(err, bilateralrpc.ErrBadKey))
	// Output: true
}

func ExampleNewPlaintext() {
	node := bilateralrpc.NewPlaintext("example", "alice")
	defer node.Close()
	fmt.Println(node.ConnectTo("alice", "inproc://somewhere"))
	// Output: bilateralrpc: loopback forbidden: a node can't connect to itself
}

// A key that may connect from now on, and one that may no longer.
func ExampleBilateral_SetAllowedKeys() {
	publicKey, privateKey, err := bilateralrpc.NewKeypair()
	if err != nil {
		log.Fatal(err)
	}
	node, err := bilateralrpc.New(bilateralrpc.Config{Network: "example", PublicKey: publicKey, PrivateKey: privateKey})
	if err != nil {
		log.Fatal(err)
	}
	defer node.Close()
	friendsKey, _, err := bilateralrpc.NewKeypair()
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(node.SetAllowedKeys([]string{friendsKey})) // nobody else
	fmt.Println(node.SetAllowedKeys([]string{}))           // nobody; connections end
	// Output:
	// <nil>
	// <nil>
}

func ExampleBilateral_Peers() {
	alice, bob := exampleNodes()
	defer alice.Close()
	defer bob.Close()

	for _, p := range bob.Peers() {
		fmt.Println(p.Name, "active:", p.Active, "dialled by us:", p.Address != "")
	}
	// Output: alice active: true dialled by us: true
}
