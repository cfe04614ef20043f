package inproc

import "github.com/bitmark-inc/bilateralrpc/core"

// batchMax bounds the items that are reported under one ownership, so that the
// node's callers get their turn.
const batchMax = 256

// run reports to the node what its inbox holds, until that is closed.
func (t *carrier) run() {
	defer close(t.done)
	var batch mail
	for open := true; open; {
		batch, open = t.inbox.take(batch)
		for from := 0; from < len(batch.items); from += batchMax {
			t.report(&batch, batch.items[from:min(from+batchMax, len(batch.items))], open)
		}
	}
}

// report reports some items of m, or, when the node no longer listens, only
// turns away those who wait for an answer.
func (t *carrier) report(m *mail, items []item, open bool) {
	t.sink.Lock()
	defer t.sink.UnlockAndDispatch()
	for i := range items {
		it := &items[i]
		switch {
		case it.kind == dialItem && !open:
			it.end.refuse(core.CauseUnreachable)
		case it.kind == dialItem:
			t.accept(it.end)
		case it.kind == upItem:
			t.deliverUp(it.end)
		case it.end.over || !open:
			// hung up meanwhile, or the node is closing
		case it.kind == lostItem:
			t.drop(it.end)
			t.sink.LinkLost(it.end.link, it.end.name, it.cause)
		case it.kind == frameItem:
			t.deliverFrame(m, it)
		}
	}
}

// accept decides on the dial of a node. What that one wants is in dialler; only
// its constant fields may be read here.
func (t *carrier) accept(dialler *end) {
	theirs := &dialler.of.config
	switch {
	case theirs.Curve != t.config.Curve, // the mechanisms never mix
		t.config.Curve && dialler.name != t.config.Name, // it expects another key
		!t.admits(theirs.Name, dialler.address):
		dialler.refuse(core.CauseHandshake)
		return
	}
	e := &end{of: t, link: t.sink.NextLink(), name: theirs.Name, far: dialler, up: true}
	dialler.far = e
	if !dialler.of.inbox.put(item{kind: upItem, end: dialler}) {
		return // it has closed meanwhile
	}
	t.ends[e.link] = e
	t.sink.LinkUp(e.link, e.name)
}

// admits asks the node whether it wants that peer.
func (t *carrier) admits(name, address string) bool {
	if t.config.Admit == nil || t.config.Admit(name, address) {
		return true
	}
	t.sink.TurnedAway()
	return false
}

// refuse tells the node that dialled e why it is not let in.
func (e *end) refuse(cause core.Cause) {
	e.of.inbox.put(item{kind: lostItem, end: e, cause: cause})
}

// deliverUp reports that a dial of this node was accepted, or hangs up what the
// node no longer wants.
func (t *carrier) deliverUp(e *end) {
	e.up = true
	if e.over {
		e.tellFar()
		return
	}
	t.sink.LinkUp(e.link, e.name)
}

func (t *carrier) deliverFrame(m *mail, it *item) {
	e := it.end
	payload, keep := m.payload(it)
	if len(payload) > t.config.PayloadBytesMax {
		// As on a socket, a message over the limit costs its sender the link.
		t.drop(e)
		e.tellFar()
		t.sink.LinkLost(e.link, e.name, core.CauseTooLarge)
		return
	}
	t.sink.Frame(e.link, e.name, commandFrames[it.command], payload, keep)
}

// commandFrames are the commands as they stand in a frame.
var commandFrames = func() (frames [256][]byte) {
	for i := range frames {
		frames[i] = []byte(core.Command(i).String())
	}
	return frames
}()
