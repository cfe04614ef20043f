package acceptance

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/benbjohnson/clock"

	"github.com/bitmark-inc/bilateralrpc"
)

func TestACallReachesEveryPeerInBothDirections(t *testing.T) {
	eachTransport(t, func(t *testing.T, tr transportCase) {
		nodes, _ := mesh(t, tr, 4)
		for i, b := range nodes {
			var rows []deskRow
			if err := b.Call(bilateralrpc.SendToAll, "Desk.Upper", DeskArgs{Text: "hello"}, &rows, patience); err != nil {
				t.Fatal(err)
			}
			var from []string
			for _, row := range rows {
				if from = append(from, row.From); row.Err != nil || row.Reply.Text != "HELLO" {
					t.Errorf("n%d: row %+v", i, row)
				}
			}
			slices.Sort(from)
			want := slices.Delete([]string{"n0", "n1", "n2", "n3"}, i, i+1)
			if !slices.Equal(from, want) || b.ConnectionCount() != 3 {
				t.Errorf("n%d: rows from %q and %d connections, want %q", i, from, b.ConnectionCount(), want)
			}
		}
	})
}

func TestOutcomesOfEachAddressedPeer(t *testing.T) {
	eachTransport(t, func(t *testing.T, tr transportCase) {
		nodes, _ := mesh(t, tr, 2)
		var rows []deskRow
		outcomes, err := nodes[0].CallContext(t.Context(), []string{"n1", "n9", "n0", "n1"}, "Desk.Upper", DeskArgs{Text: "x"}, &rows, bilateralrpc.WithTimeout(patience))
		if err != nil {
			t.Fatal(err)
		}
		if len(outcomes) != 2 || outcomes[0].From != "n9" || !errors.Is(outcomes[0].Err, bilateralrpc.ErrNotConnected) ||
			outcomes[1] != (bilateralrpc.Outcome{From: "n1"}) {
			t.Errorf("outcomes %+v, want n9 not connected, n1 replied, and nothing of this node itself", outcomes)
		}
		if len(rows) != 1 || rows[0].From != "n1" {
			t.Errorf("rows %+v, want one from n1: duplicates are asked once", rows)
		}
		if err := nodes[0].Call([]string{"n9"}, "Desk.Upper", DeskArgs{}, &rows, patience); err != nil || rows == nil || len(rows) != 0 {
			t.Errorf("a call to nobody: rows %#v, error %v, want an empty slice at once", rows, err)
		}
	})
}

func TestWhatAPeerCanNotDoIsAnErrorInItsRow(t *testing.T) {
	eachTransport(t, func(t *testing.T, tr transportCase) {
		nodes, _ := mesh(t, tr, 2)
		for _, c := range []struct{ method, want string }{
			{"Desk.Fail", "the desk is closed"},
			{"Desk.Panic", "handler panicked: Desk.Panic"},
			{"Desk.Nothing", `no such method: "Desk.Nothing"`},
			{"Nobody.Upper", `no such service: "Nobody"`},
			{"upper", `no such service: "upper" is not of the form Service.Method`},
		} {
			var rows []deskRow
			outcomes, err := nodes[0].CallContext(t.Context(), nil, c.method, DeskArgs{}, &rows, bilateralrpc.WithTimeout(patience))
			if err != nil || len(rows) != 1 || rows[0].Err == nil {
				t.Errorf("%s: rows %+v, error %v, want one row with an error", c.method, rows, err)
				continue
			}
			var remote bilateralrpc.RemoteError
			if rows[0].Err.Error() != c.want || !errors.As(rows[0].Err, &remote) {
				t.Errorf("%s: error %q, want %q", c.method, rows[0].Err, c.want)
			}
			if len(outcomes) != 1 || outcomes[0].Err != rows[0].Err {
				t.Errorf("%s: outcomes %+v do not say what the row says", c.method, outcomes)
			}
		}
		var rows []deskRow
		if err := nodes[0].Call(nil, "Desk.Upper", struct{ Text int }{1}, &rows, patience); err != nil || len(rows) != 1 ||
			!strings.HasPrefix(rows[0].Err.Error(), "can't decode the arguments of Desk.Upper") {
			t.Errorf("wrong arguments: rows %+v, error %v", rows, err)
		}
		outcomes, err := nodes[0].CallContext(t.Context(), nil, "Desk.Number", DeskArgs{}, &rows, bilateralrpc.WithTimeout(patience))
		if err != nil || len(rows) != 1 || !errors.Is(rows[0].Err, bilateralrpc.ErrBadReply) || !errors.Is(outcomes[0].Err, bilateralrpc.ErrBadReply) {
			t.Errorf("a reply of another type: rows %+v, outcomes %+v, error %v", rows, outcomes, err)
		}
		var two []struct {
			From  string
			Reply DeskReply
		}
		if err := nodes[0].Call(nil, "Desk.Number", DeskArgs{}, &two, patience); err != nil || len(two) != 0 {
			t.Errorf("a reply of another type, rows without Err: rows %+v, error %v, want none", two, err)
		}
	})
}

