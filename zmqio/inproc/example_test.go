package inproc_test

import (
	"context"
	"fmt"
	"log"
	"time"

	"github.com/bitmark-inc/bilateralrpc/core"
	"github.com/bitmark-inc/bilateralrpc/zmqio"
	"github.com/bitmark-inc/bilateralrpc/zmqio/inproc"
)

// Two drivers, below the level of receivers and gob: bytes in, bytes out.
func Example() {
	newNode := func(name string) *zmqio.Driver {
		d, err := zmqio.New(zmqio.Config{
			Protocol:   core.Config{Name: name, Network: "example"},
			Transports: []zmqio.Transport{inproc.Transport},
			Handler: func(dst []byte, r *zmqio.Request) ([]byte, error) {
				return fmt.Appendf(dst, "%s asks %s for %s of %s", r.Peer, name, r.Method, r.Body), nil
			},
		})
		if err != nil {
			log.Fatal(err)
		}
		return d
	}
	alice, bob := newNode("alice"), newNode("bob")
	defer alice.Close()
	defer bob.Close()
	address, err := alice.Listen("inproc://*")
	if err != nil {
		log.Fatal(err)
	}
	if err := bob.Connect("alice", address); err != nil {
		log.Fatal(err)
	}
	for changed := bob.Changed(); bob.ActiveCount() == 0; changed = bob.Changed() {
		<-changed
	}

	c := bob.NewCall()
	defer bob.Release(c)
	c.Method, c.Body, c.Timeout = "news", append(c.Body[:0], "today"...), time.Second
	if err := bob.Call(context.Background(), c); err != nil {
		log.Fatal(err)
	}
	for _, o := range c.Outcomes {
		fmt.Printf("%s %v: %s\n", o.Peer, o.How, o.Body)
	}
	// Output: alice replied: bob asks alice for news of today
}
