package acceptance

import (
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/benbjohnson/clock"

	"github.com/bitmark-inc/bilateralrpc"
)

// In a bubble of testing/synctest, over memory, time is exact: these tests say
// when something happens, and take none.

func TestJoiningTakesTheFirstStartTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		mock := clock.NewMock()
		server := mustNew(t, bilateralrpc.Config{Network: "network", Name: "server", Clock: mock})
		if err := server.ListenOn(overMemory.wildcard); err != nil {
			t.Fatal(err)
		}
		client := mustNew(t, bilateralrpc.Config{Network: "network", Name: "client", Clock: mock})
		connect(t, client, "server", server)
		mock.Add(bilateralrpc.FIRST_START_TIME - 1)
		synctest.Wait()
		if n := client.ConnectionCount(); n != 0 {
			t.Errorf("%d connections before FIRST_START_TIME", n)
		}
		mock.Add(1)
		synctest.Wait()
		if client.ConnectionCount() != 1 || server.ConnectionCount() != 1 {
			t.Errorf("after FIRST_START_TIME: client %+v, server %+v", client.Peers(), server.Peers())
		}
	})
}

func TestACallEndsAtItsTimeoutToTheNanosecond(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		nodes, desks := mesh(t, overMemory, 2)
		defer close(desks[0].leave)
		for timeout, optional := range map[time.Duration][]time.Duration{
			bilateralrpc.DEFAULT_CALL_TIMEOUT: nil,
			bilateralrpc.MINIMUM_CALL_TIMEOUT: {bilateralrpc.MINIMUM_CALL_TIMEOUT},
			time.Hour:                         {time.Hour},
		} {
			var rows []deskRow
			start := time.Now()
			if err := nodes[1].Call(nil, "Desk.Wait", DeskArgs{}, &rows, optional...); err != nil || len(rows) != 0 {
				t.Errorf("%v: %+v, %v", timeout, rows, err)
			}
			if took := time.Since(start); took != timeout {
				t.Errorf("took %v, want %v", took, timeout)
			}
		}
	})
}

// F5 of the original: a call without results blocked its reactor for ever.
func TestAHundredCallsThatTimeOutHarmNobody(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		nodes, desks := mesh(t, overMemory, 2)
		defer close(desks[0].leave)
		errs := make(chan error)
		for range 100 {
			go func() {
				var rows []deskRow
				errs <- nodes[1].Call(nil, "Desk.Wait", DeskArgs{}, &rows, time.Second)
			}()
		}
		start := time.Now()
		for range 100 {
			if err := <-errs; err != nil {
				t.Error(err)
			}
		}
		if took := time.Since(start); took != time.Second {
			t.Errorf("they took %v, want 1s together", took)
		}
		var rows []deskRow
		if err := nodes[1].Call(nil, "Desk.Upper", DeskArgs{Text: "x"}, &rows); err != nil || len(rows) != 1 {
			t.Errorf("afterwards: %+v, %v", rows, err)
		}
	})
}

// A day of nothing: links are kept alive, and nobody is lost.
func TestADayOfSilence(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		nodes, _ := mesh(t, overMemory, 3)
		time.Sleep(24 * time.Hour)
		for i, b := range nodes {
			if b.ConnectionCount() != 2 {
				t.Errorf("n%d has %+v", i, b.Peers())
			}
			if s := b.Stats(); s.Dials > 2 {
				t.Errorf("n%d dialled %d times in a quiet day", i, s.Dials)
			}
		}
	})
}

func TestAFloodIsAnsweredAsOverload(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		config := bilateralrpc.Config{Network: "network", Name: "server"}
		config.Limits.ServingPeerMax = 10
		server := mustNew(t, config)
		desk := openDesk(t, server, overMemory.wildcard)
		client := mustNew(t, bilateralrpc.Config{Network: "network", Name: "client"})
		connect(t, client, "server", server)
		waitPeers(t, client, 1)
		overloaded := make(chan bool)
		for range 30 {
			go func() {
				var rows []deskRow
				err := client.Call(nil, "Desk.Wait", DeskArgs{}, &rows, time.Hour)
				if err != nil || len(rows) != 1 {
					t.Errorf("%+v, %v", rows, err)
				}
				var remote bilateralrpc.RemoteError
				overloaded <- errors.As(rows[0].Err, &remote)
			}()
		}
		synctest.Wait()
		for range 20 {
			if !<-overloaded {
				t.Error("a call beyond the limit was served")
			}
		}
		close(desk.leave)
		for range 10 {
			if <-overloaded {
				t.Error("a call within the limit was refused")
			}
		}
	})
}

