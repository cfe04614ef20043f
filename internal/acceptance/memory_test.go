package acceptance

import (
	"errors"
	"runtime"
	"strings"
	"testing"

	"github.com/bitmark-inc/bilateralrpc"
)

// A wide value that is all zero takes a byte on the wire and 256 in memory. A
// sender that declares a narrow one needs little memory itself.
type (
	wide struct{ A, B, C, D, E, F, G, H, I, J, K, L, M, N, O, P string }
	thin struct{ A string }
)

// Hoard takes and gives lists.
type Hoard struct{}

func (Hoard) Take(list []wide, n *int) error {
	*n = len(list)
	return nil
}

func (Hoard) Give(n int, list *[]thin) error {
	*list = make([]thin, n)
	return nil
}

// What a value will occupy is known before it is decoded, and bounded by
// Limits.ValueBytesMax, in arguments and in replies.
func TestAFewBytesThatStandForManyAreNotDecoded(t *testing.T) {
	const n = 1 << 20 // 1 MiB on the wire, 256 MiB in memory
	eachTransport(t, func(t *testing.T, tr transportCase) {
		server, client := pair(t, tr, bilateralrpc.Config{})
		if err := server.Register(Hoard{}); err != nil {
			t.Fatal(err)
		}
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)

		var counts []struct {
			From  string
			Reply int
			Err   error
		}
		if err := client.Call(nil, "Hoard.Take", make([]thin, n), &counts, patience); err != nil {
			t.Fatal(err)
		}
		var remote bilateralrpc.RemoteError
		if len(counts) != 1 || !errors.As(counts[0].Err, &remote) || !strings.Contains(string(remote), "would take") {
			t.Errorf("arguments: %+v, want an error of the server that says what they would take", counts)
		}

		var lists []struct {
			From  string
			Reply []wide
			Err   error
		}
		if err := client.Call(nil, "Hoard.Give", n, &lists, patience); err != nil {
			t.Fatal(err)
		}
		if len(lists) != 1 || !errors.Is(lists[0].Err, bilateralrpc.ErrBadReply) || lists[0].Reply != nil {
			t.Errorf("reply: %d rows, %v, want ErrBadReply", len(lists), lists[0].Err)
		}

		runtime.ReadMemStats(&after)
		if grown := (after.TotalAlloc - before.TotalAlloc) >> 20; grown > 192 {
			t.Errorf("%d MiB were allocated for two refused values", grown)
		}
	})
}

func TestTheLimitOfDecodedValuesCanBeSet(t *testing.T) {
	eachTransport(t, func(t *testing.T, tr transportCase) {
		server, client := pair(t, tr, bilateralrpc.Config{Limits: bilateralrpc.Limits{ValueBytesMax: 100 << 10}})
		if err := server.Register(Hoard{}); err != nil {
			t.Fatal(err)
		}
		for n, refused := range map[int]bool{100: false, 1000: true} { // 25 KiB and 256 KiB
			var rows []struct {
				From  string
				Reply int
				Err   error
			}
			if err := client.Call(nil, "Hoard.Take", make([]thin, n), &rows, patience); err != nil {
				t.Fatal(err)
			}
			if len(rows) != 1 || (rows[0].Err != nil) != refused || !refused && rows[0].Reply != n {
				t.Errorf("%d elements: %+v, want refused: %t", n, rows, refused)
			}
		}
	})
}

// Decoded values count to the peer they come from: a handler's arguments until it has
// answered, a reply while it is decoded. Who wants more than its share is told so.
func TestDecodedValuesAreChargedToTheirPeer(t *testing.T) {
	const n = 40 << 10 // 40 KiB on the wire, 10 MiB in memory, which counts double
	eachTransport(t, func(t *testing.T, tr transportCase) {
		server, client := pair(t, tr, bilateralrpc.Config{Limits: bilateralrpc.Limits{PeerBytesMax: 16 << 20}})
		if err := server.Register(Hoard{}); err != nil {
			t.Fatal(err)
		}
		var counts []struct {
			From  string
			Reply int
			Err   error
		}
		var remote bilateralrpc.RemoteError
		if err := client.Call(nil, "Hoard.Take", make([]thin, n), &counts, patience); err != nil {
			t.Fatal(err)
		}
		if len(counts) != 1 || !errors.As(counts[0].Err, &remote) || !strings.HasPrefix(string(remote), "overloaded") {
			t.Errorf("arguments: %+v, want overloaded", counts)
		}
		var lists []struct {
			From  string
			Reply []wide
			Err   error
		}
		outcomes, err := client.CallContext(t.Context(), nil, "Hoard.Give", n, &lists, bilateralrpc.WithTimeout(patience))
		if err != nil || len(outcomes) != 1 || !errors.Is(outcomes[0].Err, bilateralrpc.ErrOverloaded) {
			t.Errorf("a reply: %v, %+v, want ErrOverloaded", err, outcomes)
		}
		for range 4 { // a quarter of that fits in, again and again
			if err := client.Call(nil, "Hoard.Take", make([]thin, n/4), &counts, patience); err != nil || len(counts) != 1 || counts[0].Err != nil {
				t.Errorf("less: %v, %+v", err, counts)
			}
		}
	})
}

// A reply counts to the peer that asked for it from when its handler returns, the value
// too: who asks for more than its share is told that the handler has run.
func TestReplyValuesAreChargedToTheirPeer(t *testing.T) {
	const n = 640 << 10 // 640 KiB on the wire, 10 MiB in memory, which counts double
	eachTransport(t, func(t *testing.T, tr transportCase) {
		server, client := pair(t, tr, bilateralrpc.Config{Limits: bilateralrpc.Limits{PeerBytesMax: 16 << 20}})
		if err := server.Register(Hoard{}); err != nil {
			t.Fatal(err)
		}
		for _, c := range []struct {
			n       int
			refused bool
		}{{n, true}, {1000, false}, {n, true}, {n / 16, false}} {
			var lists []struct {
				From  string
				Reply []thin
				Err   error
			}
			var remote bilateralrpc.RemoteError
			if err := client.Call(nil, "Hoard.Give", c.n, &lists, patience); err != nil || len(lists) != 1 {
				t.Fatalf("%v, %d rows", err, len(lists))
			}
			overloaded := errors.As(lists[0].Err, &remote) && strings.HasPrefix(string(remote), "overloaded: the handler has run")
			if overloaded != c.refused || !c.refused && len(lists[0].Reply) != c.n {
				t.Errorf("%d elements: %v, %d come; want overloaded: %v", c.n, lists[0].Err, len(lists[0].Reply), c.refused)
			}
		}
	})
}
