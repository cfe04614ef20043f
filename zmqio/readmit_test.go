package zmqio_test

import (
	"slices"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/benbjohnson/clock"

	"github.com/bitmark-inc/bilateralrpc/core"
	"github.com/bitmark-inc/bilateralrpc/zmqio"
)

func TestReadmitHangsUpWhoIsNoLongerWelcome(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		welcome := map[string]bool{"a": true, "b": true}
		d, f, _ := node(t, zmqio.Config{Node: zmqio.TransportConfig{Admit: func(name, _ string) bool { return welcome[name] }}})
		a := f.accept(t, "a")
		f.accept(t, "b")
		welcome["a"] = false
		d.Readmit()
		if got := d.Active(); !slices.Equal(got, []string{"b"}) {
			t.Errorf("active: %q, want just b", got)
		}
		if !slices.Equal(f.hungUp, []core.Link{a}) {
			t.Errorf("hung up %v, want %v", f.hungUp, a)
		}
		if s := f.take(); len(s) != 1 || s[0].command != core.PART || s[0].link != a {
			t.Errorf("the node sent %+v, want PART to the one that is hung up", s)
		}
	})
}

// A peer that is struck off after the carrier asked about it, and before its link
// is up, is hung up although Readmit did not see the link.
func TestReadmitHoldsForLinksThatComeUpLater(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var struck atomic.Bool
		d, f, _ := node(t, zmqio.Config{Node: zmqio.TransportConfig{
			Admit: func(name, _ string) bool { return name == "friend" || !struck.Load() },
		}})
		if !f.config.Admit("peer", "somewhere") {
			t.Fatal("the peer is not admitted")
		}
		struck.Store(true)
		d.Readmit()
		link := f.accept(t, "peer")
		f.accept(t, "friend")
		synctest.Wait()
		if want := []core.Link{link}; !slices.Equal(f.hungUp, want) {
			t.Errorf("hung up %v, want %v", f.hungUp, want)
		}
		if got := d.Active(); !slices.Equal(got, []string{"friend"}) {
			t.Errorf("active: %q, want just the friend", got)
		}
	})
}

// reach has the node dial name, and name answer.
func (f *fake) reach(t *testing.T, d *zmqio.Driver, mock *clock.Mock, name string) core.Link {
	t.Helper()
	if err := d.Connect(name, "fake://"+name); err != nil {
		t.Fatal(err)
	}
	return f.answer(t, mock, name)
}

// answer has name answer the next dial of the node.
func (f *fake) answer(t *testing.T, mock *clock.Mock, name string) core.Link {
	t.Helper()
	before, next := len(f.dials), -1
	for range 100 {
		if next = slices.Index(f.dialled[before:], name); next >= 0 {
			break
		}
		mock.Add(time.Second)
		synctest.Wait()
	}
	if next < 0 {
		t.Fatalf("the node does not dial %s", name)
	}
	link := f.dials[before+next]
	f.sink.Lock()
	f.sink.LinkUp(link, name, "")
	f.sink.Frame(link, name, []byte("STAY"), nil, false)
	f.sink.UnlockAndDispatch()
	for _, s := range f.take() { // an old peer is asked before it counts
		if s.command == core.TICK {
			f.frame(link, name, core.TOCK, s.payload, false)
		}
	}
	if !slices.Contains(f.driver.Active(), name) {
		t.Fatalf("%s is not active after its STAY and TOCK", name)
	}
	f.take()
	return link
}

// A peer that the node dials is disconnected when it is struck off, neither called nor
// dialled while it is, and dialled again once it is back; and the user may forget
// it meanwhile, or not ask for it twice.
func TestReadmitIsForDialledPeersToo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var struck atomic.Bool
		d, f, mock := node(t, zmqio.Config{Node: zmqio.TransportConfig{
			Admit: func(name, _ string) bool { return name == "friend" || !struck.Load() },
		}})
		f.reach(t, d, mock, "friend")
		link := f.reach(t, d, mock, "peer")
		struck.Store(true)
		d.Readmit()
		if got := d.Active(); !slices.Equal(got, []string{"friend"}) {
			t.Errorf("active: %q, want just the friend", got)
		}
		if want := []core.Link{link}; !slices.Equal(f.hungUp, want) {
			t.Errorf("hung up %v, want %v", f.hungUp, want)
		}
		f.frame(link, "peer", core.CALL, request(1, "A.B", ""), false)
		f.take()
		dials := len(f.dials)
		mock.Add(10 * time.Minute)
		synctest.Wait()
		if slices.Contains(f.dialled[dials:], "peer") {
			t.Error("the node dials a peer that is struck off")
		}
		s := d.Status()
		if i := slices.IndexFunc(s, func(s zmqio.PeerStatus) bool { return s.Name == "peer" }); i < 0 || s[i].Err == nil || s[i].Address != "fake://peer" {
			t.Errorf("the status is %+v, want the peer with its address and why it is not connected", s)
		}
		if err := d.Connect("peer", "fake://peer"); err != zmqio.ErrDuplicate {
			t.Errorf("Connect once more: %v, want ErrDuplicate", err)
		}
		struck.Store(false)
		d.Readmit()
		f.answer(t, mock, "peer")

		struck.Store(true)
		d.Readmit()
		if err := d.Disconnect("peer"); err != nil {
			t.Errorf("Disconnect of a peer that is struck off: %v", err)
		}
		if err := d.Disconnect("peer"); err != zmqio.ErrNoPeer {
			t.Errorf("Disconnect again: %v, want ErrNoPeer", err)
		}
		// Who connects wants that peer, whatever the list says.
		f.reach(t, d, mock, "peer")
	})
}
