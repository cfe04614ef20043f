package bilateralrpc_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"iter"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/bitmark-inc/bilateralrpc"
)

// memoryNode makes a node that listens at inproc://name, if it has a name there.
func memoryNode(t *testing.T, config bilateralrpc.Config, at string) *bilateralrpc.Bilateral {
	t.Helper()
	if config.Network == "" {
		config.Network = "network"
	}
	b, err := bilateralrpc.New(config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(b.Close)
	if at != "" {
		if err := b.ListenOn("inproc://" + at); err != nil {
			t.Fatal(err)
		}
	}
	return b
}

func dial(t *testing.T, b *bilateralrpc.Bilateral, name, at string) {
	t.Helper()
	if err := b.ConnectTo(name, "inproc://"+at); err != nil {
		t.Fatal(err)
	}
}

// pulled is what comes of Watch, one by one.
func pulled(t *testing.T, b *bilateralrpc.Bilateral, ctx context.Context) func() bilateralrpc.PeerEvent {
	t.Helper()
	next, stop := iter.Pull(b.Watch(ctx))
	t.Cleanup(stop)
	return func() bilateralrpc.PeerEvent {
		e, _ := next()
		return e
	}
}

func TestWatchTellsOfPeersThatComeAndGo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server := memoryNode(t, bilateralrpc.Config{Name: "server"}, "watched")
		early := memoryNode(t, bilateralrpc.Config{Name: "early"}, "")
		dial(t, early, "server", "watched")
		if err := errors.Join(server.WaitFor(t.Context(), "early"), early.WaitFor(t.Context(), "server")); err != nil { // early takes leave of those that it knows
			t.Fatal(err)
		}
		next := pulled(t, server, t.Context())
		if e := next(); e.Kind != bilateralrpc.PeerUp || e.Name != "early" || e.Err != nil || e.Time.IsZero() || e.Cause != "" {
			t.Errorf("the present is told as %+v", e)
		}
		late := memoryNode(t, bilateralrpc.Config{Name: "late"}, "")
		dial(t, late, "server", "watched")
		if e := next(); e.Kind != bilateralrpc.PeerUp || e.Name != "late" {
			t.Errorf("a new peer is told as %+v", e)
		}
		early.Close()
		if e := next(); e.Kind != bilateralrpc.PeerDown || e.Name != "early" || e.Cause != bilateralrpc.CauseParted || e.Err == nil {
			t.Errorf("a peer that left is told as %+v", e)
		}
		alien := memoryNode(t, bilateralrpc.Config{Name: "alien", Network: "elsewhere"}, "")
		dial(t, alien, "server", "watched")
		if e := next(); e.Kind != bilateralrpc.PeerRefused || e.Name != "alien" || e.Cause != bilateralrpc.CauseWrongNetwork || !strings.Contains(e.Err.Error(), "Config.Network") {
			t.Errorf("a node of another network is told as %+v", e)
		}
		alien.Close()
		server.Close()
		if e := next(); e.Kind != bilateralrpc.PeerDown || e.Name != "late" || e.Cause != bilateralrpc.CauseClosed {
			t.Errorf("the end of the node is told as %+v", e)
		}
		if e := next(); e.Kind != "" {
			t.Errorf("after the end of the node there is %+v", e)
		}
	})
}

// However the loop ends, nothing is left behind: see TestMain.
func TestWatchEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := memoryNode(t, bilateralrpc.Config{Name: "b"}, "ends")
		c := memoryNode(t, bilateralrpc.Config{Name: "c"}, "")
		dial(t, c, "b", "ends")
		if err := b.WaitFor(t.Context(), "c"); err != nil {
			t.Fatal(err)
		}
		for range b.Watch(t.Context()) {
			break
		}
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		n := 0
		for range b.Watch(ctx) {
			n++
			cancel()
		}
		if n != 1 {
			t.Errorf("%d events were told, want the one before ctx was done", n)
		}
		func() {
			defer func() { _ = recover() }()
			for range b.Watch(t.Context()) {
				panic("in the loop")
			}
		}()
		b.Close()
		for e := range b.Watch(t.Context()) {
			t.Errorf("a closed node tells %+v", e)
		}
		for range bilateralrpc.NewPlaintext("network", "").Watch(t.Context()) {
			t.Error("a node that was never made tells something")
		}
	})
}

