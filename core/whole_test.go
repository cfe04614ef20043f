package core

import (
	"reflect"
	"slices"
	"testing"
	"time"
	"unsafe"
)

// Tests that look at every field of a machine and of what hangs from it, by
// reflection: a field that is added later is looked at without a line of its own.
// A field is named by its struct, as "peer.name".

// states calls f with a machine in many states: those of some storms, and some
// that storms seldom reach.
func states(t *testing.T, f func(*Machine)) {
	t.Helper()
	f(overdueDrain(t))
	f(linkReplaced(t))
	f(callUnrun(t))
	f(justJoined(t))
	f(manyPeers(t))
	for seed := uint64(1); seed <= 7; seed++ {
		s := newStorm(t, seed)
		for i := range 1500 {
			s.event()
			if i%50 == 0 {
				f(s.m)
			}
		}
		s.feed(&Event{Kind: EvStop})
		f(s.m)
		if s.err != nil {
			t.Fatalf("seed %d: %v\n%s", seed, s.err, s.tail())
		}
	}
}

// overdueDrain returns a machine with a drain past JOIN_TIME, which waits for a
// request that its caller has taken back.
func overdueDrain(t *testing.T) *Machine {
	t.Helper()
	s := linked(t, "a")
	s.request("a", dialN(1), CALL, 5)
	s.want("serve a dial#1 CALL", "a request is run")
	s.crossed("a", 1, 1, 3)
	s.proven("a", 1)
	s.frame("a", dialN(1), VOID, AppendPayload(nil, &Action{Command: VOID, ID: 5}))
	s.want("cancel", "the caller no longer waits for it")
	s.quiet(6 * time.Second) // the handler is still running
	return s.m
}

// fieldName returns the name of field i of the struct type t.
func fieldName(t reflect.Type, i int) string { return t.Name() + "." + t.Field(i).Name }

// writable returns an addressable value as one that may be set, unexported or not.
func writable(v reflect.Value) reflect.Value {
	return reflect.NewAt(v.Type(), unsafe.Pointer(v.UnsafeAddr())).Elem()
}

// checkTable fails the test for an exception without a reason, and for one that
// was not needed.
func checkTable(t *testing.T, table map[string]string, needed map[string]bool) {
	t.Helper()
	for field, why := range table {
		if why == "" {
			t.Errorf("%s is an exception without a reason", field)
		}
		if !needed[field] {
			t.Errorf("%s is no exception: there is no such field, or the rule holds for it", field)
		}
	}
}

// notCloned lists the fields that are zero in a clone.
var notCloned = map[string]string{
	"output.scratch": "payloads of the last Step, to which the driver may still refer",
	"peerTable.last": "a short cut, which the next lookup sets",
}

// shared lists the fields whose memory a clone shares with the original.
var shared = map[string]string{
	"call.method": "bytes of the user's event, which the machine only reads",
	"call.body":   "bytes of the user's event, which the machine only reads",
	"call.head":   "bytes of the user's event, which the machine only reads",
}

// emptyBetweenSteps lists the fields that are zero whenever a clone can be made.
var emptyBetweenSteps = map[string]string{
	"output.actions":     "the destination of a Step, which is over",
	"Stats.Peers":        "counted when Machine.Stats is asked",
	"Stats.ActivePeers":  "counted when Machine.Stats is asked",
	"Stats.CallsPending": "counted when Machine.Stats is asked",
	"Stats.Serving":      "counted when Machine.Stats is asked",
	"Stats.Timers":       "counted when Machine.Stats is asked",
}

// A clone has every field of the original, and no memory of it.
func TestCloneCopiesEveryField(t *testing.T) {
	checkCopies(t, &cloneCheck{left: notCloned, shared: shared}, (*Machine).Clone)
}

// checkCopies has c compare machines with their copies.
func checkCopies(t *testing.T, c *cloneCheck, copied func(*Machine) *Machine) {
	t.Helper()
	c.needed, c.filled, c.wrong = map[string]bool{}, map[string]bool{}, map[string]string{}
	states(t, func(m *Machine) {
		c.seen = map[unsafe.Pointer]bool{}
		c.walk("Machine", reflect.ValueOf(m).Elem(), reflect.ValueOf(copied(m)).Elem())
	})
	for field, what := range c.wrong {
		t.Errorf("%s: %s", field, what)
	}
	empty := map[string]bool{}
	for field, filled := range c.filled {
		empty[field] = !filled
		if !filled && emptyBetweenSteps[field] == "" {
			t.Errorf("%s was zero in all states: what a clone makes of it has not been seen", field)
		}
	}
	checkTable(t, c.left, c.needed)
	checkTable(t, c.shared, c.needed)
	checkTable(t, emptyBetweenSteps, empty)
}

