package service_test

import (
	"errors"
	"reflect"
	"sync"
)

// The types and services of the original programs whose frames are the golden
// records. Their names are on the wire.

type Args struct{ A, B int }

type Reply struct{ S, D int }

type SetArgs struct {
	Value            int
	Bilateral_SENDER string
}

type NullReply struct{}

type SenderReply struct{ Sender string }

type StrArgs struct{ S string }

type SliceArgs struct {
	L []int
	B []byte
	T []string
}

type MapArgs struct{ M map[string]int }

type NumArgs struct {
	I8  int8
	I64 int64
	U8  uint8
	U64 uint64
	F32 float32
	F64 float64
	C   complex128
	Ok  bool
	Arr [3]uint16
}

type Wrong struct{ A, B string }

// goldenTypes are the types by the names in the records.
var goldenTypes = map[string]reflect.Type{
	"Args":        reflect.TypeFor[Args](),
	"Reply":       reflect.TypeFor[Reply](),
	"*Reply":      reflect.TypeFor[*Reply](),
	"SetArgs":     reflect.TypeFor[SetArgs](),
	"NullReply":   reflect.TypeFor[NullReply](),
	"SenderReply": reflect.TypeFor[SenderReply](),
	"StrArgs":     reflect.TypeFor[StrArgs](),
	"SliceArgs":   reflect.TypeFor[SliceArgs](),
	"MapArgs":     reflect.TypeFor[MapArgs](),
	"NumArgs":     reflect.TypeFor[NumArgs](),
	"Wrong":       reflect.TypeFor[Wrong](),
	"string":      reflect.TypeFor[string](),
	"int":         reflect.TypeFor[int](),
	"bool":        reflect.TypeFor[bool](),
	"[]int":       reflect.TypeFor[[]int](),
	"[]byte":      reflect.TypeFor[[]byte](),
}

// calls notes what the handlers below were called with.
type calls struct {
	mu      sync.Mutex
	args    []any
	senders []string
}

// note records one execution; sender is what the handler saw, if it can see one.
func (c *calls) note(args any, sender string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.args = append(c.args, args)
	c.senders = append(c.senders, sender)
}

type Arith struct{ *calls }

func (a Arith) SumDiffV(args Args, reply *Reply) error {
	a.note(args, "")
	*reply = Reply{args.A + args.B, args.A - args.B}
	return nil
}

func (a Arith) SumDiffP(args *Args, reply *Reply) error {
	return a.SumDiffV(*args, reply)
}

func (a Arith) Div(args *Args, reply *Reply) error {
	a.note(*args, "")
	if args.B == 0 {
		return errors.New("divide by zero")
	}
	*reply = Reply{args.A / args.B, args.A % args.B}
	return nil
}

type LastItem struct{ *calls }

func (l *LastItem) Set(args SetArgs, _ *NullReply) error {
	l.note(args, args.Bilateral_SENDER)
	return nil
}

type Types struct{ *calls }

func (t *Types) Sender(args SetArgs, reply *SenderReply) error {
	t.note(args, args.Bilateral_SENDER)
	reply.Sender = args.Bilateral_SENDER
	return nil
}

func (t *Types) Str(args StrArgs, reply *StrArgs) error {
	t.note(args, "")
	*reply = args
	return nil
}

func (t *Types) StrP(args *StrArgs, reply *string) error {
	t.note(*args, "")
	*reply = args.S
	return nil
}

func (t *Types) Slice(args SliceArgs, reply *SliceArgs) error {
	t.note(args, "")
	*reply = args
	return nil
}

func (t *Types) SliceTop(args SliceArgs, reply *[]int) error {
	t.note(args, "")
	*reply = args.L
	return nil
}

func (t *Types) Map(args MapArgs, reply *MapArgs) error {
	t.note(args, "")
	*reply = args
	return nil
}

func (t *Types) Num(args *NumArgs, reply *NumArgs) error {
	t.note(*args, "")
	*reply = *args
	return nil
}

func (t *Types) IntTop(args *Args, reply *int) error {
	t.note(*args, "")
	*reply = args.A
	return nil
}

func (t *Types) BoolTop(args *Args, reply *bool) error {
	t.note(*args, "")
	*reply = args.A != 0
	return nil
}

func (t *Types) Bytes(args *StrArgs, reply *[]byte) error {
	t.note(*args, "")
	*reply = []byte(args.S)
	return nil
}

func (t *Types) Null(args *Args, _ *NullReply) error {
	t.note(*args, "")
	return nil
}

func (t *Types) PtrReply(args *Args, reply **Reply) error {
	t.note(*args, "")
	if args.A != 0 {
		*reply = &Reply{args.A, args.B}
	}
	return nil
}