func TestWaitForSaysWhoIsMissingAndWhy(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := memoryNode(t, bilateralrpc.Config{Name: "b", Alias: func(name string) string {
			return map[string]string{"far": "the far one"}[name]
		}}, "waits")
		c := memoryNode(t, bilateralrpc.Config{Name: "c"}, "")
		dial(t, c, "b", "waits")
		dial(t, b, "far", "nobody-there")
		if err := errors.Join(b.WaitFor(t.Context(), "c"), c.WaitFor(t.Context(), "b")); err != nil { // c takes leave of those that it knows
			t.Fatal(err)
		}
		c.Close()
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		defer cancel()
		err := b.WaitFor(ctx, "c", "far", "ghost")
		var missing *bilateralrpc.MissingError
		if !errors.As(err, &missing) || !errors.Is(err, context.DeadlineExceeded) || fmt.Sprint(missing.Names) != "[c far ghost]" {
			t.Fatalf("WaitFor: %#v", err)
		}
		for _, want := range []string{
			"3 missing", "c: the connection has ended: parted; this node does not dial it",
			"the far one (far) at inproc://nobody-there: nobody listens there", "ghost: neither dialled by this node nor heard of",
		} {
			if !strings.Contains(err.Error(), want) {
				t.Errorf("the error is %q, want %q in it", err, want)
			}
		}
		time.AfterFunc(time.Second, b.Close)
		if err := b.WaitFor(t.Context(), "far"); !errors.Is(err, bilateralrpc.ErrClosed) || !errors.As(err, &missing) {
			t.Errorf("WaitFor of a node that is closed: %v", err)
		}
		if err := b.WaitFor(t.Context()); err != nil {
			t.Errorf("WaitFor nobody: %v", err)
		}
		many := make([]string, 40)
		for i := range many {
			many[i] = fmt.Sprint("n", i)
		}
		if err := b.WaitFor(t.Context(), many...); !strings.HasSuffix(err.Error(), "; and 24 more") {
			t.Errorf("the error names all: %v", err)
		}
	})
}

func TestPeersTellWhatIsKnown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server := memoryNode(t, bilateralrpc.Config{Name: "server"}, "told")
		client := memoryNode(t, bilateralrpc.Config{Name: "client"}, "")
		dial(t, client, "server", "told")
		if err := errors.Join(client.WaitFor(t.Context(), "server"), server.WaitFor(t.Context(), "client")); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		since := time.Now()
		time.Sleep(time.Minute) // of the bubble
		if p := client.Peers()[0]; !p.Active || !p.Ours || p.Address != "inproc://told" || !p.Since.Equal(since) || p.LastErr != nil {
			t.Errorf("the one that was dialled: %+v", p)
		}
		if p := server.Peers()[0]; !p.Active || !p.Ours || p.Address != "" || !p.Since.Equal(since) {
			t.Errorf("the one that has dialled: %+v", p)
		}
		server.Close()
		synctest.Wait()
		if p := client.Peers()[0]; p.Active || !p.Since.IsZero() || p.LastErr == nil || p.LastErrAt.Before(since) {
			t.Errorf("the one that is gone: %+v", p)
		}
	})
}

// An operator sees when a peer that is away is dialled next, and that is then done.
func TestPeersTellWhenTheyAreDialledNext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client := memoryNode(t, bilateralrpc.Config{Name: "client"}, "")
		dial(t, client, "server", "later")
		peer := func() bilateralrpc.PeerStatus { return client.Peers()[0] }
		for peer().Backoff < 3 || peer().Dialling != bilateralrpc.StateWaiting {
			if p := peer(); p.Dialling != bilateralrpc.StateWaiting && !p.NextDial.IsZero() {
				t.Fatalf("in the state %s it is said to be dialled at %v", p.Dialling, p.NextDial)
			}
			time.Sleep(time.Second)
		}
		left := time.Until(peer().NextDial)
		if longest := bilateralrpc.RETRY_TIME << 2; left < longest-time.Second || left > longest {
			t.Fatalf("it is dialled in %v, want nearly %v: it has begun to wait within a second", left, longest)
		}
		memoryNode(t, bilateralrpc.Config{Name: "server"}, "later")
		time.Sleep(left - 1)
		if p := peer(); p.Active {
			t.Fatalf("it was dialled before: %+v", p)
		}
		time.Sleep(time.Second)
		if p := peer(); !p.Active || !p.NextDial.IsZero() {
			t.Errorf("a second after it was to be dialled: %+v", p)
		}
	})
}

