// Hub asks 200 agents and shows their replies on a web page as they come. Run it, and open the
// address that it prints:
//
//	go run ./examples/hub
//
// One sees 200 squares, which turn green as the agents reply; four turn red, as these agents
// always fail; and five are late by some seconds. "Ask" asks again. Leave the page while some are
// late, and the hub says in the terminal how many of them have stopped working.
//
//	go run ./examples/hub -once
//
// is its own visitor: it reads one page of replies, leaves before the late ones have come, and
// says what it saw.
//
// The agents are in agents.go; the handler that streams replies is in stream.go, and is a range
// loop: where the loop ends, because the visitor has left, the call is given up at the agents
// that have not answered, and the contexts of their handlers end. The agents are nodes
// of this process, on the transport in memory; with other addresses they would be anywhere.
package main

import (
	"context"
	"flag"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/signal"
	"syscall"
	"time"
)

func main() {
	once := flag.Bool("once", false, "make one request to itself, say how the replies came, and end")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	var err error
	if *once {
		err = visit(ctx, os.Stdout)
	} else {
		err = serve(ctx)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "hub:", err)
		os.Exit(1)
	}
}

// serve is the hub until ctx is done.
func serve(ctx context.Context) error {
	c, err := newCrew(ctx, 200, 5*time.Second)
	if err != nil {
		return err
	}
	defer c.close()
	go func() {
		for range c.gaveUp {
			fmt.Println("an agent has stopped working: nobody waits for its reply")
		}
	}()
	address, end, err := listen(ctx, c)
	if err != nil {
		return err
	}
	defer end()
	fmt.Println("the hub is at", address)
	<-ctx.Done()
	return nil
}

// listen serves the page of c on a free port. Streams end when ctx is done, or end is called.
func listen(ctx context.Context, c *crew) (address string, end func(), err error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", nil, err
	}
	ctx, cancel := context.WithCancel(ctx)
	server := &http.Server{
		Handler:           handler(c.hub),
		ReadHeaderTimeout: 10 * time.Second,
		BaseContext:       func(net.Listener) context.Context { return ctx },
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		server.Serve(l) // until Shutdown
	}()
	return "http://" + l.Addr().String(), func() {
		cancel() // or Shutdown would wait for streams
		server.Shutdown(context.Background())
		<-done
	}, nil
}
