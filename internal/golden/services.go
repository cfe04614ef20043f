package golden

import (
	"errors"
	"slices"
	"sync"
)

// Call is one execution of a handler.
type Call struct {
	Args   any
	Sender string // what the handler saw, if it can see one
}

// Calls notes what the handlers below were called with. It is safe for
// concurrent use.
type Calls struct {
	mu   sync.Mutex
	made []Call
}

func (c *Calls) note(args any, sender string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.made = append(c.made, Call{args, sender})
}

// Made returns the executions so far, in their order.
func (c *Calls) Made() []Call {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Clone(c.made)
}

// Services returns a receiver of each service, all of which note in c.
func Services(c *Calls) []any { return []any{Arith{c}, &LastItem{c}, &Types{c}} }

// The services' methods do what their names say, with the arguments that they
// note; Null does nothing, and PtrReply leaves its reply nil where A is zero.

type Arith struct{ Calls *Calls }

func (a Arith) SumDiffV(args Args, reply *Reply) error {
	a.Calls.note(args, "")
	*reply = Reply{args.A + args.B, args.A - args.B}
	return nil
}

func (a Arith) SumDiffP(args *Args, reply *Reply) error {
	return a.SumDiffV(*args, reply)
}

func (a Arith) Div(args *Args, reply *Reply) error {
	a.Calls.note(*args, "")
	if args.B == 0 {
		return errors.New("divide by zero")
	}
	*reply = Reply{args.A / args.B, args.A % args.B}
	return nil
}

type LastItem struct{ Calls *Calls }

func (l *LastItem) Set(args SetArgs, _ *NullReply) error {
	l.Calls.note(args, args.Bilateral_SENDER)
	return nil
}

type Types struct{ Calls *Calls }

func (t *Types) Sender(args SetArgs, reply *SenderReply) error {
	t.Calls.note(args, args.Bilateral_SENDER)
	reply.Sender = args.Bilateral_SENDER
	return nil
}

func (t *Types) Str(args StrArgs, reply *StrArgs) error {
	t.Calls.note(args, "")
	*reply = args
	return nil
}

func (t *Types) StrP(args *StrArgs, reply *string) error {
	t.Calls.note(*args, "")
	*reply = args.S
	return nil
}

func (t *Types) Slice(args SliceArgs, reply *SliceArgs) error {
	t.Calls.note(args, "")
	*reply = args
	return nil
}

func (t *Types) SliceTop(args SliceArgs, reply *[]int) error {
	t.Calls.note(args, "")
	*reply = args.L
	return nil
}

func (t *Types) Map(args MapArgs, reply *MapArgs) error {
	t.Calls.note(args, "")
	*reply = args
	return nil
}

func (t *Types) Num(args *NumArgs, reply *NumArgs) error {
	t.Calls.note(*args, "")
	*reply = *args
	return nil
}

func (t *Types) IntTop(args *Args, reply *int) error {
	t.Calls.note(*args, "")
	*reply = args.A
	return nil
}

func (t *Types) BoolTop(args *Args, reply *bool) error {
	t.Calls.note(*args, "")
	*reply = args.A != 0
	return nil
}

func (t *Types) Bytes(args *StrArgs, reply *[]byte) error {
	t.Calls.note(*args, "")
	*reply = []byte(args.S)
	return nil
}

func (t *Types) Null(args *Args, _ *NullReply) error {
	t.Calls.note(*args, "")
	return nil
}

func (t *Types) PtrReply(args *Args, reply **Reply) error {
	t.Calls.note(*args, "")
	if args.A != 0 {
		*reply = &Reply{args.A, args.B}
	}
	return nil
}
