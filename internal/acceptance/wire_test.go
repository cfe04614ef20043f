package acceptance

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/bitmark-inc/bilateralrpc"
)

// PROTOCOL 8.2: "The dialler answers STAY with MEET; the listener answers MEET with MEET."
func TestOurNodesMeet(t *testing.T) {
	eachCable(t, func(t *testing.T, c *cable) {
		for _, b := range []*bilateralrpc.Bilateral{c.server, c.client} {
			eventually(t, "the nodes to know each other's kind, and a MEET each way", func() bool {
				return b.Peers()[0].Ours && b.Stats().FramesIn.Meet > 0 && b.Stats().FramesOut.Meet > 0
			})
		}
		// PROTOCOL 8.5: "VOID tells a peer of ours that nobody waits for its reply any more."
		var rows []deskRow
		if err := c.client.Call(nil, "Desk.Wait", DeskArgs{}, &rows, bilateralrpc.MINIMUM_CALL_TIMEOUT); err != nil || len(rows) > 0 {
			t.Errorf("%+v, %v, want no rows: nobody lets the handler end", rows, err)
		}
		eventually(t, "VOID", func() bool { return c.server.Stats().FramesIn.Void == 1 })
		close(c.serverDesk.leave)
		// PROTOCOL 6.6 and 9.2: a PART with a reason ends the half at once.
		c.client.Close()
		eventually(t, "the client to be gone", func() bool { return c.server.ConnectionCount() == 0 })
		if n := c.server.Stats().FramesIn.Part; n != 1 {
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
			c.Cut()
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

// PROTOCOL 8.4: "A request is run at most once for a call id of an incarnation of the caller."
func TestOurCallsRunOnceUnderCuts(t *testing.T) {
	const callers, calls, callsPerCut = 8, 60, 25
	const timeout = 500 * time.Millisecond // of those whose reply was on its way when the cable was cut
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
						err = c.client.Call(nil, "Desk.Note", DeskArgs{Text: text}, &rows, timeout)
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
				c.Cut()
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
		if len(ran) < callers*calls/10 {
			t.Errorf("%d of %d calls ran: the cuts stop everything", len(ran), callers*calls)
		}
	})
}
