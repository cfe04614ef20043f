package acceptance

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/bitmark-inc/bilateralrpc"
	"github.com/bitmark-inc/bilateralrpc/core"
	"github.com/bitmark-inc/bilateralrpc/zmtp"
)

var (
	countDown = bilateralrpc.NewMethod[int, int]("Inline.CountDown")
	waitFor   = bilateralrpc.NewMethod[string, string]("Inline.Wait")
	echoed    = bilateralrpc.NewMethod[string, string]("Inline.Echo")
)

// eachWayToServe runs a story of two connected nodes for every setting of Config.Handlers.
func eachWayToServe(t *testing.T, story func(t *testing.T, server, client *bilateralrpc.Bilateral)) {
	eachTransport(t, func(t *testing.T, tr transportCase) {
		for _, handlers := range []bilateralrpc.Handlers{
			bilateralrpc.HandlersAuto, bilateralrpc.HandlersInline, bilateralrpc.HandlersPooled,
		} {
			t.Run(fmt.Sprint("handlers ", handlers), func(t *testing.T) {
				server, client := pair(t, tr, bilateralrpc.Config{Handlers: handlers, Timing: soon})
				story(t, server, client)
			})
		}
	})
}

// Each handler calls the node that has called it, by the connection that brought the request.
func TestHandlersCallBackByTheirConnection(t *testing.T) {
	eachWayToServe(t, func(t *testing.T, server, client *bilateralrpc.Bilateral) {
		for _, b := range []*bilateralrpc.Bilateral{server, client} {
			countDown.Handle(b, func(ctx context.Context, n int) (int, error) {
				if n == 0 {
					return 0, nil
				}
				below, err := countDown.One(ctx, b, bilateralrpc.PeerOf(ctx), n-1)
				return below + 1, err
			})
		}
		var wg sync.WaitGroup
		for range 4 {
			wg.Go(func() {
				for range 5 {
					if got, err := countDown.One(patient(t), client, "server", 9); got != 9 || err != nil {
						t.Errorf("9 calls within one another: %d, %v", got, err)
					}
				}
			})
		}
		wg.Wait()
	})
}

// Handlers that wait hold up nobody who calls by the same connection, and neither does one that
// closes its node.
func TestHandlersThatWaitHoldUpNobody(t *testing.T) {
	eachWayToServe(t, func(t *testing.T, server, client *bilateralrpc.Bilateral) {
		free := make(chan struct{})
		waitFor.Handle(server, func(ctx context.Context, s string) (string, error) {
			if s == "close" {
				server.Close()
			}
			<-free
			return s, nil
		})
		echoed.Handle(server, func(_ context.Context, s string) (string, error) { return s, nil })
		var waiting sync.WaitGroup
		for i := range 20 {
			waiting.Go(func() {
				s := fmt.Sprint(i)
				if got, err := waitFor.One(patient(t), client, "server", s); got != s || err != nil {
					t.Errorf("a handler that waits: %q, %v", got, err)
				}
			})
			if got, err := echoed.One(patient(t), client, "server", "x"); got != "x" || err != nil {
				t.Errorf("beside %d handlers that wait: %q, %v", i, got, err)
			}
		}
		close(free)
		waiting.Wait()
		left := make(chan struct{})
		go func() {
			defer close(left)
			_, _ = waitFor.One(t.Context(), client, "server", "close", bilateralrpc.WithTimeout(patience)) // until client is closed
		}()
		eventually(t, "the end of a node that its handler closes", func() bool { return client.ConnectionCount() == 0 })
		server.Close()
		client.Close()
		<-left
	})
}

// patient is a context for a call that is expected to return.
func patient(t *testing.T) context.Context {
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	t.Cleanup(cancel)
	return ctx
}