func TestTheSenderIsWhoItIs(t *testing.T) {
	eachTransport(t, func(t *testing.T, tr transportCase) {
		nodes, _ := mesh(t, tr, 2)
		for i, b := range nodes {
			var rows []deskRow
			err := b.Call(nil, "Desk.Sender", DeskArgs{Bilateral_SENDER: "forged"}, &rows, patience)
			if want := fmt.Sprint("n", i); err != nil || len(rows) != 1 || rows[0].Reply.Text != want {
				t.Errorf("the peer saw %+v, %v, want %s", rows, err, want)
			}
		}
	})
}

func TestACastArrives(t *testing.T) {
	eachTransport(t, func(t *testing.T, tr transportCase) {
		nodes, desks := mesh(t, tr, 3)
		if err := nodes[1].Cast([]string{"n0", "n9"}, "Desk.Note", DeskArgs{Text: "hi"}); err != nil {
			t.Fatal(err)
		}
		if err := nodes[1].Cast(nil, "Desk.Wait", &DeskArgs{Text: "all"}); err != nil {
			t.Fatal(err)
		}
		for _, i := range []int{0, 2} {
			if got := <-desks[i].enter; got != "all" {
				t.Errorf("n%d got %q", i, got)
			}
			close(desks[i].leave)
		}
		var rows []deskRow // a round trip: whatever came before has been started
		eventually(t, "the cast to n0", func() bool { return len(desks[0].noted()) == 1 })
		if err := nodes[1].Call(nil, "Desk.Upper", DeskArgs{}, &rows, patience); err != nil {
			t.Fatal(err)
		}
		if got := desks[0].noted(); !slices.Equal(got, []string{"n1: hi"}) || len(desks[2].noted()) > 0 {
			t.Errorf("n0 noted %q, n2 %q, want the cast at n0 only", got, desks[2].noted())
		}
	})
}

// The clock of the caller moves when the test says so, and so does the deadline of
// its context: what must have arrived before is waited for.
func TestACallReturnsAtItsTimeoutWithWhatArrived(t *testing.T) {
	eachTransport(t, func(t *testing.T, tr transportCase) {
		mock := clock.NewMock()
		nodes, desks := meshOn(t, tr, mock, 3)
		close(desks[1].leave) // n1 answers, n2 does not
		defer close(desks[2].leave)
		const timeout = 300 * time.Millisecond
		var rows []deskRow
		done := make(chan error, 1)
		go func() { done <- nodes[0].Call(nil, "Desk.Wait", DeskArgs{}, &rows, timeout) }()
		eventually(t, "the reply of n1", func() bool { return nodes[0].Stats().FramesIn.Back == 1 })
		mock.Add(timeout - 1)
		if len(done) > 0 {
			t.Error("the call returned before its timeout")
		}
		mock.Add(1)
		if err := await(t, "the call", done); err != nil {
			t.Fatal(err)
		}
		if len(rows) != 1 || rows[0].From != "n1" || rows[0].Reply.Text != "waited" {
			t.Errorf("rows %+v, want the one of n1", rows)
		}

		<-desks[2].enter
		ctx := expiring{Context: t.Context(), expired: make(chan struct{})}
		go func() {
			<-desks[2].enter
			close(ctx.expired)
		}()
		outcomes, err := nodes[0].CallContext(ctx, []string{"n2"}, "Desk.Wait", DeskArgs{}, &rows)
		if err != nil || len(rows) != 0 || len(outcomes) != 1 || !errors.Is(outcomes[0].Err, bilateralrpc.ErrNoReply) {
			t.Errorf("a deadline: rows %+v, outcomes %+v, error %v, want no reply and no error", rows, outcomes, err)
		}
	})
}