func TestTooManyCallsAtOnceAreRefused(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		nodes, desks := mesh(t, overMemory, 2)
		defer close(desks[0].leave)
		config := bilateralrpc.Config{Network: "network", Name: "busy"}
		config.Limits.CallsMax = 3
		busy := mustNew(t, config)
		connect(t, busy, "n0", nodes[0])
		waitPeers(t, busy, 1)
		done := make(chan error)
		for range 3 {
			go func() {
				var rows []deskRow
				done <- busy.Call(nil, "Desk.Wait", DeskArgs{}, &rows, time.Second)
			}()
		}
		synctest.Wait()
		rows := []deskRow{{From: "before"}}
		if err := busy.Call(nil, "Desk.Upper", DeskArgs{}, &rows); !errors.Is(err, bilateralrpc.ErrBusy) || len(rows) != 1 {
			t.Errorf("a fourth call: %+v, %v, want ErrBusy and results as they were", rows, err)
		}
		for range 3 {
			if err := <-done; err != nil {
				t.Error(err)
			}
		}
	})
}

// startServer makes a node "server" with a Desk at address.
func startServer(t *testing.T, address string) (*bilateralrpc.Bilateral, *Desk) {
	t.Helper()
	server := mustNew(t, bilateralrpc.Config{Network: "network", Name: "server"})
	return server, openDesk(t, server, address)
}

func TestACallToAPeerThatRestartsSaysSo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server, desk := startServer(t, overMemory.wildcard)
		client := mustNew(t, bilateralrpc.Config{Network: "network", Name: "client"})
		connect(t, client, "server", server)
		waitPeers(t, client, 1)
		time.Sleep(time.Minute) // until the two know each other's incarnation
		done := make(chan []bilateralrpc.Outcome)
		go func() {
			var rows []deskRow
			outcomes, err := client.CallContext(t.Context(), nil, "Desk.Wait", DeskArgs{}, &rows, bilateralrpc.WithTimeout(time.Hour))
			if err != nil {
				t.Error(err)
			}
			done <- outcomes
		}()
		<-desk.enter
		address := server.ListenAddresses()[0]
		server.Close()
		close(desk.leave)
		start := time.Now()
		_, second := startServer(t, address)
		outcomes := <-done
		if len(outcomes) != 1 || !errors.Is(outcomes[0].Err, bilateralrpc.ErrRestarted) {
			t.Errorf("outcomes %+v, want ErrRestarted", outcomes)
		}
		if took := time.Since(start); took > time.Second {
			t.Errorf("it took %v to find out, want less than a second", took)
		}
		if len(second.enter) > 0 {
			t.Error("the request was run again by the new server")
		}
	})
}

func TestAnIdempotentCallIsMadeAgainAtARestartedPeer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server, desk := startServer(t, overMemory.wildcard)
		client := mustNew(t, bilateralrpc.Config{Network: "network", Name: "client"})
		connect(t, client, "server", server)
		waitPeers(t, client, 1)
		time.Sleep(time.Minute)
		done := make(chan []deskRow)
		go func() {
			var rows []deskRow
			_, err := client.CallContext(t.Context(), nil, "Desk.Wait", DeskArgs{}, &rows,
				bilateralrpc.WithTimeout(time.Hour), bilateralrpc.Idempotent())
			if err != nil {
				t.Error(err)
			}
			done <- rows
		}()
		<-desk.enter
		address := server.ListenAddresses()[0]
		server.Close()
		close(desk.leave)
		_, second := startServer(t, address)
		close(second.leave)
		if rows := <-done; len(rows) != 1 || rows[0].Err != nil || rows[0].Reply.Text != "waited" {
			t.Errorf("rows %+v, want the reply of the new server", rows)
		}
	})
}
