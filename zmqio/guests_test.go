package zmqio_test

import (
	"fmt"
	"slices"
	"testing"
	"testing/synctest"

	"github.com/bitmark-inc/bilateralrpc/core"
	"github.com/bitmark-inc/bilateralrpc/zmqio"
)

// knock has name come up on an accepted link from address, and returns the link.
func (f *fake) knock(name, address string) core.Link {
	f.sink.Lock()
	defer f.sink.UnlockAndDispatch()
	link := f.sink.NextLink()
	f.sink.LinkUp(link, name, address)
	return link
}

// One address gets half of the links, whatever names it gives; what is left is
// for others, by the same rule, and dials need none.
func TestAnAddressHasAsManyLinksAsItLeavesFree(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const linksMax = 12
		d, f, mock := node(t, zmqio.Config{LinksMax: linksMax})
		flood := func(address string) (accepted int) {
			before := d.Stats()
			for i := range 3 * linksMax {
				f.knock(fmt.Sprint(address, "-", i), address)
			}
			after := d.Stats()
			accepted = after.LinksAccepted - before.LinksAccepted
			if refused := int(after.LinksRefused - before.LinksRefused); accepted+refused != 3*linksMax || len(f.hungUp) != refused {
				t.Errorf("%d of %d links were accepted, %d refused, and %d hung up", accepted, 3*linksMax, refused, len(f.hungUp))
			}
			f.hungUp = nil
			return accepted
		}
		for _, c := range []struct {
			address string
			want    int
		}{{"10.0.0.1", 6}, {"10.0.0.2", 3}, {"10.0.0.3", 1}, {"10.0.0.1", 0}} {
			if got := flood(c.address); got != c.want {
				t.Errorf("%s gets %d links, want %d", c.address, got, c.want)
			}
		}
		f.accept(t, "of this machine") // no address: what is left of the whole
		for i := range linksMax {
			f.knock(fmt.Sprint("another of this machine", i), "")
		}
		if n := d.Stats().LinksAccepted; n != linksMax || len(f.hungUp) != linksMax-1 {
			t.Errorf("%d links are accepted and %d were hung up, want %d and %d", n, len(f.hungUp), linksMax, linksMax-1)
		}
		f.reach(t, d, mock, "dialled")
		if got := d.Active(); len(got) != 2 {
			t.Errorf("active: %q, want the peer of this machine and the dialled one", got)
		}
	})
}

// What a link held of the bounds is free again when it is over, however it ended.
func TestLinksThatAreOverDontCount(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d, f, _ := node(t, zmqio.Config{LinksMax: 2, Node: zmqio.TransportConfig{Admit: func(string, string) bool { return false }}})
		for i := range 10 {
			name := fmt.Sprint("n", i)
			link := f.acceptFrom(t, name, "10.0.0.1")
			if i%2 == 0 {
				f.sink.Lock()
				f.sink.LinkLost(link, name, core.CauseLost, nil)
				f.sink.UnlockAndDispatch()
			} else {
				d.Readmit()
			}
			synctest.Wait()
			f.take()
		}
		if s := d.Stats(); s.LinksAccepted != 0 || s.LinksRefused != 0 {
			t.Errorf("%d links are up and %d were refused, want none", s.LinksAccepted, s.LinksRefused)
		}
	})
}

// A name that has too many links, or whose address has, gets a newer one in place of
// its oldest. (Of links that have joined, the core hangs up all but the newest itself.)
func TestANameGetsInAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for what, config := range map[string]zmqio.Config{
			"its own maximum": {LinksPeerMax: 3},
			"the address's":   {LinksMax: 6},
			"the node's":      {LinksMax: 3, LinksPeerMax: 3},
		} {
			d, f, _ := node(t, config)
			address := "10.0.0.1"
			if what == "the node's" {
				address = ""
			}
			var links []core.Link
			for range 20 {
				links = append(links, f.upFrom("peer", address))
			}
			if !slices.Equal(f.hungUp, links[:17]) {
				t.Errorf("%s: hung up %v, want all of %v but the last three", what, f.hungUp, links)
			}
			if s := d.Stats(); s.LinksAccepted != 3 {
				t.Errorf("%s: %d links", what, s.LinksAccepted)
			}
		}
	})
}