// cloneCheck compares a machine with its clone, field by field.
type cloneCheck struct {
	left   map[string]string       // the fields that are zero, or otherwise not the same, in a copy
	shared map[string]string       // the fields whose memory a copy shares
	seen   map[unsafe.Pointer]bool // pointers of the original that have been followed
	needed map[string]bool         // exceptions that have been met
	filled map[string]bool         // of each field, whether it was ever anything but zero
	wrong  map[string]string
}

// walk compares two values that a field holds, directly or behind pointers.
func (c *cloneCheck) walk(field string, a, b reflect.Value) {
	if _, ok := c.left[field]; ok {
		c.needed[field] = c.needed[field] || !a.IsZero()
		if _, ok := notCloned[field]; ok && !b.IsZero() {
			c.wrong[field] = "the clone has it"
		}
		return
	}
	if pointer(a) != nil && pointer(a) == pointer(b) {
		if _, ok := c.shared[field]; ok {
			c.needed[field] = true
			return
		}
		c.wrong[field] = "the clone shares it with the original"
		return
	}
	switch a.Kind() {
	case reflect.Struct:
		for i := range a.NumField() {
			name := fieldName(a.Type(), i)
			c.filled[name] = c.filled[name] || !a.Field(i).IsZero()
			c.walk(name, a.Field(i), b.Field(i))
		}
	case reflect.Pointer:
		if a.IsNil() != b.IsNil() {
			c.wrong[field] = "nil in one of the two"
		} else if !a.IsNil() && !c.seen[a.UnsafePointer()] {
			c.seen[a.UnsafePointer()] = true
			c.walk(field, a.Elem(), b.Elem())
		}
	case reflect.Slice, reflect.Array:
		if a.Len() != b.Len() {
			c.wrong[field] = "of another length"
			return
		}
		for i := range a.Len() {
			c.walk(field, a.Index(i), b.Index(i))
		}
	case reflect.Map:
		if a.Len() != b.Len() {
			c.wrong[field] = "of another length"
			return
		}
		for _, key := range a.MapKeys() {
			if other := b.MapIndex(key); other.IsValid() {
				c.walk(field, a.MapIndex(key), other)
			} else {
				c.wrong[field] = "a key is missing"
			}
		}
	default:
		if !a.Equal(b) {
			c.wrong[field] = "another value"
		}
	}
}

// pointer returns the memory that a value leads to, nil for one that leads to none.
func pointer(v reflect.Value) unsafe.Pointer {
	switch v.Kind() {
	case reflect.Pointer, reflect.Map:
		return v.UnsafePointer()
	case reflect.Slice:
		if v.Cap() > 0 {
			return v.UnsafePointer()
		}
	}
	return nil
}

// notEncoded lists the fields that AppendState leaves out.
var notEncoded = map[string]string{
	"Machine.rng":     "the encoding is up to what is random",
	"Machine.dialSeq": "a number that only rises",
	"Machine.undo":    "only the EvSendRefused of the last event's STAY reads it, and states are compared between events",
	"Machine.out":     "what has been said already, and statistics",

	"peerTable.freeSlots":   "where the next entry goes, which decides no more than the order of actions",
	"peerTable.byName":      "the peers of the slots, by their names",
	"peerTable.last":        "a short cut",
	"peerTable.made":        "a number that only rises",
	"peerTable.active":      "the count of the peers that are up",
	"peerTable.idleFirst":   "the order of timerForget, whose deadlines are encoded",
	"peerTable.idleLast":    "the order of timerForget, whose deadlines are encoded",
	"peer.prev":             "the order of timerForget, whose deadlines are encoded",
	"peer.next":             "the order of timerForget, whose deadlines are encoded",
	"peer.slot":             "where it is kept",
	"peer.up":               "the same as active, between events",
	"peer.self":             "a name that we have for ourselves, made from numbers that only rise",
	"peer.pending":          "the count of the rows that wait for it, which are encoded",
	"peer.roundTrip":        "it is for people; nothing is decided by it",
	"listeningLinks.stayed": "what a round trip is measured from; nothing is decided by it",
	"listeningLinks.nudge":  "the id of a call, and ids are names",
	"replacedLink.n":        "a name",
	"replacing.n":           "a name; whether there is one shows in its peer",

	"callTable.freeSlots": "where the next call goes, which decides no more than the order of actions",
	"callTable.byID":      "the calls of the slots, by their ids",
	"index.cells":         "the calls of the slots, by their names",
	"index.shift":         "the calls of the slots, by their names",
	"call.handle":         "a name",
	"call.slot":           "where it is kept",
	"call.deadline":       "that of its timer, which is encoded",
	"call.pending":        "the count of its pending rows, which are encoded",
	"row.resent":          "only the EvSendRefused of the send that set it reads it",

	"requestTable.freeSlots": "where the next request goes, which decides no more than the order of actions",
	"request.generation":     "half of a ticket, and tickets are names",
	"request.id":             "a name that the caller gave; the doc of AppendState has what it decides",

	"timerQueue.due":  "the order of the timers of calls, whose deadlines are encoded",
	"timerQueue.seq":  "a number that only rises",
	"timerItem.seq":   "breaks ties by a number that only rises",
	"timerItem.pos":   "where its owner keeps its position",
	"timerItem.owner": "the one that keeps its position",
	"timerItem.kind":  "that of the position",
	"callTimer.slot":  "where its call is kept",
	"callTimer.seq":   "breaks ties by a number that only rises",
	"callTimer.prev":  "the order of the timers of calls, whose deadlines are encoded",
	"callTimer.next":  "the order of the timers of calls, whose deadlines are encoded",
}

