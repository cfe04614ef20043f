package bilateralrpc

import (
	"context"
	"slices"

	"github.com/bitmark-inc/bilateralrpc/zmqio"
)

// A CallInterceptor is around every call and cast of a node, those of Call, CallContext and
// Cast too: Config.CallInterceptors. It calls next, which makes the call and returns when it
// is over at all peers, with the error of the call itself; what each peer says is told to
// OnReply. It may give next another context, by WithMetadata for one; return an error in
// place of calling next, and nothing is sent; and call next again, to ask again, unless
// replies have gone to the range over an Each already. It runs on the goroutine of the
// caller.
//
// The body of a range over an Each runs inside next, on the same goroutine.
type CallInterceptor func(ctx context.Context, call *CallInfo, next func(context.Context) error) error

// A ServeInterceptor is around the handler of every request, also of one for a method that
// there is not: Config.ServeInterceptors. It calls next, which decodes the arguments, runs
// the handler, encodes the reply, and returns the error that the caller is to hear. It may
// return another one, or one in place of calling next. It runs on the goroutine of the
// handler, concurrently with others; a panic is answered as that of a handler.
//
// Its context is the handler's: PeerOf, MethodOf and MetadataOf say more.
type ServeInterceptor func(ctx context.Context, request *ServeInfo, next func(context.Context) error) error

// CallInfo is a call or cast as its interceptors see it.
type CallInfo struct {
	Method     string
	To         []string // the addressed peers; empty means every active one. Not to be changed
	Cast       bool     // nothing comes back
	Idempotent bool
	ArgsBytes  int // of the encoded arguments

	observers []func(ReplyInfo)
}

// OnReply has f called for each addressed peer, as soon as it is known what has become of
// the call there. It is for interceptors, before they call next; f runs on the goroutine of
// the caller. Of peers that a caller no longer waits for nothing is told.
func (c *CallInfo) OnReply(f func(ReplyInfo)) { c.observers = append(c.observers, f) }

// ReplyInfo is what has become of a call at one peer.
type ReplyInfo struct {
	From  string
	Bytes int   // of the encoded reply
	Err   error // nil if the peer has replied. Call and CallContext decode replies later
}

func (c *CallInfo) tell(o *zmqio.Outcome, err error) {
	if c == nil || len(c.observers) == 0 {
		return
	}
	info := ReplyInfo{From: o.Peer, Bytes: len(o.Body), Err: err}
	for _, f := range c.observers {
		f(info)
	}
}

// ServeInfo is a request as its interceptors see it.
type ServeInfo struct {
	Method     string // as the peer has written it; there need not be such a method
	Known      bool   // there is: names that are not known are without end, so count them as one
	Peer       string
	Cast       bool // nothing goes back
	ArgsBytes  int  // of the encoded arguments
	ReplyBytes int  // of the encoded reply, once next has returned
}

// interceptors are those of a node, the outermost first.
type interceptors struct {
	call  []CallInterceptor
	serve []ServeInterceptor
}

// around makes a call with the interceptors around it.
func (n *interceptors) around(ctx context.Context, info *CallInfo, call func(context.Context) error) error {
	for _, intercept := range slices.Backward(n.call) {
		next := call
		call = func(ctx context.Context) error { return intercept(ctx, info, next) }
	}
	return call(ctx)
}
