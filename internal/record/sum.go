package record

import (
	"encoding/binary"
	"hash/maphash"
	"math/bits"
	"unsafe"

	"github.com/bitmark-inc/bilateralrpc/core"
)

// The sizes of a sum of actions and of a hash of bytes that are not kept.
const (
	sumSize  = 4
	hashSize = 8
)

// hashBytes returns the hash of bytes that are not kept; that of none is zero.
func hashBytes(key maphash.Seed, b []byte) uint64 {
	if len(b) == 0 {
		return 0
	}
	return maphash.Bytes(key, b)
}

// parts are the parts of an event whose bytes are not kept, and their hashes: at most
// three of the body, the error text and the head.
type parts struct {
	all [spansMax + 2]part
	n   int
}

// part is one of them.
type part struct {
	first *byte // where it is
	size  int
	sum   uint64
}

// add notes a part, which is not empty.
func (p *parts) add(b []byte, key maphash.Seed) { p.note(b, maphash.Bytes(key, b)) }

// note notes a part whose hash is known.
func (p *parts) note(b []byte, sum uint64) {
	p.all[p.n] = part{&b[0], len(b), sum}
	p.n++
}

// sumOf returns the hash of the part that these bytes are.
func (p *parts) sumOf(b []byte) uint64 {
	for i := range p.all[:p.n] {
		if x := &p.all[i]; x.first == &b[0] && x.size == len(b) {
			return x.sum
		}
	}
	return 0
}

// kept returns how many bytes of the body, the error text and the head are kept.
func (p *parts) kept(ev *core.Event) int {
	n := len(ev.Body) + len(ev.Err) + len(ev.Head)
	for i := range p.all[:p.n] {
		n -= p.all[i].size
	}
	return n
}

// The factors of the fields of an action in its sum: any odd numbers whose bits look random.
const (
	factorID     = 0x9e3779b97f4a7c15
	factorLink   = 0xbf58476d1ce4e5b9
	factorCall   = 0x94d049bb133111eb
	factorTicket = 0xd6e8feb86659fd93
	factorLeft   = 0xa0761d6478bd642f
	factorMethod = 0xe7037ed1a0b428db
	factorBody   = 0x8ebc6af09c88c6e3
)

// sumActions returns a number for what an event has led to: all fields of all actions. It
// is no protection against anybody; it tells what is different from what is the same. It is
// most of what a Recorder costs, so the numbers of an action are multiplied side by side
// and mixed once.
//
// Bytes that are a part of the event are known by their place in it, since the event itself
// is recorded. Of others, those of users have the sum that opaque tells. peer is the last
// peer that an event up to this one was about, and most actions are.
//
// own is how many bytes the body has before those of a user: that is none, but in a frame,
// where a machine hands on to a user what is behind them. If it has not done so it is the
// length of the body, in which there may be bytes of a user nevertheless.
func sumActions(peer string, ev *core.Event, actions []core.Action, opaque func([]byte) uint64) (sum uint32, own int) {
	body, method := address(ev.Body), address(ev.Method)
	within := uintptr(len(ev.Body)) // where in the body bytes may begin
	if ev.Kind == core.EvFrame {
		own = len(ev.Body)
	} else {
		within = min(within, 1) // see sumPart
	}
	all := uint64(len(actions))
	for i := range actions {
		a := &actions[i]
		v := uint64(a.Kind) | uint64(a.Command)<<8 | uint64(a.Outcome)<<16 | uint64(a.Cause)<<24 | uint64(a.Drop)<<32 |
			uint64(a.Refusal)<<40 | uint64(a.Link.Half)<<48
		w := uint64(a.ID)*factorID + a.Link.N*factorLink + uint64(a.Call)*factorCall + uint64(a.Ticket)*factorTicket + uint64(a.Left)*factorLeft
		if n := len(a.Method); n > 0 {
			if at := address(a.Method); at == method {
				v += uint64(n) * factorMethod
			} else if from := at - body; from < within {
				v += (uint64(n) | uint64(from+1)<<32) * factorMethod
			} else {
				w += sumPart(ev, a.Method, sumBytes) * factorMethod
			}
		}
		if n := len(a.Body); n > 0 {
			if from := address(a.Body) - body; from < within {
				v += (uint64(n) | uint64(from+1)<<32) * factorBody
				if a.Kind == core.ActServe || a.Kind == core.ActResult {
					own = int(from)
				}
			} else {
				of := sumBytes
				if ofUser(a) {
					of = opaque
				}
				w += sumPart(ev, a.Body, of) * factorBody
			}
		}
		another := false
		if same(a.Peer, peer) {
			v |= 1 << 56
		} else {
			another = a.Peer != ""
		}
		all = mix(all, v, w)
		if another || len(a.Err)|len(a.Head)|len(a.Address) != 0 {
			all = sumRare(all, another, ev, a, opaque)
		}
	}
	return uint32(all), own
}