// expiring is a context whose deadline comes when the test says so.
type expiring struct {
	context.Context
	expired chan struct{}
}

func (e expiring) Deadline() (time.Time, bool) { return time.Now().Add(patience), true }
func (e expiring) Done() <-chan struct{}       { return e.expired }
func (e expiring) Err() error {
	select {
	case <-e.expired:
		return context.DeadlineExceeded
	default:
		return nil
	}
}

func TestACancelledCall(t *testing.T) {
	eachTransport(t, func(t *testing.T, tr transportCase) {
		nodes, desks := mesh(t, tr, 2)
		defer close(desks[1].leave)
		ctx, cancel := context.WithCancel(t.Context())
		go func() {
			<-desks[1].enter
			cancel()
		}()
		rows := []deskRow{{From: "before"}}
		outcomes, err := nodes[0].CallContext(ctx, nil, "Desk.Wait", DeskArgs{}, &rows, bilateralrpc.WithTimeout(time.Hour))
		if !errors.Is(err, context.Canceled) || len(outcomes) != 1 || outcomes[0].Err == nil {
			t.Errorf("outcomes %+v, error %v, want the context's error", outcomes, err)
		}
		if len(rows) != 0 {
			t.Errorf("results are %+v, want no row: nobody has replied", rows)
		}
		if _, err = nodes[0].CallContext(ctx, nil, "Desk.Upper", DeskArgs{}, &rows, bilateralrpc.WithTimeout(patience)); !errors.Is(err, context.Canceled) {
			t.Errorf("a call with a context that is done: %v, want its error", err)
		}
	})
}

// Replies that came are in the results, whatever ended the call, so that an
// outcome without an error always has its row.
func TestACallThatIsCutShortKeepsTheRepliesThatCame(t *testing.T) {
	eachTransport(t, func(t *testing.T, tr transportCase) {
		for how, want := range map[string]error{"cancelled": context.Canceled, "closed": bilateralrpc.ErrClosed} {
			t.Run(how, func(t *testing.T) {
				nodes, desks := mesh(t, tr, 3)
				defer close(desks[2].leave)
				ctx, cancel := context.WithCancel(t.Context())
				go func() {
					<-desks[1].enter
					<-desks[2].enter
					close(desks[1].leave)
					eventually(t, "the first reply", func() bool { return nodes[0].Stats().FramesIn.Back == 1 })
					if how == "closed" {
						nodes[0].Close()
					}
					cancel()
				}()
				var rows []deskRow
				outcomes, err := nodes[0].CallContext(ctx, nil, "Desk.Wait", DeskArgs{}, &rows, bilateralrpc.WithTimeout(time.Hour))
				if !errors.Is(err, want) {
					t.Errorf("error %v, want %v", err, want)
				}
				if len(rows) != 1 || rows[0].From != "n1" || rows[0].Reply.Text != "waited" {
					t.Errorf("results are %+v, want the reply of n1", rows)
				}
				for _, o := range outcomes {
					if replied := o.From == "n1"; (o.Err == nil) != replied {
						t.Errorf("the outcome of %s is %v", o.From, o.Err)
					}
				}
				if len(outcomes) != 2 {
					t.Errorf("%d outcomes, want 2", len(outcomes))
				}
			})
		}
	})
}

