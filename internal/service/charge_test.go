package service_test

import (
	"errors"
	"math"
	"strings"
	"testing"

	"github.com/bitmark-inc/bilateralrpc/internal/golden"
	"github.com/bitmark-inc/bilateralrpc/internal/service"
)

// account counts what is charged.
type account struct {
	bytes, left int64
	door
}

var errBroke = errors.New("secret of the account")

func (a *account) Charge(n int64) error {
	if n > a.left {
		return errBroke
	}
	a.bytes, a.left = a.bytes+n, a.left-n
	return nil
}

// Whoever counts is told of the memory of the arguments before they are decoded. If
// there is none left the caller hears "overloaded", and the handler does not run.
func TestArgumentsAreCharged(t *testing.T) {
	var registry service.Registry
	odd := new(Odd)
	if err := registry.Register(odd, nil); err != nil {
		t.Fatal(err)
	}
	const n = 1000
	args := encode(t, strings.Repeat("a", n))
	for _, c := range []struct {
		name string
		call func(charger service.Payer) error
	}{
		{"call", func(charger service.Payer) error {
			_, err := serve(&registry, nil, "peer", []byte("Odd.Length"), args, charger)
			return err
		}},
		{"cast", func(charger service.Payer) error {
			return cast(&registry, "peer", []byte("Odd.Length"), args, charger)
		}},
	} {
		rich, poor := account{left: 1 << 20}, account{left: n - 1}
		if err := c.call(&rich); err != nil || rich.bytes < n {
			t.Errorf("%s: error %v, %d bytes charged; want none, and at least %d", c.name, err, rich.bytes, n)
		}
		err := c.call(&poor)
		if !errors.Is(err, service.ErrOverloaded) || !strings.HasPrefix(err.Error(), "overloaded") || strings.Contains(err.Error(), errBroke.Error()) {
			t.Errorf("%s: error %v; want one that begins with overloaded, and nothing of this process", c.name, err)
		}
		if errors.Is(err, service.ErrArgs) {
			t.Errorf("%s: error %v is ErrArgs too: the arguments are not to blame", c.name, err)
		}
		if err := c.call(nil); err != nil {
			t.Errorf("%s: error %v where nobody counts", c.name, err)
		}
	}
	broke := account{}
	_, err := serve(&registry, nil, "peer", []byte("Odd.Keep"), encode(t, golden.StrArgs{S: "text"}), &broke)
	if err == nil || len(odd.kept) != 0 {
		t.Errorf("error %v, %d handlers ran; want an error, and none", err, len(odd.kept))
	}
}

// Whoever counts is told of the memory of a reply before it is encoded. If there is none
// left the caller hears that the handler has run.
func TestRepliesAreCharged(t *testing.T) {
	registry := service.Registry{ReplyBytesMax: 1 << 20}
	if err := registry.Register(Giver{}, nil); err != nil {
		t.Fatal(err)
	}
	call := func(n int, charger service.Payer) ([]byte, error) {
		return serve(&registry, nil, "peer", []byte("Giver.Give"), encode(t, n), charger)
	}
	const n = 100 << 10
	rich, poor := account{left: 1 << 30}, account{left: 8 << 10}
	if reply, err := call(n, &rich); err != nil || rich.bytes < int64(n+len(reply)) || rich.bytes > 3*n {
		t.Errorf("error %v, %d bytes charged; want none, and those of the reply and its encoding", err, rich.bytes)
	}
	reply, err := call(n, &poor)
	if !errors.Is(err, service.ErrReplyOverloaded) || !strings.HasPrefix(err.Error(), "overloaded: the handler has run") || len(reply) != 0 {
		t.Errorf("error %v and %d bytes; want ErrReplyOverloaded", err, len(reply))
	}
	// A decoder that is not at hand is charged too; under the race detector it often is not.
	least := int64(math.MaxInt64)
	for range 100 {
		small := account{left: 8 << 10}
		if _, err := call(1000, &small); err != nil {
			t.Fatal(err)
		}
		least = min(least, small.bytes)
	}
	if least > 1000 {
		t.Errorf("%d bytes charged for a small reply; want those of the arguments", least)
	}
	if _, err := call(2<<20, &rich); !errors.Is(err, service.ErrReply) {
		t.Errorf("a reply beyond the limit: %v, want ErrReply", err)
	}
	if _, err := call(n, nil); err != nil {
		t.Errorf("error %v where nobody counts", err)
	}
}

// Giver gives replies of a given size.
type Giver struct{}

func (Giver) Give(n int, reply *[]byte) error {
	*reply = make([]byte, n)
	return nil
}

// door is a gate that notes who has gone through it.
type door struct {
	through []string
	inside  int
}

func (d *door) Enter(peer string) { d.through, d.inside = append(d.through, peer), d.inside+1 }
func (d *door) Leave()            { d.inside-- }

// Large arguments are decoded in the gate, and large replies encoded in it, because of who has
// sent the request. What is small does not go through it.
func TestWhatPeersMakeLargeGoesThroughTheGate(t *testing.T) {
	var registry service.Registry
	if err := errors.Join(registry.Register(Giver{}, nil), registry.Register(new(Odd), nil)); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		method string
		args   []byte
		want   int // times through the gate
	}{
		{"Giver.Give", encode(t, 100), 0},
		{"Giver.Give", encode(t, 100<<10), 1},
		{"Odd.Length", encode(t, "short"), 0},
		{"Odd.Length", encode(t, strings.Repeat("a", 100<<10)), 1},
	} {
		gate := &account{left: 1 << 30}
		if _, err := serve(&registry, nil, "a peer", []byte(c.method), c.args, gate); err != nil {
			t.Fatal(err)
		}
		if len(gate.through) != c.want || c.want > 0 && gate.through[0] != "a peer" || gate.inside != 0 {
			t.Errorf("%s with %d bytes: %q have gone through, %d are inside; want %d, and none", c.method, len(c.args), gate.through, gate.inside, c.want)
		}
	}
}
