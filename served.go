package bilateralrpc

import (
	"context"
	"fmt"
	"slices"

	"github.com/bitmark-inc/bilateralrpc/core"
	"github.com/bitmark-inc/bilateralrpc/internal/service"
	"github.com/bitmark-inc/bilateralrpc/zmqio"
)

// served is the context of a handler, which knows what it is about.
type served struct {
	context.Context
	memory       zmqio.Context // what Context is, in the same object
	peer, method string
	metadata     map[string]string // that came with the request; nil for none
}

type servedKey struct{}

// Value implements context.Context.
func (s *served) Value(key any) any {
	if _, ok := key.(servedKey); ok {
		return s
	}
	return s.Context.Value(key)
}

func servedBy(ctx context.Context) *served {
	s, _ := ctx.Value(servedKey{}).(*served)
	return s
}

// PeerOf returns the name of the peer whose request is being served, from the context of
// the handler or of a ServeInterceptor. With keys the peer has proven that it has the
// private one of its name; in plaintext a name is what the peer says. It is empty if ctx
// is not that of a request.
func PeerOf(ctx context.Context) string {
	if s := servedBy(ctx); s != nil {
		return s.peer
	}
	return ""
}

// MethodOf returns the name of the method that is being served, such as Arith.SumDiff, from
// the context of the handler or of a ServeInterceptor. It is empty if ctx is not that of a
// request.
func MethodOf(ctx context.Context) string {
	if s := servedBy(ctx); s != nil {
		return s.method
	}
	return ""
}

// serve is the driver's handler.
func (b *Bilateral) serve(dst []byte, r *zmqio.Request) ([]byte, error) {
	reply, err := b.serveRequest(dst, r)
	if err != nil {
		if code := codeOfError(err); code != "" {
			attachCode(r, code)
		}
	}
	return reply, err
}

// serveRequest finds the method and runs it, with a context where somebody looks at it.
func (b *Bilateral) serveRequest(dst []byte, r *zmqio.Request) ([]byte, error) {
	m, err := b.services.Find(r.Method)
	if len(b.interceptors.serve) > 0 {
		return b.serveIntercepted(dst, r, m, err)
	}
	if err != nil {
		return dst, err
	}
	var ctx context.Context
	if m.TakesContext() {
		ctx = newServed(r, m.Name())
	}
	return b.runMethod(ctx, m, dst, r)
}

func newServed(r *zmqio.Request, method string) *served {
	s := &served{peer: r.Peer, method: method, metadata: metadataOf(r)}
	s.Context = r.ContextIn(&s.memory)
	return s
}

func (b *Bilateral) runMethod(ctx context.Context, m *service.Method, dst []byte, r *zmqio.Request) ([]byte, error) {
	if r.Command == core.CAST {
		return dst, b.services.Cast(ctx, m, r.Peer, r.Body, r)
	}
	return b.services.Call(ctx, m, dst, r.Peer, r.Body, r)
}

// serveIntercepted is serveRequest with interceptors around it. m is nil if there is no
// such method, as missing then says.
func (b *Bilateral) serveIntercepted(dst []byte, r *zmqio.Request, m *service.Method, missing error) ([]byte, error) {
	info := &ServeInfo{Method: string(r.Method), Known: m != nil, Peer: r.Peer, Cast: r.Command == core.CAST, ArgsBytes: len(r.Body)}
	reply, served := dst, false
	run := func(ctx context.Context) (err error) {
		if m == nil {
			return missing
		}
		reply, err = b.runMethod(ctx, m, dst, r)
		info.ReplyBytes, served = len(reply)-len(dst), err == nil
		return err
	}
	for _, intercept := range slices.Backward(b.interceptors.serve) {
		next := run
		run = func(ctx context.Context) error { return intercept(ctx, info, next) }
	}
	err := service.Guard(b.driver.Logger(), r.Peer, info.Method, func() error { return run(newServed(r, info.Method)) })
	if err == nil && !served {
		err = fmt.Errorf("an interceptor of %s has neither called next nor returned an error", info.Method)
	}
	if err != nil {
		return dst, err
	}
	return reply, nil
}
