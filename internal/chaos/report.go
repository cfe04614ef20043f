package main

import "time"

// nodeConfig is what the process of a node is told.
type nodeConfig struct {
	Name, Secret string // without a secret it is plaintext
	Network      string
	Transport    string
	Listen       string // an address
	Dials        []dial
	Calls        []string // the peers that it calls
	Ledger       string   // the file of what it has run
	Seed         uint64
	Untimed      bool // whether calls are back in time is not judged
}

// dial is a peer that a node connects to.
type dial struct{ Name, Address string }

// order is a line that the runner writes to a node's process.
type order struct {
	Await *await `json:",omitempty"`
	Leave bool   `json:",omitempty"` // close, say what is left, and end
}

// await asks when the first call to each of some peers succeeds that begins at Since or later.
type await struct {
	ID    int
	Since int64 // nanoseconds of the epoch
	Peers []string
}

// report is a line that a node's process writes.
type report struct {
	Listening string    `json:",omitempty"` // it has begun
	Served    *served   `json:",omitempty"`
	Counts    *counts   `json:",omitempty"` // since the last ones
	Trouble   string    `json:",omitempty"`
	Left      *leftover `json:",omitempty"` // it has closed
}

// served answers an await for one peer.
type served struct {
	ID   int
	Peer string
	Took time.Duration
}

// counts are those of calls.
type counts struct {
	Calls, Replies int
	Outcomes       map[string]int // what became of the others
	LateCalls      int            // back later than lateMax after their timeout
	Unjudged       int            // those of them that came while the machine was too late itself
	LateMost       time.Duration  // the latest
	ControlMost    time.Duration  // and the latest control timer
}

func (c *counts) add(d *counts) {
	c.Calls += d.Calls
	c.Replies += d.Replies
	c.LateCalls += d.LateCalls
	c.Unjudged += d.Unjudged
	c.LateMost, c.ControlMost = max(c.LateMost, d.LateMost), max(c.ControlMost, d.ControlMost)
	if c.Outcomes == nil {
		c.Outcomes = map[string]int{}
	}
	for why, n := range d.Outcomes {
		c.Outcomes[why] += n
	}
}

// leftover is what a node has left when it was closed.
type leftover struct {
	Goroutines, Descriptors, Pending int
}
