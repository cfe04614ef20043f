package bilateralrpc_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"slices"
	"time"

	"github.com/bitmark-inc/bilateralrpc"
)

// Args are the arguments of SumDiff, and Sums its reply.
type Args struct{ A, B int }

type Sums struct{ Sum, Diff int }

// SumDiff is a method that several nodes serve. Both ends of a call use it.
var SumDiff = bilateralrpc.NewMethod[Args, Sums]("Arith.SumDiff")

// star makes a node "bob" with the peers alice, carol and dave, of which each serves
// SumDiff by f. Close ends them all.
func star(f func(context.Context, Args) (Sums, error), config bilateralrpc.Config) (bob *bilateralrpc.Bilateral, stop func()) {
	var nodes []*bilateralrpc.Bilateral
	node := func(name string) *bilateralrpc.Bilateral {
		config.Network, config.Name = "example", name
		n, err := bilateralrpc.New(config)
		if err != nil {
			log.Fatal(err)
		}
		nodes = append(nodes, n)
		return n
	}
	bob = node("bob")
	peers := []string{"alice", "carol", "dave"}
	for _, name := range peers {
		peer := node(name)
		err := errors.Join(SumDiff.Handle(peer, f), peer.ListenOn("inproc://*"))
		if err = errors.Join(err, bob.ConnectTo(name, peer.ListenAddresses()[0])); err != nil {
			log.Fatal(err)
		}
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	if err := bob.WaitPeers(ctx, len(peers)); err != nil {
		log.Fatal(err)
	}
	// Peers know each other as ours, to whom metadata goes, once they have talked.
	if _, err := SumDiff.All(ctx, bob, nil, Args{}); err != nil {
		log.Fatal(err)
	}
	return bob, func() {
		for _, n := range nodes {
			n.Close()
		}
	}
}

func sumDiff(_ context.Context, args Args) (Sums, error) {
	return Sums{args.A + args.B, args.A - args.B}, nil
}

// The whole of it: a method, its handler, and the ways to call it.
func ExampleMethod() {
	node, stop := star(func(ctx context.Context, args Args) (Sums, error) {
		return Sums{args.A + args.B, args.A - args.B}, nil
	}, bilateralrpc.Config{})
	defer stop()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	args := Args{186, 253}

	reply, err := SumDiff.One(ctx, node, "alice", args)
	fmt.Println("one:", reply, err)

	for r := range SumDiff.Each(ctx, node, bilateralrpc.SendToAll, args) { // as they come
		if r.Err != nil || r.Value.Sum != 439 {
			fmt.Println(r.From, r.Value, r.Err)
		}
	}

	peers := []string{"alice", "carol", "dave"}
	all, err := SumDiff.All(ctx, node, peers, args)
	fmt.Println("all:", len(all), err)

	r, err := SumDiff.First(ctx, node, peers, args) // the others are cancelled
	fmt.Println("first:", slices.Contains(peers, r.From), r.Value, err)

	rs, err := SumDiff.Quorum(ctx, node, peers, 2, args)
	fmt.Println("quorum:", len(rs), err)

	err = SumDiff.Cast(ctx, node, peers, args)
	fmt.Println("cast:", err)
	// Output:
	// one: {439 -67} <nil>
	// all: 3 <nil>
	// first: true {439 -67} <nil>
	// quorum: 2 <nil>
	// cast: <nil>
}

func ExampleNewMethod() {
	method := bilateralrpc.NewMethod[Args, Sums]("Arith.SumDiff")
	fmt.Println(method.Name())

	misspelt := bilateralrpc.NewMethod[Args, Sums]("SumDiff")
	_, err := misspelt.One(context.Background(), nil, "alice", Args{})
	fmt.Println(err)
	// Output:
	// Arith.SumDiff
	// bilateralrpc: bad method: the name "SumDiff" is not of the form Service.Method
}

// Name is what peers know the method by.
func ExampleMethod_Name() {
	fmt.Println(SumDiff.Name())
	// Output: Arith.SumDiff
}

// A handler knows who calls, and when nobody waits for it any more.
func ExampleMethod_Handle() {
	alice, bob := exampleNodes()
	defer alice.Close()
	defer bob.Close()

	greet := bilateralrpc.NewMethod[HelloArgs, HelloReply]("Greeter.Greet") // beside the receiver's Hello
	err := greet.Handle(alice, func(ctx context.Context, args HelloArgs) (HelloReply, error) {
		if err := ctx.Err(); err != nil {
			return HelloReply{}, err // the caller has given up
		}
		return HelloReply{"Hello, " + bilateralrpc.PeerOf(ctx)}, nil
	})
	if err != nil {
		log.Fatal(err)
	}
	reply, err := greet.One(context.Background(), bob, "alice", HelloArgs{})
	fmt.Println(reply.Text, err)
	fmt.Println(greet.Handle(alice, func(context.Context, HelloArgs) (HelloReply, error) { return HelloReply{}, nil }))
	// Output:
	// Hello, bob <nil>
	// bilateralrpc: handle Greeter.Greet: the method is served already: it can have one handler, or be a receiver's
}

// A Method calls what a receiver serves by net/rpc's rules, too.
func ExampleMethod_One() {
	alice, bob := exampleNodes() // alice has registered a Greeter
	defer alice.Close()
	defer bob.Close()

	hello := bilateralrpc.NewMethod[HelloArgs, HelloReply]("Greeter.Hello")
	reply, err := hello.One(context.Background(), bob, "alice", HelloArgs{Name: "world"})
	fmt.Println(reply.Text, err)
	_, err = hello.One(context.Background(), bob, "alice", HelloArgs{}, bilateralrpc.WithTimeout(10*time.Second))
	fmt.Println(err)
	_, err = hello.One(context.Background(), bob, "zoe", HelloArgs{})
	fmt.Println(errors.Is(err, bilateralrpc.ErrNotConnected), err)
	// Output:
	// Hello, world <nil>
	// nobody to greet
	// true Greeter.Hello at zoe: bilateralrpc: the peer is not connected; nothing was sent: wait for it, or look at Peers
}

// A loop that has seen enough leaves, and the handlers of the others hear of it.
func ExampleMethod_Each() {
	gone := make(chan string, 2)
	bob, stop := star(func(ctx context.Context, args Args) (Sums, error) {
		if args.A == 0 {
			return Sums{}, nil
		}
		<-ctx.Done()
		gone <- "a handler is told"
		return Sums{}, ctx.Err()
	}, bilateralrpc.Config{})
	defer stop()

	for r := range SumDiff.Each(context.Background(), bob, []string{"alice", "carol", "nobody"}, Args{1, 2}) {
		fmt.Println(r.From, r.Err)
		break
	}
	fmt.Println(<-gone)
	fmt.Println(<-gone)
	// Output:
	// nobody bilateralrpc: the peer is not connected; nothing was sent: wait for it, or look at Peers
	// a handler is told
	// a handler is told
}

// Every addressed peer has a Reply, or why it has none.
func ExampleMethod_All() {
	bob, stop := star(sumDiff, bilateralrpc.Config{})
	defer stop()

	all, err := SumDiff.All(context.Background(), bob, []string{"alice", "dave", "nobody"}, Args{3, 2})
	if err != nil {
		log.Fatal(err)
	}
	slices.SortFunc(all, func(a, b bilateralrpc.Reply[Sums]) int { return len(a.From) - len(b.From) })
	for _, r := range all {
		fmt.Println(r.From, r.Value, errors.Is(r.Err, bilateralrpc.ErrNotConnected))
	}
	// Output:
	// dave {5 1} false
	// alice {5 1} false
	// nobody {0 0} true
}

// Where nobody has a good reply, the error is what each of them said.
func ExampleMethod_First() {
	bob, stop := star(func(ctx context.Context, args Args) (Sums, error) {
		if args.A < 0 {
			return Sums{}, errors.New("argument A is negative")
		}
		return Sums{args.A, args.B}, nil
	}, bilateralrpc.Config{})
	defer stop()

	r, err := SumDiff.First(context.Background(), bob, nil, Args{1, 2})
	fmt.Println(r.Value, err)
	_, err = SumDiff.First(context.Background(), bob, []string{"alice"}, Args{-1, 2})
	fmt.Println(err)
	// Output:
	// {1 2} <nil>
	// bilateralrpc: Arith.SumDiff: 0 replies, want 1; alice: argument A is negative
}

func ExampleMethod_Quorum() {
	bob, stop := star(sumDiff, bilateralrpc.Config{})
	defer stop()

	replies, err := SumDiff.Quorum(context.Background(), bob, []string{"alice", "carol", "dave"}, 2, Args{1, 2})
	fmt.Println(len(replies), err)

	_, err = SumDiff.Quorum(context.Background(), bob, []string{"zoe", "yan", "dave"}, 2, Args{1, 2})
	var quorum *bilateralrpc.QuorumError
	if errors.As(err, &quorum) {
		for _, o := range quorum.Failed {
			fmt.Println(o.From, errors.Is(o.Err, bilateralrpc.ErrNotConnected))
		}
	}
	fmt.Println(errors.Is(err, bilateralrpc.ErrQuorum))
	// Output:
	// 2 <nil>
	// zoe true
	// yan true
	// true
}

func ExampleMethod_Cast() {
	heard := make(chan int, 3)
	bob, stop := star(func(_ context.Context, args Args) (Sums, error) {
		if args.A > 0 {
			heard <- args.A
		}
		return Sums{}, nil
	}, bilateralrpc.Config{})
	defer stop()

	fmt.Println(SumDiff.Cast(context.Background(), bob, bilateralrpc.SendToAll, Args{A: 7}))
	fmt.Println(<-heard, <-heard, <-heard)
	// Output:
	// <nil>
	// 7 7 7
}

// Two values of one type are served under names of their own.
func ExampleBilateral_RegisterName() {
	alice, bob := exampleNodes()
	defer alice.Close()
	defer bob.Close()

	for name, greeting := range map[string]string{"English": "Hello", "German": "Guten Tag"} {
		if err := alice.RegisterName(name, &Greeter{Greeting: greeting}); err != nil {
			log.Fatal(err)
		}
	}
	german := bilateralrpc.NewMethod[HelloArgs, HelloReply]("German.Hello")
	reply, err := german.One(context.Background(), bob, "alice", HelloArgs{Name: "Welt"})
	fmt.Println(reply.Text, err)
	// Output: Guten Tag, Welt <nil>
}
