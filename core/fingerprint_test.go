package core

import (
	"bytes"
	"reflect"
	"testing"
	"time"
	"unsafe"
)

// notFingerprinted lists the fields that AppendFingerprint leaves out.
var notFingerprinted = map[string]string{
	"Machine.undo": "only the EvSendRefused of the last event's STAY reads it, and states are compared between events",
	"Machine.out":  "what has been said already, and statistics",

	"peerTable.byName":   "the peers of the slots, by their names",
	"peerTable.last":     "a short cut",
	"peerTable.active":   "the count of the peers that are up",
	"peerTable.idleLast": "the end of a list that is encoded",
	"peer.prev":          "the way back in a list that is encoded",
	"peer.slot":          "the place of a peer in a list that is encoded",
	"peer.up":            "the same as active, between events",
	"peer.pending":       "the count of the rows that wait for it, which are encoded",
	"peer.roundTrip":     "it is for people; nothing is decided by it",

	"callTable.byID": "the calls of the slots, by their ids",
	"index.cells":    "the calls of the slots, by their names",
	"index.shift":    "the calls of the slots, by their names",
	"call.slot":      "the place of a call in a list that is encoded",
	"call.pending":   "the count of its pending rows, which are encoded",

	"timerQueue.seq": "a number that only rises",
	"timerItem.pos":  "where its owner keeps its position",
	"callTimer.seq":  "the order of arming: timers that are due at one moment are encoded in it",
	"dueList.n":      "the length of a list that is encoded",
	"dueList.last":   "the end of a list that is encoded",
	"callTimer.prev": "the way back in a list that is encoded",
}

// checkEncoding has an encoding show a change of any field but those that are left out.
func checkEncoding(t *testing.T, table string, leftOut map[string]string, encode func(m *Machine, dst []byte) []byte) {
	t.Helper()
	c := stateCheck{encode: encode, leftOut: leftOut, encoded: map[string]bool{}, tries: map[string]int{}}
	states(t, func(m *Machine) {
		c.m = m.Clone() // so that a change that is not taken back hurts no storm
		c.state, c.seen = encode(c.m, nil), map[unsafe.Pointer]bool{}
		c.walk(reflect.ValueOf(c.m).Elem())
	})
	left := map[string]bool{}
	for field, encoded := range c.encoded {
		left[field] = !encoded
		if !encoded && leftOut[field] == "" {
			t.Errorf("%s is not encoded: encode it, or say in %s why two machines that differ in it behave alike", field, table)
		}
	}
	checkTable(t, leftOut, left)
}

// A change of any field changes the fingerprint, in some state at least.
func TestFingerprintHasEveryField(t *testing.T) {
	if testing.Short() {
		t.Skip("encodes a machine ten thousand times")
	}
	checkEncoding(t, "notFingerprinted", notFingerprinted, (*Machine).AppendFingerprint)
}

// Two machines of which one has done everything an hour later have one fingerprint.
func TestFingerprintIsRelativeToNow(t *testing.T) {
	at := func(later Instant) *Machine {
		m := newMachine(t, Config{Name: "m", Network: "net", Seed: 1, LinksReported: true})
		for _, ev := range []Event{
			{Kind: EvConnect, Peer: "z", Address: "there"},
			{Kind: EvTimeout, At: Instant(200 * time.Millisecond)},
			{Kind: EvLinkUp, Peer: "z", Link: dialN(1), At: Instant(210 * time.Millisecond)},
			{Kind: EvFrame, Peer: "z", Link: dialN(1), Command: STAY, Body: meetBody(7), At: Instant(time.Second)},
			{Kind: EvCall, Call: 1, Method: []byte("S.M"), Timeout: time.Minute, At: Instant(2 * time.Second)},
		} {
			ev.At += later
			m.Step(nil, &ev)
		}
		return m
	}
	a, b := at(Instant(time.Hour)), at(Instant(2*time.Hour))
	if !bytes.Equal(a.AppendFingerprint(nil), b.AppendFingerprint(nil)) {
		t.Error("when it was shows in the fingerprint")
	}
	b.Step(nil, &Event{Kind: EvTimeout, At: b.now + 1})
	if bytes.Equal(a.AppendFingerprint(nil), b.AppendFingerprint(nil)) {
		t.Error("a nanosecond makes no difference to the fingerprint")
	}
}
