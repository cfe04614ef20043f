package bilateralrpc

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"reflect"
	"sync"

	"github.com/bitmark-inc/bilateralrpc/internal/gobcodec"
	"github.com/bitmark-inc/bilateralrpc/internal/service"
)

// Method is a method of peers, with the types of its arguments and of its reply. It is
// made once, by both ends:
//
//	var SumDiff = bilateralrpc.NewMethod[Args, Sums]("Arith.SumDiff")
//
// One end serves it by Handle. The other one calls it: One peer, or several at once, with
// the replies as they come (Each), all together (All), the First good one or the first few
// (Quorum); or it sends a Cast. On the wire it is the method of that name, whoever serves
// or calls it by other means: receivers that are registered, Call, old peers.
//
// The calls take the options of CallContext, and the timeout is found in the same way. Let
// A be a struct where originals serve: they crash on others. A Method does not change, and
// can be used by many goroutines.
type Method[A, R any] struct {
	name  string
	reply *gobcodec.Codec
	err   error      // of the name
	boxes *sync.Pool // of *box[A, R], empty
}

// box is memory that One uses again and again.
type box[A, R any] struct {
	to    [1]string
	args  A
	reply R
}

// NewMethod returns the method of that name, which is of the form Service.Method. It has no
// effect besides; what is wrong with a name is the error of all that the Method does. Names
// that begin with '_' are not for programs to Handle.
func NewMethod[A, R any](name string) Method[A, R] {
	m := Method[A, R]{name: name, reply: gobcodec.Of(reflect.TypeFor[R]()), boxes: new(sync.Pool)}
	if service, method, ok := service.CutName(name); !ok || service == "" || method == "" {
		m.err = fmt.Errorf("%w: the name %q is not of the form Service.Method", ErrBadMethod, name)
	}
	return m
}

// Name returns the name, of the form Service.Method.
func (m Method[A, R]) Name() string { return m.name }

// Reply is what one peer has said to a call: a value, or an error, which is one of those
// that an Outcome has.
type Reply[R any] struct {
	From  string // the peer
	Value R      // zero if there is an error
	Err   error
}

// Handle has node serve the method by f. Each request runs f on a goroutine of its own,
// concurrently with all others. Its ctx ends when nobody waits for the reply any more: the
// caller has given up or its deadline has passed, where it is one of ours; its connection
// is gone for good; or the node shuts down. PeerOf, MethodOf and MetadataOf tell more of
// the request. A string field Bilateral_SENDER of the arguments is set to the caller's name.
//
// An error of f goes to the caller as text, and with a code if it is an [Error]. A panic
// is logged, and is ErrPanicked there. To a Cast nothing goes back.
//
// A method has one handler on a node; several methods of one service have one each.
func (m Method[A, R]) Handle(node *Bilateral, f func(ctx context.Context, args A) (R, error)) error {
	if err := m.check(node); err != nil {
		return err
	}
	if f == nil {
		return fmt.Errorf("%w: %s was given a nil handler", ErrBadMethod, m.name)
	}
	h := service.Handler{
		Name:  m.name,
		Args:  reflect.TypeFor[A](),
		Reply: reflect.TypeFor[R](),
		Run: func(ctx context.Context, args, reply any) (err error) {
			*reply.(*R), err = f(ctx, *args.(*A))
			return err
		},
	}
	return node.serving(func(log *slog.Logger) error { return node.services.Handle(h, log) })
}

// check says why m can't be used with node.
func (m Method[A, R]) check(node *Bilateral) error {
	switch {
	case m.err != nil:
		return m.err
	case m.reply == nil:
		return fmt.Errorf("%w: it has no name: make it by NewMethod", ErrBadMethod)
	case node == nil:
		return errors.New("bilateralrpc: the node is nil: make one by New")
	}
	return node.broken
}
