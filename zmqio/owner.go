package zmqio

import "github.com/bitmark-inc/bilateralrpc/core"

// own takes the ownership of the node: the machine and every transport.
func (d *Driver) own() {
	d.mu.Lock()
	d.now = d.alarm.now()
}

// release lets the ownership go, and does what had to wait for it.
func (d *Driver) release() {
	d.log(d.letGo())
}

// releaseApart is release by a goroutine that others wait for, as they do for who
// takes turns and for a caller whose call is over: a logger may be slow, or wait
// for a call of its own, so it is called elsewhere.
func (d *Driver) releaseApart() {
	if notes := d.letGo(); notes != nil {
		go d.log(notes)
	}
}

// letGo is release, but for the lines to log, which it returns.
func (d *Driver) letGo() []note {
	if !d.gone {
		d.alarm.set(d.now, d.machine.Deadline())
	}
	done, begin, notes := d.done, d.begin, d.notes
	d.done, d.begin, d.notes = nil, requests{}, nil
	if d.frames > 1 {
		d.turns.expect()
	}
	d.frames = 0
	d.forgetActions()
	flush := d.router.takeUnflushed()
	d.mu.Unlock()

	done.wakeUp()
	if begin.first != nil {
		d.pool.start(begin)
	}
	if flush != 0 {
		d.router.flush(flush)
	}
	return notes
}

// timeout is the alarm's ring.
func (d *Driver) timeout() {
	d.own()
	defer d.release()
	d.alarm.rang()
	if d.gone {
		return
	}
	d.step(&core.Event{Kind: core.EvTimeout})
}

// step feeds an event to the machine, performs what it says, and then feeds what
// that led to: sends that were refused, before any other event can come, and
// requests that are turned away. It requires ownership.
func (d *Driver) step(ev *core.Event) {
	d.refuse = 0
	d.feed(ev)
	refuse := d.refuse
	d.kept = false
	for i := 0; i < len(d.refused); i++ {
		r := &d.refused[i]
		d.feed(&core.Event{
			Kind: core.EvSendRefused, Peer: r.peer, Link: r.link,
			Command: r.command, ID: r.id, Cause: r.cause,
		})
	}
	d.refused = d.refused[:0]
	if d.away.first != nil {
		d.turnAway()
	}
	d.refuse = refuse
}

func (d *Driver) feed(ev *core.Event) {
	ev.At = d.now
	d.actions = d.machine.Step(d.actions[:0], ev)
	for i := range d.actions {
		d.perform(&d.actions[i])
	}
	d.actionsUsed = max(d.actionsUsed, len(d.actions))
}

// forgetActions lets go of what actions hold of callers and transports, and of
// the scratch that a burst of them leaves behind.
func (d *Driver) forgetActions() {
	clear(d.actions[:d.actionsUsed])
	d.actionsUsed = 0
	if cap(d.actions) > actionsKeptMax {
		d.actions = nil
	}
}

const actionsKeptMax = 4096

// submit feeds an event of the local user and returns what the machine said to it.
func (d *Driver) submit(ev *core.Event) error {
	d.own()
	defer d.release()
	d.step(ev)
	return d.refusal(d.refuse)
}
