package bilateraltest_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/bitmark-inc/bilateralrpc"
	"github.com/bitmark-inc/bilateralrpc/bilateraltest"
	"github.com/bitmark-inc/bilateralrpc/sim"
)

// Clerk has methods by net/rpc's rules.
type Clerk struct{ cast chan string }

// Args are what they take.
type Args struct {
	Text             string
	Bilateral_SENDER string
}

// Greet greets.
func (c *Clerk) Greet(args Args, reply *string) error {
	*reply = "hello " + args.Bilateral_SENDER
	return nil
}

// Note takes a note.
func (c *Clerk) Note(ctx context.Context, args Args, _ *string) error {
	c.cast <- bilateralrpc.PeerOf(ctx) + " " + args.Text
	return nil
}

// Fail fails.
func (c *Clerk) Fail(Args, *string) error {
	return bilateralrpc.NewError("clerk.tired", "I am tired")
}

// row is a row of results.
type row struct {
	From  string
	Reply string
	Err   error
}

// must panics unless err is what it has to be, which the run then fails with.
func must(got, want error) {
	if !errors.Is(got, want) || want == nil && got != nil {
		panic(fmt.Sprintf("got %v, want %v", got, want))
	}
}

func mustBe[T comparable](got, want T) {
	if got != want {
		panic(fmt.Sprintf("got %v, want %v", got, want))
	}
}

// Every method of a node does in the world what it does on sockets.
func TestTheWholeAPIIsThere(t *testing.T) {
	clerks := func(w *bilateraltest.World) *Clerk {
		clerk := &Clerk{cast: make(chan string, 10)}
		served := func(ctx context.Context, info *bilateralrpc.ServeInfo, next func(context.Context) error) error {
			return next(ctx)
		}
		for _, name := range []string{"a", "b", "c"} {
			w.Host(name, func(h *bilateraltest.Host) error {
				return errors.Join(h.Node().Register(clerk), h.Node().RegisterName("Other", clerk), serveEcho(h))
			}, bilateralrpc.Config{ServeInterceptors: []bilateralrpc.ServeInterceptor{served}})
		}
		return clerk
	}
	t.Run("calls", func(t *testing.T) {
		bilateraltest.Run(t, calm, func(w *bilateraltest.World) {
			clerk := clerks(w)
			w.Connect("a", "b")
			w.Connect("c", "a")
			w.Go("user", func(ctx context.Context) { callEverything(ctx, w.Node("a"), clerk) })
		})
	})
	t.Run("connections", func(t *testing.T) {
		bilateraltest.Run(t, calm, func(w *bilateraltest.World) {
			clerks(w)
			w.Go("user", func(ctx context.Context) { connectEverything(ctx, w) })
		})
	})
}

// callEverything makes calls of every kind from node a to b and c.
func callEverything(ctx context.Context, node *bilateralrpc.Bilateral, clerk *Clerk) {
	must(node.WaitPeers(ctx, 2), nil)
	mustBe(node.ConnectionCount(), 2)
	var rows []row
	must(node.Call(nil, "Clerk.Greet", Args{}, &rows), nil)
	mustBe(len(rows), 2)
	mustBe(rows[0].Reply, "hello a")
	must(node.Call([]string{"b"}, "Other.Fail", Args{}, &rows, time.Second), nil)
	must(rows[0].Err, bilateralrpc.NewError("clerk.tired", ""))
	outcomes, err := node.CallContext(ctx, []string{"b", "nobody"}, "No.Such", Args{}, &rows)
	must(err, nil)
	mustBe(len(outcomes), 2)
	for _, o := range outcomes {
		must(o.Err, map[string]error{"b": bilateralrpc.ErrNoService, "nobody": bilateralrpc.ErrNotConnected}[o.From])
	}
	must(node.Cast([]string{"c"}, "Clerk.Note", Args{Text: "remember"}), nil)
	mustBe(<-clerk.cast, "a remember")
	must(node.Call(nil, "Clerk.Greet", nil, &rows), bilateralrpc.ErrBadArguments)

	all, err := echo.All(ctx, node, nil, "x")
	must(err, nil)
	mustBe(len(all), 2)
	first, err := echo.First(ctx, node, nil, "x")
	must(err, nil)
	mustBe(strings.HasSuffix(first.Value, " says x"), true)
	quorum, err := echo.Quorum(ctx, node, nil, 2, "x")
	must(err, nil)
	mustBe(len(quorum), 2)
	n := 0
	for range echo.Each(ctx, node, nil, "x") {
		n++
	}
	mustBe(n, 2)
	_, err = echo.One(ctx, node, "a", "x")
	must(err, bilateralrpc.ErrOwnName)
	short, cancel := context.WithTimeout(ctx, time.Microsecond)
	defer cancel()
	_, err = echo.One(short, node, "b", "x")
	must(err, bilateralrpc.ErrNoReply)
	_, err = echo.One(short, node, "b", "x")
	must(err, context.DeadlineExceeded)
	s := node.Stats()
	mustBe(s.CallsPending, 0)
	mustBe(s.Outcomes.Replied > 6, true)
}

