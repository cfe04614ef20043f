package bilateralrpc_test

import (
	"fmt"
	"io"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/bitmark-inc/bilateralrpc"
	"github.com/bitmark-inc/bilateralrpc/core"
)

// A relay is a cable between a dialler and a listener, which a test can cut.
type relay struct {
	address string
	wg      sync.WaitGroup

	mu    sync.Mutex
	conns []net.Conn
}

// newRelay relays to a listener until the test ends.
func newRelay(t *testing.T, to string) *relay {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	r := &relay{address: "tcp://" + listener.Addr().String()}
	r.wg.Go(func() {
		for {
			from, err := listener.Accept()
			if err != nil {
				return
			}
			r.connect(from, strings.TrimPrefix(to, "tcp://"))
		}
	})
	t.Cleanup(func() {
		_ = listener.Close()
		r.cut()
		r.wg.Wait()
	})
	return r
}

func (r *relay) connect(from net.Conn, address string) {
	to, err := net.Dial("tcp", address)
	if err != nil {
		_ = from.Close()
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.conns = append(r.conns, from, to)
	for _, ends := range [][2]net.Conn{{from, to}, {to, from}} {
		r.wg.Go(func() {
			defer ends[0].Close()
			defer ends[1].Close()
			_, _ = io.Copy(ends[0], ends[1])
		})
	}
}

// cut closes every connection of the moment, with what is on its way in it.
func (r *relay) cut() {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, c := range r.conns {
		_ = c.(*net.TCPConn).SetLinger(0)
		_ = c.Close()
	}
	r.conns = nil
}

// cable is a client that reaches a server over a relay.
type cable struct {
	*relay
	server, client         *bilateralrpc.Bilateral
	serverDesk, clientDesk *Desk
	// replaces says that the server knows a connection that replaced another one
	// from that other one. libzmq in plaintext has one link a name, and hands it over.
	replaces bool
}

// eachCable runs a test on every transport of sockets, in plaintext and with CURVE.
func eachCable(t *testing.T, test func(*testing.T, *cable)) {
	t.Parallel()
	timing := core.Timing{FirstStart: time.Millisecond, RedialMin: time.Millisecond, RedialMax: 5 * time.Millisecond}
	eachTransport(t, func(t *testing.T, tr transportCase) {
		if !strings.HasPrefix(tr.wildcard, "tcp:") {
			t.Skip("not a transport of sockets")
		}
		for _, curve := range []bool{false, true} {
			t.Run(map[bool]string{false: "null", true: "curve"}[curve], func(t *testing.T) {
				c := &cable{replaces: curve || tr.transport != bilateralrpc.Libzmq}
				start := func(name string) (*bilateralrpc.Bilateral, *Desk, string) {
					config := bilateralrpc.Config{Network: "network", Name: name, Transport: tr.transport, Timing: timing}
					if curve {
						config.PublicKey, config.PrivateKey = keypair(t)
						config.Name, name = "", config.PublicKey
					}
					b, d := mustNew(t, config), &Desk{enter: make(chan string, 100), leave: make(chan struct{})}
					if err := b.Register(d); err != nil {
						t.Fatal(err)
					}
					return b, d, name
				}
				var name string
				c.server, c.serverDesk, name = start("server")
				if err := c.server.ListenOn(tr.wildcard); err != nil {
					t.Fatal(err)
				}
				c.relay = newRelay(t, c.server.ListenAddresses()[0])
				c.client, c.clientDesk, _ = start("client")
				if err := c.client.ConnectTo(name, c.address); err != nil {
					t.Fatal(err)
				}
				waitPeers(t, c.client, 1)
				waitPeers(t, c.server, 1)
				test(t, c)
			})
		}
	})
}

// PROTOCOL 8.2: "The dialler answers STAY with MEET; the listener answers MEET with MEET."
func TestOurNodesMeet(t *testing.T) {
	eachCable(t, func(t *testing.T, c *cable) {
		for _, b := range []*bilateralrpc.Bilateral{c.server, c.client} {
			eventually(t, "the nodes to know each other's kind, and a MEET each way", func() bool {
				stats := b.Stats()
				return b.Peers()[0].Ours && stats.FramesIn[core.MEET] > 0 && stats.FramesOut[core.MEET] > 0
			})
		}
		// PROTOCOL 8.5: "VOID tells a peer of ours that nobody waits for its reply any more."
		var rows []deskRow
		if err := c.client.Call(nil, "Desk.Wait", DeskArgs{}, &rows, bilateralrpc.MINIMUM_CALL_TIMEOUT); err != nil || len(rows) > 0 {
			t.Errorf("%+v, %v, want no rows: nobody lets the handler end", rows, err)
		}
		eventually(t, "VOID", func() bool { return c.server.Stats().FramesIn[core.VOID] == 1 })
		c.serverDesk.leave <- struct{}{}
		// PROTOCOL 6.6 and 9.2: a PART with a reason ends the half at once.
		c.client.Close()
		eventually(t, "the client to be gone", func() bool { return c.server.ConnectionCount() == 0 })
		if n := c.server.Stats().FramesIn[core.PART]; n != 1 {
			t.Errorf("%d PARTs came from the dialler, want 1", n)
		}
	})
}

// PROTOCOL 8.3: "A CALL is sent again only over a new link to the same incarnation
// of the callee, which will not run it twice."
func TestOurCallsOutliveTheirConnection(t *testing.T) {
	eachCable(t, func(t *testing.T, c *cable) {
		const rounds = 10
		for round := range rounds {
			c.upper(t)
			var wg sync.WaitGroup
			for _, b := range []*bilateralrpc.Bilateral{c.client, c.server} {
				wg.Go(func() {
					var rows []deskRow
					err := b.Call(nil, "Desk.Wait", DeskArgs{}, &rows, patience)
					if err != nil || len(rows) != 1 || rows[0].Err != nil || rows[0].Reply.Text != "waited" {
						t.Errorf("round %d: %+v, %v, want the reply", round, rows, err)
					}
				})
			}
			<-c.serverDesk.enter
			<-c.clientDesk.enter
			resends, dials := c.client.Stats().Resends, c.client.Stats().Dials
			c.cut()
			eventually(t, "the client to dial again", func() bool { return c.client.Stats().Dials > dials })
			waitPeers(t, c.client, 1)
			eventually(t, "the client to send its call again", func() bool { return c.client.Stats().Resends > resends })
			if c.replaces {
				eventually(t, "the server to send its call again", func() bool { return c.server.Stats().Resends > uint64(round) })
			}
			c.upper(t) // behind the calls that were sent again
			c.serverDesk.leave <- struct{}{}
			c.clientDesk.leave <- struct{}{}
			wg.Wait()
		}
		if n := len(c.serverDesk.enter) + len(c.clientDesk.enter); n > 0 {
			t.Errorf("%d calls ran twice", n)
		}
	})
}

// upper makes a call whose reply comes behind the listener's MEET, so that both
// ends use our extensions from then on.
func (c *cable) upper(t *testing.T) {
	t.Helper()
	var rows []deskRow
	if err := c.client.Call(nil, "Desk.Upper", DeskArgs{Text: "x"}, &rows, patience); err != nil || len(rows) != 1 || rows[0].Reply.Text != "X" {
		t.Errorf("%+v, %v, want one reply", rows, err)
	}
}

// PROTOCOL 8.4: "A request is run at most once for a call id of an incarnation of the caller."
func TestOurCallsRunOnceUnderCuts(t *testing.T) {
	const callers, calls, callsPerCut = 8, 60, 25
	eachCable(t, func(t *testing.T, c *cable) {
		var wg sync.WaitGroup
		replied := make(chan string, callers*calls)
		done := make(chan struct{}, callers*calls)
		for caller := range callers {
			wg.Go(func() {
				for i := range calls {
					text := fmt.Sprint(caller, " ", i)
					var rows []deskRow
					err := c.client.WaitPeers(t.Context(), 1) // who is not connected is not called
					if err == nil {
						err = c.client.Call(nil, "Desk.Note", DeskArgs{Text: text}, &rows, time.Second)
					}
					if err != nil {
						t.Errorf("call %s: %v", text, err)
					}
					if len(rows) == 1 && rows[0].Err == nil {
						replied <- text
					}
					done <- struct{}{}
				}
			})
		}
		for i := range callers * calls {
			if <-done; i%callsPerCut == 0 {
				c.cut()
			}
		}
		wg.Wait()
		close(replied)
		ran := map[string]int{}
		for _, note := range c.serverDesk.noted() {
			_, text, _ := strings.Cut(note, ": ")
			if ran[text]++; ran[text] > 1 {
				t.Errorf("call %s ran twice", text)
			}
		}
		n := 0
		for text := range replied {
			if n++; ran[text] != 1 {
				t.Errorf("call %s was answered and ran %d times", text, ran[text])
			}
		}
		t.Logf("%d of %d calls were answered, %d ran, %d were sent again", n, callers*calls, len(ran), c.client.Stats().Resends)
		// How many get through depends on how the cuts fall: a call that finds nobody
		// connected is over at once. This only says that the test is about something.
		if n < callers*calls/10 {
			t.Errorf("%d of %d calls were answered: the cuts stop everything", n, callers*calls)
		}
	})
}
