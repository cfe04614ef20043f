package transporttest

import (
	"errors"
	"runtime"
	"slices"
	"time"

	"github.com/bitmark-inc/bilateralrpc/core"
	"github.com/bitmark-inc/bilateralrpc/zmqio"
)

// TryListen binds address.
func (n *Node) TryListen(address string) (bound string, err error) {
	return n.Carrier.Listen(address)
}

// checkAddress returns what the carrier says of address.
func (n *Node) checkAddress(address string) (err error) {
	n.Locked(func() { n.call(func() { err = n.Carrier.CheckAddress(address) }) })
	return err
}

// Listen binds address, and returns n.
func (n *Node) Listen(address string) *Node {
	n.TB.Helper()
	var err error
	if n.Bound, err = n.TryListen(address); err != nil {
		n.TB.Fatalf("%q: listen on %s: %v", n.Name, address, err)
	}
	return n
}

// Dial dials address, where a node called name should be, and returns the link
// before it is up.
func (n *Node) Dial(name, address string) (link core.Link) {
	n.Locked(func() {
		n.dialled++
		link = core.Link{Half: core.Dialling, N: n.dialled}
		n.links[link] = &linkState{}
		n.call(func() { n.Carrier.Dial(link, name, address) })
	})
	return link
}

// DialUp dials to, which listens, and waits until the link is up.
func (n *Node) DialUp(to *Node) core.Link {
	n.TB.Helper()
	link := n.Dial(to.Name, to.Bound)
	n.wantUp(link, to.Name)
	return link
}

// Join dials to, which listens, and says JOIN: a transport may see a connection
// with its first message only. It returns both ends of the link.
func (n *Node) Join(to *Node) (ours, theirs core.Link) {
	n.TB.Helper()
	ours = n.DialUp(to)
	return ours, n.greet(ours, to)
}

// greet sends the first message on a link to to, and returns the link's number
// there.
func (n *Node) greet(ours core.Link, to *Node) (theirs core.Link) {
	n.TB.Helper()
	n.Send(ours, core.JOIN, "network")
	theirs = to.Want(Up, n.Name).Link
	if theirs.Half != core.Listening {
		n.TB.Fatalf("%q: the accepted link is %v", to.Name, theirs)
	}
	to.WantFrame(theirs, core.JOIN, "network")
	return theirs
}

// HangUp hangs up.
func (n *Node) HangUp(link core.Link) {
	n.Locked(func() { n.hangUpLocked(link) })
}

// hangUpLocked is HangUp for a caller that has the lock, like react.
func (n *Node) hangUpLocked(link core.Link) {
	if s := n.links[link]; s != nil {
		s.over = true
	}
	n.call(func() { n.Carrier.HangUp(link) })
}

// TrySend sends one message, and returns what Carrier.Send said.
func (n *Node) TrySend(link core.Link, command core.Command, payload string) (err error) {
	n.Locked(func() { err = n.SendLocked(link, command, nil, []byte(payload)) })
	return err
}

// SendLocked is TrySend for a caller that has the lock, like react. What the
// carrier must have copied is overwritten, so nobody else may use head and body.
func (n *Node) SendLocked(link core.Link, command core.Command, head, body []byte) error {
	n.unsent = true
	var err error
	n.call(func() { err = n.Carrier.Send(link, command, head, body) })
	if n.Frames != nil {
		return err // nothing is checked
	}
	clear(head)
	if len(body) < zmqio.KeepBytes {
		clear(body)
	} else if err == nil {
		n.keep("a body", body)
	}
	return err
}

// Send sends one message, waiting while the queue is full.
func (n *Node) Send(link core.Link, command core.Command, payload string) {
	n.TB.Helper()
	n.sendParts(link, command, "", payload)
}

// sendParts is Send of a payload in two parts.
func (n *Node) sendParts(link core.Link, command core.Command, head, body string) {
	n.TB.Helper()
	for deadline := time.Now().Add(Patience); ; runtime.Gosched() {
		var err error
		n.Locked(func() { err = n.SendLocked(link, command, []byte(head), []byte(body)) })
		switch {
		case err == nil:
			return
		case !errors.Is(err, zmqio.ErrWouldBlock) || time.Now().After(deadline):
			n.TB.Errorf("%q: send %v with %d bytes on %v: %v", n.Name, command, len(head)+len(body), link, err)
			return
		}
	}
}

// Next returns the next report, and fails the test if none comes.
func (n *Node) Next() Report {
	n.TB.Helper()
	r, ok := n.TryNext(Patience)
	if !ok {
		n.TB.Fatalf("%q: nothing was reported for %v", n.Name, Patience)
	}
	return r
}

// TryNext returns the next report, and false if none comes within d.
func (n *Node) TryNext(d time.Duration) (Report, bool) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	for {
		n.mu.Lock()
		if len(n.reports) > 0 {
			r := n.reports[0]
			n.reports = n.reports[1:]
			n.mu.Unlock()
			return r, true
		}
		n.mu.Unlock()
		select {
		case <-n.arrived:
		case <-timer.C:
			return Report{}, false
		}
	}
}

// Want returns the next report, which must be of kind, about the peer called name.
func (n *Node) Want(kind Kind, name string) Report {
	n.TB.Helper()
	r := n.Next()
	if r.Kind != kind || r.Name != name {
		n.TB.Fatalf("%q: reported %v, want %s of %q", n.Name, r, kind, name)
	}
	return r
}

// wantUp checks that the next report is that link is up.
func (n *Node) wantUp(link core.Link, name string) {
	n.TB.Helper()
	if r := n.Want(Up, name); r.Link != link {
		n.TB.Fatalf("%q: %v is up, want %v", n.Name, r.Link, link)
	}
}

// WantFrame checks that the next report is that message on link.
func (n *Node) WantFrame(link core.Link, command core.Command, payload string) Report {
	n.TB.Helper()
	r := n.Next()
	if r.Kind != Frame || r.Link != link || r.Command != command.String() {
		n.TB.Fatalf("%q: reported %v, want %v with %d bytes on %v", n.Name, r, command, len(payload), link)
	}
	if r.Payload != payload {
		n.TB.Fatalf("%q: %v arrived altered: %d bytes, want %d", n.Name, command, len(r.Payload), len(payload))
	}
	return r
}

// WantLost checks that the next report is the end of link, from one of causes if
// there are any.
func (n *Node) WantLost(link core.Link, causes ...core.Cause) {
	n.TB.Helper()
	r := n.Next()
	if r.Kind != Lost || r.Link != link || len(causes) > 0 && !slices.Contains(causes, r.Cause) {
		n.TB.Fatalf("%q: reported %v, want the loss of %v, cause %v", n.Name, r, link, causes)
	}
}

// WantNothing checks that nothing more has been reported. The caller sees to it
// that everything that could have been has come.
func (n *Node) WantNothing() {
	n.TB.Helper()
	n.mu.Lock()
	defer n.mu.Unlock()
	if len(n.reports) > 0 {
		n.TB.Fatalf("%q: reported %v, want nothing", n.Name, n.reports[0])
	}
}

// dropReports forgets the reports that wait, and returns how many there were.
func (n *Node) dropReports() int {
	n.mu.Lock()
	defer n.mu.Unlock()
	count := len(n.reports)
	n.reports = nil
	return count
}
