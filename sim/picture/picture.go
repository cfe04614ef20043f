package picture

// Version is that of a Picture. It rises when a page that reads the earlier ones would
// misunderstand it.
const Version = 1

// A Picture is a run, or a part of one. Times are nanoseconds since the start of the
// world; nodes are indices of Nodes, and names those of Names.
type Picture struct {
	Version  int    // the constant of that name
	Scenario string // that was run, in its canonical form
	Seed     string // of the scenario; a string, since it has 64 bits
	Model    string // of a link
	Digest   string // of the whole run, in hex
	Steps    uint64 // of the whole run
	End      int64  // the time at which it ended
	// First and Last are the numbers of the steps that are shown, from 1; not all of them
	// are where the run is long.
	First, Last uint64
	Nodes       []Node
	Names       []string // of nodes in their order, then of peers that are none
	States      []string // of halves, by their number in Beliefs
	Moments     Moments
	Beliefs     []Belief
	Frames      []Frame
	Faults      []Fault
	Calls       []Call
	Lines       []Line
	Violations  []Violation // the first one first; none if nothing was found
	Note        string      // what else there is to say; may be empty
	Recorded    bool        // it is of recordings: nothing was judged, and Note says what they show
}

// A Node has a lane.
type Node struct {
	Name string // unique in the run
	Old  bool   // it is the double of an old peer
	// Lives are the times at which it went down and came up again, by turns.
	Lives []int64
}

// Moments are the steps and faults that are shown, in their order, a slice for each
// field: that is smaller than a list of records.
type Moments struct {
	At   []int64  // the time
	Step []uint64 // the number of the latest step
	Node []int    // that takes the step; -1 for a fault
	Text []string // the line of the trace, without its time
}

// A Belief is a change of what a node thinks of a peer.
type Belief struct {
	Moment  int // the index of the moment after which it holds
	Node    int // that believes it
	Peer    int // a name
	Known   int // 0: the node does not know the peer any more
	Dial    int // the state of the dialling half, an index of States
	Listen  int // the state of the listening half
	Active  int // 1: requests are offered to it
	Backoff int // the exponent of the wait for the next dial
}

// A Frame goes from one node to another.
type Frame struct {
	Name    string // such as STAY b->a #1
	Command string // such as STAY
	From    int    // the node that sends it; -1 for one that forges frames only
	To      int    // the node that it is sent to
	Sent    int    // the index of the moment in which it leaves; -1 is before the first
	Arrived int    // the index of the moment of its arrival; -1 if it never does
	Gone    int    // the index of the moment in which it is lost; -1 if it is not
	Lost    string // why it never will; empty if it arrives, or is under way at the end
	Harm    string // what befalls it, such as drop; may be empty
	Line    int    // of the rule that does so, an index of Lines; -1 for none
}

// A Fault lasts from one time to another, which are the same for one of a moment.
type Fault struct {
	Text   string // as the scenario has it
	From   int64  // when it happens
	To     int64  // when it is over
	Nodes  []int  // that it concerns; none means all
	Line   int    // that plans it, an index of Lines; -1 for none
	User   bool   // a user does it
	Expect bool   // it is the look of an expectation
}

// A Call is one of a node's user.
type Call struct {
	Name   string // as the scenario calls it; may be empty
	Node   int    // the caller
	Method string // that is called
	To     string // the addressed peers, or all
	Began  int64  // when the user called
	Ended  int64  // -1 if it has not
	Rows   []Row  // in the order in which they came in
	Failed bool   // some outcome is no reply
}

// A Row is how a call ended at a peer.
type Row struct {
	Peer    string // that was called
	Outcome string // such as replied
	At      int64  // when the user was told
}

// A Line is a statement of the scenario that can be left out.
type Line struct {
	Number int    // in the scenario, from 1
	Text   string // of the statement
	Kind   string // fault, user, rule, rate or expect
	Needed bool   // a fault or rule without which the run would not show the violation, or its expectation
}

// A Violation is a property that did not hold.
type Violation struct {
	Property string // such as P4
	Claim    string // the property in English
	Means    string // the same for those who don't know the protocol; may be empty
	What     string // what was seen
	At       int64  // when it broke
	Step     uint64 // in which it broke
	Line     int    // of the expectation that was not met, an index of Lines; -1 for none
}
