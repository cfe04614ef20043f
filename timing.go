package bilateralrpc

import (
	"fmt"
	"time"

	"github.com/bitmark-inc/bilateralrpc/core"
)

// Timing holds every duration and count of the protocol. A zero field takes its
// default, which is the constant that its comment names or the value given there.
// Nodes of one network should agree on them. The numbers in brackets are rules of
// docs/PROTOCOL.md.
type Timing struct {
	FirstStart time.Duration // FIRST_START_TIME: from ConnectTo to the first dial
	FirstJoin  time.Duration // FIRST_JOIN_TIME: to wait for a TOCK of a peer not yet known before joining [3.4]; from a dial to up where no link is reported
	Join       time.Duration // JOIN_TIME: between JOINs; a dial attempt that takes longer has failed
	Live       time.Duration // LIVE_TIME: between TICKs, and to wait for a TOCK
	Retry      time.Duration // RETRY_TIME: after a failed dial phase, doubled by each
	Serve      time.Duration // SERVE_TIME: silence after which a peer that dialled this node is given up
	BasePart   time.Duration // BASE_PART_TIME: to wait after a PART without a reason
	RandPart   time.Duration // RAND_PART_TIME: times a random byte, added to it
	Answer     time.Duration // 2 s: an unanswered dial is hung up while the peer's own dial serves [5.2]
	Resume     time.Duration // 1 s: to wait for a TOCK before joining again [3.4]
	LimboTick  time.Duration // 2 s: between TICKs to an old peer that does not serve yet [4.5]
	RedialMin  time.Duration // 100 ms: the first pause between dials of a phase [6.2]
	RedialMax  time.Duration // 800 ms: the longest [6.2]

	JoinsMax   int // MAXIMUM_JOINS: JOINs in a dial phase, which lasts that many Join
	BackoffMax int // MAXIMUM_BACKOFF: how often Retry is doubled at most
}

// Limits holds every bound of a node that can be set. A zero field takes its default.
// Bounds are of the node unless they say otherwise. docs/LIMITS.md lists them all,
// with what happens at each, and those that are fixed.
type Limits struct {
	// PeersMax bounds the peers that are known: 16,384. Beyond it ConnectTo answers
	// ErrBusy, and peers that dial are refused.
	PeersMax int
	// CallsMax bounds the calls in flight: 65,536. Beyond it a call is ErrBusy.
	CallsMax int
	// ServingMax bounds the requests being served: 1,024. Beyond it a CALL is
	// answered "overloaded", and a CAST is dropped.
	ServingMax int
	// ServingPeerMax bounds those of one peer: 256. Besides, a peer has no more of
	// them than it leaves free of ServingMax: n peers that want all they can get have
	// 1/(n+1) of it each, and as much is left for those that ask for little.
	ServingPeerMax int
	// BodyBytesMax bounds the payload of a message, in and out: 4 MiB. Beyond it a
	// call is ErrTooLarge, and a peer that sends more loses its connection.
	BodyBytesMax int
	// ValueBytesMax bounds what one decoded argument or reply may occupy: 32 MiB. A
	// few bytes of gob can stand for much more than their own number. Beyond it the
	// arguments or the reply are not decoded: the caller is told so, or has ErrBadReply.
	ValueBytesMax int
	// PeerBytesMax (128 MiB) bounds the memory that is held because of one peer, and
	// NodeBytesMax (512 MiB) because of all of them. A peer gets more of it only if
	// afterwards it has no more than is left free for everybody, so that one that asks
	// for little is served whatever others ask for. What counts, double as Go's
	// collector lets the heap grow to twice of what lives: messages that wait to be sent
	// to the peer, those of its messages that are not whole yet, its requests while they
	// are served, its arguments and replies once they are decoded, and the replies that
	// handlers have returned for it. Beyond it a send is ErrWouldBlock, a request is answered
	// "overloaded", or "overloaded: the handler has run" if its reply is what there is no
	// room for, a reply is ErrOverloaded, and a connection with a message that is not whole
	// ends.
	PeerBytesMax, NodeBytesMax int64
	// LinksMax bounds the accepted connections: five eighths of the descriptors that the
	// process may have, at most 16,384. An IP address has as many of them as it leaves
	// free, so that a single one gets half. A further one is hung up at once.
	LinksMax int
	// LinksPeerMax bounds the accepted connections of one name: 4. A further one takes
	// the place of the oldest, also where LinksMax would have it refused, so that a peer
	// gets in again whose connection broke unnoticed.
	LinksPeerMax int
	// MethodBytesMax bounds the name of a method: 1,024 bytes.
	MethodBytesMax int
	// HeadBytesMax bounds what goes with a request or a reply beside its value, in and out:
	// 4,096 bytes of metadata.
	HeadBytesMax int
	// TickBytesMax bounds the payload of a TICK that is answered: 255 bytes.
	TickBytesMax int
	// TimersStepMax bounds the timers handled at a time: 256. The others follow at once.
	TimersStepMax int
}

// protocol returns the limits that the machine keeps; the others are kept here.
func (l *Limits) protocol() core.Limits {
	return core.Limits{
		PeersMax:       l.PeersMax,
		CallsMax:       l.CallsMax,
		ServingMax:     l.ServingMax,
		ServingPeerMax: l.ServingPeerMax,
		BodyBytesMax:   l.BodyBytesMax,
		MethodBytesMax: l.MethodBytesMax,
		HeadBytesMax:   l.HeadBytesMax,
		TickBytesMax:   l.TickBytesMax,
		TimersStepMax:  l.TimersStepMax,
	}
}

// check says what is wrong with the limits that neither the machine nor
// valueBytesMax looks at.
func (l *Limits) check() error {
	for _, limit := range []struct {
		name  string
		value int64
	}{
		{"PeerBytesMax", l.PeerBytesMax}, {"NodeBytesMax", l.NodeBytesMax},
		{"LinksMax", int64(l.LinksMax)}, {"LinksPeerMax", int64(l.LinksPeerMax)},
	} {
		if limit.value < 0 {
			return fmt.Errorf("bilateralrpc: bad Config: Limits.%s is %d: want more than 0", limit.name, limit.value)
		}
	}
	return nil
}

// valueBytesMaxDefault leaves room for a message of the largest size by default,
// 4 MiB, made of many small strings. With its message it fits into what one peer may
// have of the memory, 128 MiB, where it counts twice: the collector lets the heap grow
// to twice of what lives.
const valueBytesMaxDefault = 32 << 20

// valueBytesMax returns ValueBytesMax or its default, and an error if it is negative.
func (l *Limits) valueBytesMax() (int64, error) {
	switch {
	case l.ValueBytesMax < 0:
		return 0, fmt.Errorf("bilateralrpc: bad Config: Limits.ValueBytesMax is %d: want more than 0", l.ValueBytesMax)
	case l.ValueBytesMax == 0:
		return valueBytesMaxDefault, nil
	}
	return int64(l.ValueBytesMax), nil
}
