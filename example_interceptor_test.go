package bilateralrpc_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"github.com/bitmark-inc/bilateralrpc"
)

// Recovery: a panic of a handler is caught and logged anyhow; here it is reported as well,
// and the caller hears what it can do.
func ExampleServeInterceptor_recovery() {
	reported := make(chan string, 1)
	recovery := func(ctx context.Context, r *bilateralrpc.ServeInfo, next func(context.Context) error) error {
		err := next(ctx)
		if errors.Is(err, bilateralrpc.ErrPanicked) {
			reported <- fmt.Sprintf("%s panicked for %s", r.Method, r.Peer)
			return fmt.Errorf("%w: it has been reported", err)
		}
		return err
	}
	bob, stop := star(func(_ context.Context, args Args) (Sums, error) {
		return Sums{Sum: 100 / (args.A + 1)}, nil
	}, bilateralrpc.Config{ServeInterceptors: []bilateralrpc.ServeInterceptor{recovery}})
	defer stop()

	_, err := SumDiff.One(context.Background(), bob, "alice", Args{A: -1})
	fmt.Println(err, errors.Is(err, bilateralrpc.ErrPanicked))
	fmt.Println(<-reported)
	// Output:
	// handler panicked: Arith.SumDiff: it has been reported true
	// Arith.SumDiff panicked for bob
}

// Auth by method: who may call what. The names of peers are proven where nodes have keys.
func ExampleServeInterceptor_auth() {
	allowed := map[string][]string{"Arith.SumDiff": {"bob"}}
	denied := bilateralrpc.NewError("denied", "denied")
	auth := func(ctx context.Context, r *bilateralrpc.ServeInfo, next func(context.Context) error) error {
		for _, peer := range allowed[r.Method] {
			if peer == r.Peer {
				return next(ctx)
			}
		}
		return fmt.Errorf("%s for %s: %w", r.Method, r.Peer, denied)
	}
	bob, stop := star(sumDiff, bilateralrpc.Config{ServeInterceptors: []bilateralrpc.ServeInterceptor{auth}})
	defer stop()

	fmt.Println(SumDiff.One(context.Background(), bob, "alice", Args{1, 2}))
	secret := bilateralrpc.NewMethod[Args, Sums]("Arith.Secret")
	_, err := secret.One(context.Background(), bob, "alice", Args{})
	fmt.Println(err, errors.Is(err, denied))
	// Output:
	// {3 -1} <nil>
	// Arith.Secret for bob: denied true
}

// Rate limit: a token is taken for each request, and others put tokens back as time goes by
// (or use golang.org/x/time/rate). Refused requests are not even decoded.
func ExampleServeInterceptor_rateLimit() {
	tokens := make(chan struct{}, 5)
	for range cap(tokens) {
		tokens <- struct{}{}
	}
	limit := func(ctx context.Context, _ *bilateralrpc.ServeInfo, next func(context.Context) error) error {
		select {
		case <-tokens:
			return next(ctx)
		default:
			return fmt.Errorf("%w: 5 requests a minute; ask again in a while", bilateralrpc.ErrOverloaded)
		}
	}
	bob, stop := star(sumDiff, bilateralrpc.Config{ServeInterceptors: []bilateralrpc.ServeInterceptor{limit}})
	defer stop() // the three peers have used three tokens to get to know bob

	for range 3 {
		_, err := SumDiff.One(context.Background(), bob, "alice", Args{1, 2})
		fmt.Println(errors.Is(err, bilateralrpc.ErrOverloaded))
	}
	// Output:
	// false
	// false
	// true
}

// Logging with slog, at the end of the caller: a line for each peer as it replies, and one
// for the call. Times and sizes are left out here.
func ExampleCallInterceptor_logging() {
	var out bytes.Buffer
	logger := slog.New(slog.NewTextHandler(&out, &slog.HandlerOptions{ReplaceAttr: func(_ []string, a slog.Attr) slog.Attr {
		if a.Key == slog.TimeKey || a.Key == "took" || a.Key == "bytes" {
			return slog.Attr{}
		}
		return a
	}}))
	logging := func(ctx context.Context, call *bilateralrpc.CallInfo, next func(context.Context) error) error {
		began := time.Now()
		call.OnReply(func(r bilateralrpc.ReplyInfo) {
			logger.InfoContext(ctx, "reply", "method", call.Method, "peer", r.From, "bytes", r.Bytes, "err", r.Err, "took", time.Since(began))
		})
		err := next(ctx)
		logger.InfoContext(ctx, "call", "method", call.Method, "bytes", call.ArgsBytes, "err", err, "took", time.Since(began))
		return err
	}
	bob, stop := star(sumDiff, bilateralrpc.Config{CallInterceptors: []bilateralrpc.CallInterceptor{logging}})
	defer stop()

	out.Reset()
	if _, err := SumDiff.All(context.Background(), bob, []string{"alice", "nobody"}, Args{1, 2}); err != nil {
		fmt.Println(err)
	}
	for line := range strings.Lines(out.String()) {
		fmt.Print(strings.ReplaceAll(line, bilateralrpc.ErrNotConnected.Error(), "not connected"))
	}
	// Output:
	// level=INFO msg=reply method=Arith.SumDiff peer=nobody err="not connected"
	// level=INFO msg=reply method=Arith.SumDiff peer=alice err=<nil>
	// level=INFO msg=call method=Arith.SumDiff err=<nil>
}

// ErrorKind is for counting: it has few values, whatever peers say.
func ExampleErrorKind() {
	fmt.Println(bilateralrpc.ErrorKind(fmt.Errorf("asking bob: %w", bilateralrpc.ErrNoReply)))
	fmt.Println(bilateralrpc.ErrorKind(bilateralrpc.RemoteError(`no such method: "Arith.SumDif"`)))
	fmt.Println(bilateralrpc.ErrorKind(bilateralrpc.NewError("no-funds", "no funds")))
	// Output:
	// no-reply
	// no-method
	// other
}

// OnReply has a function see what each peer says, as soon as it says it.
func ExampleCallInfo_OnReply() {
	replied := make(chan string, 100)
	watch := func(ctx context.Context, call *bilateralrpc.CallInfo, next func(context.Context) error) error {
		call.OnReply(func(r bilateralrpc.ReplyInfo) { replied <- r.From })
		return next(ctx)
	}
	bob, stop := star(sumDiff, bilateralrpc.Config{CallInterceptors: []bilateralrpc.CallInterceptor{watch}})
	defer stop()
	fmt.Println(len(replied), "replies when bob and its peers met")
	bob.Close()
	// Output: 3 replies when bob and its peers met
}
