// Demo shows what bilateralrpc is for, in a few seconds and on one machine:
// three processes with fresh CURVE keys find each other on loopback, call each
// other in both directions and by multicast, cast, lose one of them to SIGKILL,
// notice it, and get it back. It prints what happens, checks every result, and
// exits with 0 only if all of it went as told.
//
// The process you start is alice. It starts bob and carol as children, which are
// this program again, and which end when alice does. Alice connects to bob;
// carol connects to both of them. Nothing else distinguishes the three.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"time"
)

// patience bounds the whole demo.
const patience = time.Minute

func main() {
	transport := flag.String("transport", "zmtp", "what carries the messages: zmtp, or libzmq in a build with -tags libzmq")
	isChild := flag.Bool("child", false, "be bob or carol (the demo does this itself)")
	flag.Parse()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	ctx, stop := signal.NotifyContext(ctx, os.Interrupt)
	defer stop()
	var err error
	if *isChild {
		err = child(ctx)
	} else {
		err = story(ctx, *transport)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "demo:", err)
		os.Exit(1)
	}
}
