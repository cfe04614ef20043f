package zmqio

// submit is the way in for calls, casts, cancellations and answers. Small ones are
// applied together, by a combiner. A large one is applied apart from all others, by its
// own goroutine, so that the lock is not held for several of them: a transport that
// copies them needs long for each. They go through the node's gate for large work,
// where peers take turns, so that those who ask for small things, and want the lock
// next, have only as many ahead of them as the gate has places.
func (d *Driver) submit(o *op) {
	if d.isHosted() {
		d.submitToWorld(o)
		return
	}
	if owner, size := o.bulk(); size >= KeepBytes {
		d.applyApart(o, owner)
		return
	}
	o.lease().end() // what follows may wait for others
	d.combiner.submit(o)
}

// bulk returns the size of what o has a transport send, and the peer whose turn that
// takes; calls and casts are the node's own.
func (o *op) bulk() (owner string, size int) {
	switch o.kind {
	case opCall, opCast:
		return "", len(o.call.Body)
	case opAnswer:
		return o.request.Peer, len(o.request.reply)
	}
	return "", 0
}

// lease is that of the handler that has made the answer, if it is one.
func (o *op) lease() *lease {
	if o.kind != opAnswer {
		return nil
	}
	return o.request.lease
}

// applyApart does what o asks for, and has done so when it returns.
func (d *Driver) applyApart(o *op, owner string) {
	budget := d.config.Node.Budget
	lease := o.lease()
	leased := lease.has()
	if !leased {
		budget.Enter(owner)
	}
	d.lock()
	d.apply(o)
	d.tellDrained()
	e := d.unlock()
	if leased { // what follows may wait for others
		lease.end()
	} else {
		budget.Leave()
	}
	d.dispatchLogApart(&e)
}