// connectEverything has node a connect to b by itself, and take leave in every way.
func connectEverything(ctx context.Context, w *bilateraltest.World) {
	a, b := w.Node("a"), w.Node("b")
	must(b.ListenOn("tcp://127.0.0.1:*"), nil)
	mustBe(b.ListenAddresses()[0], "tcp://b:5555")
	var events []string
	watching, stop := context.WithCancel(ctx)
	watched := make(chan struct{})
	go func() {
		defer close(watched)
		for e := range a.Watch(watching) {
			events = append(events, fmt.Sprint(e.Kind, " ", e.Name))
			if e.Kind == bilateralrpc.PeerDown && e.Err == nil {
				events = append(events, "for no reason")
			}
		}
	}()
	must(a.ConnectTo("b", b.ListenAddresses()[0]), nil)
	must(a.ConnectTo("b", "tcp://b:5555"), bilateralrpc.ErrDuplicate)
	must(a.ConnectTo("a", "tcp://a:5555"), bilateralrpc.ErrOwnName)
	must(a.ConnectTo("c", "nonsense"), bilateralrpc.ErrBadAddress)
	must(a.Redial("c"), bilateralrpc.ErrNoPeer)
	must(a.WaitFor(ctx, "b"), nil)
	mustBe(a.ActiveConnections()[0], "b")
	must(a.Redial(), nil)
	time.Sleep(time.Second)
	peer := a.Peers()[0]
	mustBe(peer.Address, "tcp://b:5555")
	mustBe(peer.Dialling, bilateralrpc.StateConnected)
	must(a.SetAllowedKeys(nil), bilateralrpc.ErrBadKey)

	w.Do(sim.Vanish{Node: "b"})
	for a.ConnectionCount() > 0 {
		time.Sleep(time.Second)
	}
	short, cancel := context.WithTimeout(ctx, time.Second)
	defer cancel()
	must(a.WaitFor(short, "b"), context.DeadlineExceeded)
	w.Do(sim.Restart{Node: "b"})
	must(a.WaitFor(ctx, "b"), nil)
	must(a.DisconnectFrom("b"), nil)
	must(a.DisconnectFrom("b"), bilateralrpc.ErrNoPeer)
	time.Sleep(time.Second)
	stop()
	<-watched
	mustBe(slices.Equal(events, []string{"up b", "down b", "up b", "down b"}), true)

	must(a.Shutdown(ctx), nil)
	a.Close()
	must(a.Cast(nil, "Clerk.Note", Args{}), bilateralrpc.ErrClosed)
	var rows []row
	must(a.Call(nil, "Clerk.Greet", Args{}, &rows), bilateralrpc.ErrClosed)
	must(a.ConnectTo("c", "tcp://c:5555"), bilateralrpc.ErrClosed)
	must(a.WaitPeers(ctx, 1), bilateralrpc.ErrClosed)
	w.Do(sim.Restart{Node: "a"})
	mustBe(w.Node("a") == a, false)
	must(w.Node("a").Cast(nil, "Clerk.Note", Args{}), nil)
	w.Node("c").Close()
}

// With keys a host is one of its public key on sockets, and none in a world.
func TestKeysAreForSockets(t *testing.T) {
	var public, private [2]string
	for i := range 2 {
		var err error
		if public[i], private[i], err = bilateralrpc.NewKeypair(); err != nil {
			t.Fatal(err)
		}
	}
	program := func(w *bilateraltest.World) {
		for i, name := range []string{"a", "b"} {
			w.Host(name, func(h *bilateraltest.Host) error {
				return echo.Handle(h.Node(), func(ctx context.Context, s string) (string, error) {
					return bilateralrpc.PeerOf(ctx) + " " + s, nil
				})
			}, bilateralrpc.Config{PublicKey: public[i], PrivateKey: private[i], AllowedKeys: public[:]})
		}
		w.Connect("a", "b")
		w.Finally("b knows a by its key", func() error {
			got, err := echo.One(context.Background(), w.Node("a"), public[1], "x")
			if want := public[0] + " x"; got != want || err != nil {
				return fmt.Errorf("got %q, %v, want %q", got, err, want)
			}
			return nil
		})
	}
	bilateraltest.Run(t, bilateraltest.Options{Real: true, For: time.Millisecond}, program)
	f := found(t, calm, program)
	wants(t, f.Report, `host "a" has PublicKey, PrivateKey, AllowedKeys: in a simulated world nodes have names and no keys`, "Options.Real")
}

// One program is a simulation, and a smoke test on sockets.
func TestTheSameProgramRunsOnSockets(t *testing.T) {
	o := bilateraltest.Options{Real: true, For: 200 * time.Millisecond}
	bilateraltest.Run(t, o, pair(func(ctx context.Context, w *bilateraltest.World) {
		for n := 0; ctx.Err() == nil; n++ {
			got, err := echo.One(context.Background(), w.Node("a"), "b", "hello")
			must(err, nil)
			mustBe(got, "b says hello")
		}
	}))
	bilateraltest.Run(t, o, banks(false))
}