// same is a == b, mostly of the same memory.
func same(a, b string) bool {
	return len(a) == len(b) && (unsafe.StringData(a) == unsafe.StringData(b) || a == b)
}

// sumRare folds the fields that few actions have into a sum; the peer is one if it is another.
func sumRare(sum uint64, another bool, ev *core.Event, a *core.Action, opaque func([]byte) uint64) uint64 {
	if another {
		sum = mixBytes(sum, bytesOf(a.Peer))
	}
	if a.Address != "" {
		sum = mixBytes(sum+1, bytesOf(a.Address))
	}
	if len(a.Err) > 0 {
		of := opaque
		if a.Kind == core.ActSend && ev.Kind != core.EvReply {
			of = sumBytes // a machine that turns a request down has the text itself
		}
		sum = mix(sum+2, sumPart(ev, a.Err, of), uint64(len(a.Err)))
	}
	if len(a.Head) > 0 {
		sum = mix(sum+3, sumPart(ev, a.Head, opaque), uint64(len(a.Head)))
	}
	return sum
}

// sumPart returns a number for bytes: their place in the event, or what of says. Only the body
// of a frame has parts; other fields are passed on whole, and in a player the bytes that
// stand for them may overlap, but for their beginnings.
func sumPart(ev *core.Event, b []byte, of func([]byte) uint64) uint64 {
	at := address(b)
	switch from := at - address(ev.Body); {
	case from < uintptr(len(ev.Body)) && (from == 0 || ev.Kind == core.EvFrame):
		return 1<<32 + uint64(from)
	case len(ev.Method) > 0 && at == address(ev.Method):
		return 2 << 32
	case len(ev.Err) > 0 && at == address(ev.Err):
		return 3 << 32
	case len(ev.Head) > 0 && at == address(ev.Head):
		return 4 << 32
	}
	return mix(of(b), uint64(len(b)), 0)
}

// address is where a slice is. Two are compared only while both are in use.
func address(b []byte) uintptr { return uintptr(unsafe.Pointer(unsafe.SliceData(b))) }

// ofUser says whether the body of an action is bytes of a user.
func ofUser(a *core.Action) bool {
	switch a.Kind {
	case core.ActServe, core.ActResult:
		return true
	case core.ActSend:
		return a.Command == core.CALL || a.Command == core.CAST || a.Command == core.BACK
	}
	return false
}

// mix folds two words into a sum: the product of both, its halves put together.
func mix(sum, v, w uint64) uint64 {
	high, low := bits.Mul64(sum^v^0x9e3779b97f4a7c15, bits.RotateLeft64(sum, 29)^w^0xd6e8feb86659fd93)
	return high ^ low
}

// sumBytes returns a sum of bytes.
func sumBytes(b []byte) uint64 { return mixBytes(0, b) }

// mixBytes folds bytes into a sum.
func mixBytes(sum uint64, b []byte) uint64 {
	n := uint64(len(b))
	for len(b) >= 16 {
		sum = mix(sum, binary.LittleEndian.Uint64(b), binary.LittleEndian.Uint64(b[8:]))
		b = b[16:]
	}
	if len(b) >= 8 {
		sum = mix(sum, binary.LittleEndian.Uint64(b), n)
		b = b[8:]
	}
	var tail uint64
	for i, c := range b {
		tail |= uint64(c) << (8 * i)
	}
	return mix(sum, tail, n)
}

// bytesOf returns the bytes of a string, which are not written.
func bytesOf(s string) []byte { return unsafe.Slice(unsafe.StringData(s), len(s)) }