// triesMax bounds how often a field that is left out is changed: a few hundred
// times in all.
const triesMax = 300

// A change of any field changes the encoding, in some state at least.
func TestStateEncodesEveryField(t *testing.T) {
	if testing.Short() {
		t.Skip("encodes a machine ten thousand times")
	}
	checkEncoding(t, "notEncoded", notEncoded, (*Machine).AppendState)
}

// stateCheck changes the fields of a machine one by one and takes each change
// back.
type stateCheck struct {
	m       *Machine
	encode  func(m *Machine, dst []byte) []byte
	leftOut map[string]string       // the fields that the encoding leaves out
	state   []byte                  // its encoding
	seen    map[unsafe.Pointer]bool // pointers that have been followed
	encoded map[string]bool         // of each field, whether a change of it has shown
	tries   map[string]int          // how often it was changed
}

// walk changes every field of a struct. It goes on to what a field leads to,
// unless that is left out with it.
func (c *stateCheck) walk(v reflect.Value) {
	for i := range v.NumField() {
		field, name := v.Field(i), fieldName(v.Type(), i)
		if field.Type() == reflect.TypeFor[Config]() {
			continue // the same for the whole life of a machine, so no state
		}
		excepted := c.leftOut[name] != ""
		if field.Kind() == reflect.Struct && !excepted {
			c.walk(field)
			continue
		}
		c.encoded[name] = c.encoded[name] || c.change(name, field)
		if !excepted {
			c.follow(name, field)
		}
	}
}

// follow goes on to what v, which a field holds, leads to.
func (c *stateCheck) follow(field string, v reflect.Value) {
	switch v.Kind() {
	case reflect.Struct:
		c.walk(v)
	case reflect.Pointer:
		if !v.IsNil() && !c.seen[v.UnsafePointer()] {
			c.seen[v.UnsafePointer()] = true
			c.follow(field, v.Elem())
		}
	case reflect.Slice, reflect.Array:
		for i := range v.Len() {
			c.encoded[field] = c.encoded[field] || c.change(field, v.Index(i))
			c.follow(field, v.Index(i))
		}
	}
}

// change tries a few other values in place of v, and says whether one of them
// shows in the encoding.
func (c *stateCheck) change(field string, v reflect.Value) bool {
	if c.leftOut[field] != "" && c.tries[field] >= triesMax {
		return false
	}
	c.tries[field]++
	v = writable(v)
	before := reflect.New(v.Type()).Elem()
	before.Set(v)
	defer v.Set(before)
	for _, other := range others(v) {
		v.Set(other)
		if c.shows() {
			return true
		}
	}
	return false
}

// shows says whether the encoding is another one, or can't be made at all any
// more: then it reads what was changed.
func (c *stateCheck) shows() (changed bool) {
	defer func() { changed = recover() != nil || changed }()
	return !slices.Equal(c.encode(c.m, nil), c.state)
}

// others returns values that v could have instead of its own.
func others(v reflect.Value) []reflect.Value {
	other := reflect.New(v.Type()).Elem()
	switch v.Kind() {
	case reflect.Bool:
		other.SetBool(!v.Bool())
	case reflect.String:
		other.SetString(v.String() + "x")
	case reflect.Int, reflect.Int32, reflect.Int64:
		less := reflect.New(v.Type()).Elem()
		less.SetInt(v.Int() - 1)
		other.SetInt(v.Int() + 1)
		return []reflect.Value{other, less}
	case reflect.Uint8, reflect.Uint32, reflect.Uint64:
		less := reflect.New(v.Type()).Elem()
		less.SetUint(v.Uint() - 1)
		other.SetUint(v.Uint() + 1)
		return []reflect.Value{other, less}
	case reflect.Slice:
		if v.Len() > 0 {
			return []reflect.Value{v.Slice(0, v.Len()-1)}
		}
	case reflect.Array:
		return nil // its elements are changed
	}
	return []reflect.Value{other} // zero
}
