// Quorumstore keeps values on five nodes, of which any two may be away. Run it:
//
//	go run ./examples/quorumstore
//
// It takes about a second. One sees a value written while all five replicas are there, and again
// while one is away; that one comes back with nothing; two others leave; and a read finds
// the newest value all the same, and mends the replica that had missed it. With one more away
// nothing can be written, and the error says why.
//
// A write goes to all five and is done when three have it; a read asks all five and is done
// when three have answered. Any three and any three of five have one in common, so a read
// sees the newest write. The replica is in replica.go, and the quorums in front.go.
//
// The six nodes live in one process, so that there is nothing to set up. They share nothing
// but the network: every message goes through loopback, encrypted by CURVE. The front listens,
// and the replicas dial it. Who dials does not matter for who calls, and so a replica may
// come back at any address.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"time"

	"github.com/bitmark-inc/bilateralrpc"
)

func main() {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	ctx, stop := signal.NotifyContext(ctx, os.Interrupt)
	defer stop()
	if err := story(ctx, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "quorumstore:", err)
		os.Exit(1)
	}
}

// story is what the program shows. It ends with the first thing that is not as it should be.
func story(ctx context.Context, out io.Writer) error {
	s, err := newStage(ctx, "alice", "bob", "carol", "dave", "eve")
	if err != nil {
		return err
	}
	defer s.close()

	say := func(format string, args ...any) { fmt.Fprintf(out, format+"\n", args...) }
	if err = s.front.Write(ctx, "colour", "red"); err != nil {
		return err
	}
	say("five replicas: colour is red")

	if err = s.leave(ctx, "eve"); err != nil {
		return err
	}
	if err = s.front.Write(ctx, "colour", "blue"); err != nil {
		return err
	}
	say("eve has left:  colour is blue")

	if err = s.start(ctx, "eve"); err != nil {
		return err
	}
	has, err := s.ask(ctx, "eve", "colour")
	if err != nil {
		return err
	}
	say("eve is back:   she has %q", has.Text)

	// Of the three that stay one has the newest value at least, as three had it.
	if err = errors.Join(s.leave(ctx, "alice"), s.leave(ctx, "bob")); err != nil {
		return err
	}
	value, err := s.front.Read(ctx, "colour")
	if err != nil {
		return err
	}
	say("two have left: a read of the three others finds %s", value)
	if has, err = s.ask(ctx, "eve", "colour"); err != nil {
		return err
	}
	say("and mends eve: she has %q", has.Text)

	if err = s.leave(ctx, "carol"); err != nil {
		return err
	}
	err = s.front.Write(ctx, "colour", "green")
	var quorum *bilateralrpc.QuorumError
	if !errors.As(err, &quorum) {
		return fmt.Errorf("a write to two replicas gave %v", err)
	}
	say("two are left:  nothing can be written, it takes %d", quorum.Want)
	return nil
}
