// Package hosted is the seam between a node and a world that runs it: package zmqio's
// Driver on one side, package bilateraltest on the other.
//
// A node on sockets has its machine, its timer and its connections to itself, and steps
// the machine on whichever goroutine has something for it. In a world all of that is the
// world's. What goroutines of the program ask for is posted, and the world takes it when
// nobody else runs, in an order that does not depend on who came first; and what wakes
// them is handed over by the world, one at a time.
//
// A Transport of a Config that is also a World is one.
package hosted

import (
	"context"

	"github.com/bitmark-inc/bilateralrpc/core"
)

// A Kind says what an operation is. Operations of one instant are taken in the order of
// their kinds, among other things, so that the numbers are part of every run.
type Kind uint8

// The kinds of operations.
const (
	Answer Kind = iota + 1
	Cancel
	Call
	Cast
	Connect
	Disconnect
	Redial
	EndContexts
	Stop
)

// An Op is something that a goroutine of the program asks of its node.
type Op struct {
	Kind Kind
	// Key tells it from others of its kind at one instant: what is asked for. The world
	// calls it, as it does Do.
	Key func() string
	// Asker tells it from those with the same key. Two of one asker are alike.
	Asker Asker
	// Do does it. The world calls it, when no goroutine of a program runs.
	Do func()
}

// An Asker is somebody on whose behalf a node is asked. Several goroutines of a program may
// ask for the same thing at one instant, and go on differently with what they get: two
// handlers that were woken together do. What is asked for does not tell them apart.
//
// A handler is known by the ticket of its request, which is at least 1<<32. Lower ones are
// the world's to give. Zero is somebody who is not known.
type Asker uint64

// askerKey is the key of the Asker in a context.
type askerKey struct{}

// WithAsker returns a context by which goroutines ask on behalf of an asker.
func WithAsker(ctx context.Context, a Asker) context.Context {
	return context.WithValue(ctx, askerKey{}, a)
}

// AskerOf returns the asker of a context. It may call code of the user.
func AskerOf(ctx context.Context) Asker {
	a, _ := ctx.Value(askerKey{}).(Asker)
	return a
}

// A World runs one life of one node. But for Post, its methods are called by what the
// world itself has called.
type World interface {
	// Enter is told of the driver once, as that is made.
	Enter(Driver)
	// Machine returns the node's machine, which the world steps.
	Machine() *core.Machine
	// Post has op done, later. It returns at once, and may be called concurrently.
	Post(op Op)
	// Step has the machine take a step, and appends to dst what is left for the driver to
	// do: actions that are not about connections, and for each CALL that is sent the
	// ActSend. Their bytes are the driver's. The event is the world's until Step returns.
	Step(dst []core.Action, ev *core.Event) []core.Action
	// Hand has wake called, later: it lets a goroutine of the program go on.
	Hand(wake func())
}

// A Driver is a node's driver as its world sees it.
type Driver interface {
	// Perform does what is left of a step that the world has taken, as World.Step says.
	Perform([]core.Action)
	// Serve starts the handler of an ActServe, or answers it.
	Serve(*core.Action)
	// Failed notes what is wrong with the connection to a peer, which is lost or could not
	// be made.
	Failed(link core.Link, peer string, cause core.Cause)
	// Die ends the node, as the world has ended its life. From now on the driver's own is
	// a machine that is stopped; last is what is left of the step that has stopped it. So
	// calls that wait end, and all that come later are refused. The world hears nothing
	// more of it.
	Die(stopped *core.Machine, last []core.Action)
}