// Connections end at any moment, while handlers run on the goroutines that read them: each call
// returns, and what was read is served once.
func TestConnectionsEndWhileTheirReadersServe(t *testing.T) {
	eachWayToServe(t, func(t *testing.T, server, client *bilateralrpc.Bilateral) {
		var mu sync.Mutex
		ran := make(map[string]int)
		echoed.Handle(server, func(_ context.Context, s string) (string, error) {
			mu.Lock()
			defer mu.Unlock()
			ran[s]++
			return s, nil
		})
		stop := make(chan struct{})
		var callers sync.WaitGroup
		for i := range 8 {
			callers.Go(func() {
				for n := 0; ; n++ {
					select {
					case <-stop:
						return
					default:
					}
					ctx, cancel := context.WithTimeout(t.Context(), time.Second)
					s := fmt.Sprint(i, " ", n)
					if got, err := echoed.One(ctx, client, "server", s); err == nil && got != s {
						t.Errorf("the reply to %q is %q", s, got)
					}
					cancel()
				}
			})
		}
		address := server.ListenAddresses()[0]
		for i := range 20 {
			if err := client.DisconnectFrom("server"); err != nil {
				t.Error(err)
			}
			if err := client.ConnectTo("server", address); err != nil {
				t.Error(err)
			}
			waitPeers(t, client, 1)
			if _, err := echoed.One(patient(t), client, "server", fmt.Sprint("between ", i)); err != nil { // the callers may not have come to it
				t.Error(err)
			}
		}
		close(stop)
		callers.Wait()
		mu.Lock()
		defer mu.Unlock()
		for s, n := range ran {
			if n != 1 {
				t.Errorf("the call %q was run %d times", s, n)
			}
		}
	})
}

// A peer sends more at once than is served in one go, and then nothing: all of it is answered.
func TestAllThatOneReadBringsIsServed(t *testing.T) {
	eachSocket(t, func(t *testing.T, tr transportCase, curve bool) {
		s := newStage(t, tr, curve, bilateralrpc.Config{Handlers: bilateralrpc.HandlersInline})
		echoed.Handle(s.node, func(_ context.Context, text string) (string, error) { return text, nil })
		link := s.join()
		const calls = 1000
		var frames []byte
		for id := range uint32(calls) {
			frames = zmtp.AppendMessage(frames, "CALL", nil, core.AppendPayload(nil, &core.Action{
				Command: core.CALL, ID: 1 + id, Method: []byte("Inline.Echo"), Body: []byte("\x03\x0c\x00\x00"),
			}))
		}
		link.sayFrames(frames)
		answers := make(map[uint32]int)
		for range calls {
			p, _, ok := core.ParsePayload(core.BACK, link.want("BACK"))
			if answers[p.ID]++; !ok || answers[p.ID] > 1 || p.ID < 1 || p.ID > calls {
				t.Fatalf("answer %d: %+v, %v", len(answers), p, ok)
			}
		}
	})
}

// A connection ends behind requests that were read and not served yet: they are served all the
// same, and nothing is counted as being served for ever.
func TestRequestsBeforeTheEndOfALinkAreServed(t *testing.T) {
	eachSocket(t, func(t *testing.T, tr transportCase, curve bool) {
		s := newStage(t, tr, curve, bilateralrpc.Config{Handlers: bilateralrpc.HandlersInline})
		ran := make(chan string, 1)
		echoed.Handle(s.node, func(_ context.Context, text string) (string, error) {
			ran <- text
			return text, nil
		})
		link := s.join()
		call := zmtp.AppendMessage(nil, "CALL", nil, core.AppendPayload(nil, &core.Action{
			Command: core.CALL, ID: 1, Method: []byte("Inline.Echo"), Body: []byte("\x03\x0c\x00\x00"),
		}))
		link.write(append(link.engine.Sealer().Seal(nil, call, nil), "\xff\xff\xff\xff"...)) // no frame begins so
		await(t, "the handler", ran)
		eventually(t, "the end of what is served", func() bool { return s.node.Stats().Serving == 0 })
	})
}
