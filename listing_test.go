package bilateralrpc_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/bitmark-inc/bilateralrpc"
	"github.com/bitmark-inc/bilateralrpc/internal/shape"
)

// listing asks for the methods of a peer.
var listing = bilateralrpc.NewMethod[shape.Query, shape.Listing](shape.MethodName)

// askForMethods asks a node of this Config for its methods, as a peer called asker.
func askForMethods(t *testing.T, config bilateralrpc.Config) (methods []string, err error) {
	t.Helper()
	config.Name, config.Network, config.Transport = "told", "network", bilateralrpc.Memory
	told, err := bilateralrpc.New(config)
	if err != nil {
		t.Fatal(err)
	}
	defer told.Close()
	asker := plaintext(t, "asker")
	address := "inproc://" + t.Name()
	if err := errors.Join(told.Register(new(Echo)), told.ListenOn(address), asker.ConnectTo("told", address)); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	if err := asker.WaitFor(ctx, "told"); err != nil {
		t.Fatal(err)
	}
	l, err := listing.One(ctx, asker, "told", shape.Query{Version: shape.Version})
	for _, m := range l.Methods {
		methods = append(methods, fmt.Sprintf("%s(%s) %s", m.Name, l.Text(m.Args), l.Text(m.Reply)))
	}
	return methods, err
}

func TestANodeTellsItsMethodsIfItIsToldTo(t *testing.T) {
	methods, err := askForMethods(t, bilateralrpc.Config{})
	if !errors.Is(err, bilateralrpc.ErrNoService) {
		t.Errorf("without ListMethods: %v, %v, want ErrNoService", methods, err)
	}
	methods, err = askForMethods(t, bilateralrpc.Config{ListMethods: true})
	if want := []string{"Echo.Say(struct{ Text string }) struct{ Text string }"}; err != nil || !slices.Equal(methods, want) {
		t.Errorf("told are %v, %v, want %v", methods, err, want)
	}
}

// Who may ask is decided where it is decided for every method.
func TestAnInterceptorSeesWhoAsksForTheMethods(t *testing.T) {
	var mu sync.Mutex
	var seen []string
	errDenied := bilateralrpc.NewError("denied", "denied")
	_, err := askForMethods(t, bilateralrpc.Config{
		ListMethods: true,
		ServeInterceptors: []bilateralrpc.ServeInterceptor{func(ctx context.Context, r *bilateralrpc.ServeInfo, next func(context.Context) error) error {
			mu.Lock()
			defer mu.Unlock()
			seen = append(seen, r.Peer+" "+r.Method+" "+bilateralrpc.MethodOf(ctx))
			return errDenied
		}},
	})
	if !errors.Is(err, errDenied) {
		t.Errorf("the error is %v, want that of the interceptor", err)
	}
	mu.Lock()
	defer mu.Unlock()
	if want := []string{"asker _bilateral.methods _bilateral.methods"}; !slices.Equal(seen, want) {
		t.Errorf("the interceptor has seen %v, want %v", seen, want)
	}
}

func TestNamesOfThisPackageCantBeServed(t *testing.T) {
	b := plaintext(t, "n")
	mine := bilateralrpc.NewMethod[Word, Word]("_bilateral.mine")
	if err := mine.Handle(b, func(context.Context, Word) (Word, error) { return Word{}, nil }); err == nil {
		t.Error("a method _bilateral.mine is served")
	}
	if err := b.RegisterName("_bilateral", new(Echo)); err == nil {
		t.Error("a receiver is registered as _bilateral")
	}
}
