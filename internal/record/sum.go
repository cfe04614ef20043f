package record

import (
	"encoding/binary"
	"hash/maphash"
	"math/bits"
	"unsafe"

	"github.com/bitmark-inc/bilateralrpc/core"
)

// sumBytesSize is the size of a sum.
const sumBytesSize = 8

// appendSum appends a sum.
func appendSum(dst []byte, sum uint64) []byte { return binary.LittleEndian.AppendUint64(dst, sum) }

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

// sumActions returns a number for what an event has led to: all fields of all actions. It
// is no protection against anybody; it tells what is different from what is the same.
//
// Bytes that are a part of the event are known by their place in it, since the event itself
// is recorded. Of others, those of users have the sum that opaque tells. peer is the last
// peer that an event up to this one was about, and most actions are.
func sumActions(peer string, ev *core.Event, actions []core.Action, opaque func([]byte) uint64) uint64 {
	sum := uint64(len(actions))
	for i := range actions {
		a := &actions[i]
		sum = mix(sum, uint64(a.Kind)|uint64(a.Command)<<8|uint64(a.Outcome)<<16|uint64(a.Cause)<<24|uint64(a.Drop)<<32|
			uint64(a.Refusal)<<40|uint64(a.Link.Half)<<48, uint64(a.ID)^bits.RotateLeft64(a.Link.N, 32))
		if uint64(a.Call)|uint64(a.Ticket)|uint64(a.Left) != 0 {
			sum = mix(sum, uint64(a.Call)^bits.RotateLeft64(uint64(a.Ticket), 16), uint64(a.Left))
		}
		if a.Peer == peer {
			sum++
		} else {
			sum = mixString(sum, a.Peer)
		}
		if a.Address != "" {
			sum = mixString(sum, a.Address)
		}
		if len(a.Method) > 0 {
			sum = mixPart(sum, ev, a.Method, sumBytes)
		}
		if len(a.Body) > 0 {
			of := sumBytes
			if ofUser(a) {
				of = opaque
			}
			sum = mixPart(sum+1, ev, a.Body, of)
		}
		if len(a.Err) > 0 {
			of := opaque
			if a.Kind == core.ActSend && ev.Kind != core.EvReply {
				of = sumBytes // a machine that turns a request down has the text itself
			}
			sum = mixPart(sum+2, ev, a.Err, of)
		}
		if len(a.Head) > 0 {
			sum = mixPart(sum+3, ev, a.Head, opaque)
		}
	}
	return sum
}

// mixPart folds bytes into a sum: their place in the event, or what of says. Only the body
// of a frame has parts; other fields are passed on whole, and in a player the bytes that
// stand for them may overlap.
func mixPart(sum uint64, ev *core.Event, b []byte, of func([]byte) uint64) uint64 {
	at, n := address(b), uint64(len(b))
	switch from := at - address(ev.Body); {
	case ev.Kind == core.EvFrame && from < uintptr(len(ev.Body)):
		return mix(sum, 1<<32|uint64(from), n)
	case from == 0 && len(b) == len(ev.Body):
		return mix(sum, 1, n)
	case at == address(ev.Method) && len(b) == len(ev.Method):
		return mix(sum, 2, n)
	case at == address(ev.Err) && len(b) == len(ev.Err):
		return mix(sum, 3, n)
	case at == address(ev.Head) && len(b) == len(ev.Head):
		return mix(sum, 4, n)
	}
	return mix(sum, of(b), n)
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

// mixString is mixBytes for a string.
func mixString(sum uint64, s string) uint64 {
	return mixBytes(sum, unsafe.Slice(unsafe.StringData(s), len(s)))
}