func TestNestedCallsBackAndForth(t *testing.T) {
	eachTransport(t, func(t *testing.T, tr transportCase) {
		nodes, _ := mesh(t, tr, 2)
		text := strings.Repeat("ab", 20)
		var wg sync.WaitGroup
		for i, b := range nodes {
			wg.Go(func() {
				var rows []deskRow
				err := b.Call(nil, "Desk.Back", DeskArgs{Text: text}, &rows, patience)
				if err != nil || len(rows) != 1 || rows[0].Reply.Text != text {
					t.Errorf("n%d: %+v, %v", i, rows, err)
				}
			})
		}
		wg.Wait()
	})
}

func TestLargeArgumentsAndReplies(t *testing.T) {
	eachTransport(t, func(t *testing.T, tr transportCase) {
		nodes, _ := mesh(t, tr, 2)
		for _, size := range []int{31 << 10, 32 << 10, 33 << 10, 1 << 20} {
			text := strings.Repeat("x", size)
			for range 3 { // buffers that changed hands must not be used again
				var rows []deskRow
				err := nodes[0].Call(nil, "Desk.Upper", DeskArgs{Text: text}, &rows, patience)
				if err != nil || len(rows) != 1 || rows[0].Reply.Text != strings.ToUpper(text) {
					t.Fatalf("%d bytes: %d rows, error %v", size, len(rows), err)
				}
			}
		}
		var rows []deskRow
		if err := nodes[0].Call(nil, "Desk.Upper", DeskArgs{Text: strings.Repeat("x", 5<<20)}, &rows, patience); !errors.Is(err, bilateralrpc.ErrTooLarge) {
			t.Errorf("5 MiB: %v, want ErrTooLarge", err)
		}
	})
}

func TestManyCallersInBothDirections(t *testing.T) {
	eachTransport(t, func(t *testing.T, tr transportCase) {
		nodes, _ := mesh(t, tr, 3)
		var wg sync.WaitGroup
		for i, b := range nodes {
			for caller := range 8 {
				wg.Go(func() {
					for n := range 50 {
						text := fmt.Sprintf("%d %d %d", i, caller, n)
						var rows []deskRow
						err := b.Call(nil, "Desk.Upper", DeskArgs{Text: text}, &rows, patience)
						if err != nil || len(rows) != 2 || rows[0].Reply.Text != text || rows[1].Reply.Text != text {
							t.Errorf("%s: %+v, %v", text, rows, err)
							return
						}
					}
				})
			}
		}
		wg.Wait()
	})
}

func TestNothingSecretIsLogged(t *testing.T) {
	eachTransport(t, func(t *testing.T, tr transportCase) {
		var log lockedBuffer
		logger := slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))
		public, private := keypair(t)
		server := mustNew(t, bilateralrpc.Config{Network: "network", PublicKey: public, PrivateKey: private, Transport: tr.transport, Timing: soon, Logger: logger})
		if err := server.Register(&Desk{}); err != nil {
			t.Fatal(err)
		}
		if err := server.ListenOn(tr.wildcard); err != nil {
			t.Fatal(err)
		}
		public2, private2 := keypair(t)
		client := mustNew(t, bilateralrpc.Config{Network: "network", PublicKey: public2, PrivateKey: private2, Transport: tr.transport, Timing: soon, Logger: logger})
		if err := client.ConnectTo(public, server.ListenAddresses()[0]); err != nil {
			t.Fatal(err)
		}
		waitPeers(t, client, 1)
		var rows []deskRow
		for _, method := range []string{"Desk.Upper", "Desk.Fail", "Desk.Panic", "Desk.Nothing"} {
			if err := client.Call(nil, method, DeskArgs{Text: "the-payload"}, &rows, patience); err != nil || len(rows) != 1 {
				t.Fatalf("%s: %+v, %v", method, rows, err)
			}
		}
		client.Close()
		server.Close()
		text := log.String()
		if !strings.Contains(text, "peer is active") || !strings.Contains(text, "handler panicked") {
			t.Errorf("the log does not tell what happened:\n%s", text)
		}
		for what, secret := range map[string]string{"payload": "the-payload", "private key": private, "other private key": private2} {
			if strings.Contains(text, secret) {
				t.Errorf("the log has the %s in it:\n%s", what, text)
			}
		}
	})
}

type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lockedBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lockedBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}