func TestRedialAfterALongOutage(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client := memoryNode(t, bilateralrpc.Config{Name: "client"}, "")
		dial(t, client, "server", "back-again")
		deep := func() bilateralrpc.PeerStatus { return client.Peers()[0] }
		for deep().Backoff < 7 || deep().Dialling != bilateralrpc.StateWaiting {
			time.Sleep(time.Minute)
		}
		memoryNode(t, bilateralrpc.Config{Name: "server"}, "back-again")
		time.Sleep(time.Hour)
		if deep().Active {
			t.Fatal("the peer was dialled within an hour: the test shows nothing")
		}
		begun := time.Now()
		if err := client.Redial("server"); err != nil {
			t.Fatal(err)
		}
		if err := client.WaitFor(t.Context(), "server"); err != nil || time.Since(begun) > time.Second {
			t.Errorf("after %v: %v, want the peer at once", time.Since(begun), err)
		}
		err := client.Redial("server", "nobody", "client")
		if !errors.Is(err, bilateralrpc.ErrNoPeer) || !strings.Contains(err.Error(), "nobody is not dialled") || !strings.Contains(err.Error(), "client is not dialled") {
			t.Errorf("Redial of others: %v", err)
		}
		if err := client.Redial(); err != nil {
			t.Errorf("Redial of all: %v", err)
		}
		client.Close()
		if err := client.Redial(); !errors.Is(err, bilateralrpc.ErrClosed) {
			t.Errorf("Redial on a closed node: %v", err)
		}
		if err := client.Redial("server"); !errors.Is(err, bilateralrpc.ErrClosed) {
			t.Errorf("Redial on a closed node: %v", err)
		}
	})
}

// An alias stands in log lines and in texts, beside enough of the key, and nowhere else.
func TestAliasesAreForPeopleOnly(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		public, private, err := bilateralrpc.NewKeypair()
		if err != nil {
			t.Fatal(err)
		}
		friend, friendPrivate, err := bilateralrpc.NewKeypair()
		if err != nil {
			t.Fatal(err)
		}
		var log safeBuffer
		b := memoryNode(t, bilateralrpc.Config{
			PublicKey: public, PrivateKey: private, Logger: slog.New(slog.NewTextHandler(&log, nil)),
			Alias: func(name string) string {
				if name == friend {
					return "alice"
				}
				return ""
			},
		}, "aliases")
		c := memoryNode(t, bilateralrpc.Config{PublicKey: friend, PrivateKey: friendPrivate}, "")
		dial(t, c, public, "aliases")
		if err := b.WaitFor(t.Context(), friend); err != nil {
			t.Fatal(err)
		}
		next := pulled(t, b, t.Context())
		if e := next(); e.Name != friend || !strings.HasPrefix(e.String(), "up alice ("+friend[:8]+"...)") {
			t.Errorf("the event is %q of %q", e, e.Name)
		}
		if got := b.ActiveConnections(); len(got) != 1 || got[0] != friend {
			t.Errorf("active: %q, want the key", got)
		}
		c.Close()
		if e := next(); !strings.HasPrefix(e.String(), "down alice (") {
			t.Errorf("the event is %q", e)
		}
		b.Close()
		if text := log.String(); !strings.Contains(text, `peer="alice (`) || strings.Contains(text, friend) {
			t.Errorf("the log is %s", text)
		}
	})
}

// safeBuffer is a buffer for a log.
type safeBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (s *safeBuffer) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.Write(p)
}

func (s *safeBuffer) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.String()
}
