package service_test

import (
	"bytes"
	"errors"
	"log/slog"
	"reflect"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/bitmark-inc/bilateralrpc/internal/gobcodec"
	"github.com/bitmark-inc/bilateralrpc/internal/golden"
	"github.com/bitmark-inc/bilateralrpc/internal/service"
)

// Odd has methods that other programs would not dare.
type Odd struct{ kept []*golden.StrArgs }

// textless is an error without a text; nilError's Error panics.
type textless struct{}

func (textless) Error() string { return "" }

type nilError struct{ text string }

func (e *nilError) Error() string { return e.text }

func (*Odd) Panics(string, *int) error                { panic("secret of the callee") }
func (*Odd) PanicsNil(string, *int) error             { panic(nil) }
func (*Odd) Textless(string, *int) error              { return textless{} }
func (*Odd) NilError(string, *int) error              { return (*nilError)(nil) }
func (*Odd) ChanReply(string, *chan int) error        { return nil }
func (*Odd) NilIntReply(string, **int) error          { return nil }
func (*Odd) DeepReply(string, ***golden.Reply) error  { return nil }
func (*Odd) Length(s string, reply *int) error        { *reply = len(s); return nil }
func (*Odd) Double(n *int, reply *int) error          { *reply = 2 * *n; return nil }
func (*Odd) Sum(n []int, reply *int) error            { *reply = n[0] + n[1]; return nil }
func (*Odd) Deep(s **golden.SetArgs, r *string) error { *r = (*s).Bilateral_SENDER; return nil }
func (*Odd) Count(s string, r *MapReply) error        { (*r)[s]++; return nil }
func (*Odd) Named(s NamedSender, r *Name) error       { *r = s.Bilateral_SENDER; return nil }
func (*Odd) Number(s NumberSender, r *int) error {
	*r = s.Bilateral_SENDER
	return nil
}

func (*Odd) Promoted(s PromotedSender, r *string) error {
	if s.SetArgs != nil {
		*r = s.SetArgs.Bilateral_SENDER
	}
	return nil
}

func (o *Odd) Keep(s *golden.StrArgs, reply *int) error {
	o.kept = append(o.kept, s)
	*reply = len(o.kept)
	return nil
}

type (
	MapReply       map[string]int
	Name           string
	NamedSender    struct{ Bilateral_SENDER Name }
	NumberSender   struct{ Bilateral_SENDER int }
	PromotedSender struct {
		N int
		*golden.SetArgs
	}
)

// call runs a method of Odd for "peer" and decodes the reply into reply.
func call(t *testing.T, method string, args, reply any) error {
	t.Helper()
	var registry service.Registry
	if err := registry.Register(new(Odd), nil); err != nil {
		t.Fatal(err)
	}
	dst := []byte("dst")
	body, err := serve(&registry, dst, "peer", []byte("Odd."+method), encode(t, args), nil)
	if !bytes.HasPrefix(body, dst) || err != nil && len(body) != len(dst) {
		t.Errorf("%s: dst became %q (error %v)", method, body, err)
	}
	if err != nil {
		return err
	}
	return gobcodec.Decode(body[len(dst):], reply)
}

func TestArgumentsNeedNotBeStructs(t *testing.T) {
	for _, c := range []struct {
		method string
		args   any
		want   int
	}{{"Length", "four", 4}, {"Double", 21, 42}, {"Sum", []int{1, 2}, 3}} {
		var got int
		if err := call(t, c.method, c.args, &got); err != nil || got != c.want {
			t.Errorf("%s: %d, %v, want %d", c.method, got, err, c.want)
		}
	}
	var counts MapReply
	if err := call(t, "Count", "k", &counts); err != nil || !cmp.Equal(counts, MapReply{"k": 1}) {
		t.Errorf("Count: %v, %v: a reply that is a map must be ready to be written to", counts, err)
	}
}

func TestTheSenderIsSetWhereItCanBe(t *testing.T) {
	for _, c := range []struct {
		method     string
		args, want any
	}{
		{"Deep", golden.SetArgs{Value: 1, Bilateral_SENDER: "forged"}, "peer"},
		{"Named", NamedSender{"forged"}, Name("peer")},
		{"Promoted", PromotedSender{1, &golden.SetArgs{Value: 1, Bilateral_SENDER: "forged"}}, "peer"},
		{"Promoted", PromotedSender{1, nil}, ""},
		{"Number", NumberSender{7}, 7},
	} {
		reply := newLike(c.want)
		if err := call(t, c.method, c.args, reply.Interface()); err != nil {
			t.Errorf("%s: %v", c.method, err)
		}
		if got := reply.Elem().Interface(); got != c.want {
			t.Errorf("%s(%+v): the handler saw %v, want %v", c.method, c.args, got, c.want)
		}
	}
}

func TestRepliesThatAreNilPointersAreZeroValues(t *testing.T) {
	var n int
	if err := call(t, "NilIntReply", "", &n); err != nil || n != 0 {
		t.Errorf("NilIntReply: %d, %v", n, err)
	}
	reply := golden.Reply{S: 1, D: 2}
	if err := call(t, "DeepReply", "", &reply); err != nil || reply != (golden.Reply{}) {
		t.Errorf("DeepReply: %v, %v", reply, err)
	}
}

func TestFailuresHaveATextForTheCaller(t *testing.T) {
	for _, c := range []struct {
		method string
		args   any
		want   error
		text   string
	}{
		{"Panics", "", service.ErrPanicked, "handler panicked: Odd.Panics"},
		{"PanicsNil", "", service.ErrPanicked, "handler panicked: Odd.PanicsNil"},
		{"NilError", "", service.ErrPanicked, "handler panicked: Odd.NilError"},
		{"Textless", "", nil, "Odd.Textless failed with an error that has no text"},
		{"ChanReply", "", service.ErrReply, "can't encode the reply of Odd.ChanReply: "},
		{"Length", 7, service.ErrArgs, "can't decode the arguments of Odd.Length: "},
	} {
		err := call(t, c.method, c.args, new(int))
		if err == nil || !strings.HasPrefix(err.Error(), c.text) || c.want != nil && !errors.Is(err, c.want) {
			t.Errorf("%s: error %v, want %q", c.method, err, c.text)
		}
	}
}

func TestAPanicIsLoggedWithItsStackAndTellsTheCallerNothing(t *testing.T) {
	var out bytes.Buffer
	var registry service.Registry
	if err := registry.Register(new(Odd), slog.New(slog.NewTextHandler(&out, nil))); err != nil {
		t.Fatal(err)
	}
	err := cast(&registry, "peer", []byte("Odd.Panics"), encode(t, ""), nil)
	if !errors.Is(err, service.ErrPanicked) || strings.Contains(err.Error(), "secret") {
		t.Errorf("error %v, want ErrPanicked without the panic's value", err)
	}
	for _, want := range []string{"level=ERROR", "method=Odd.Panics", "secret of the callee", "call_test.go"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("the log lacks %q:\n%s", want, out.String())
		}
	}
}

// A handler may keep its arguments: no later request writes to them.
func TestArgumentsAreNotReused(t *testing.T) {
	odd := new(Odd)
	var registry service.Registry
	if err := registry.Register(odd, nil); err != nil {
		t.Fatal(err)
	}
	texts := []string{"first", "second", "third"}
	for _, s := range texts {
		args := encode(t, golden.StrArgs{S: s})
		if err := cast(&registry, "peer", []byte("Odd.Keep"), args, nil); err != nil {
			t.Fatal(err)
		}
		clear(args) // a driver reuses its buffers
	}
	for i, kept := range odd.kept {
		if kept.S != texts[i] {
			t.Errorf("arguments %d became %q, were %q", i, kept.S, texts[i])
		}
	}
}

// newLike returns a pointer to a new value of the type of v.
func newLike(v any) reflect.Value { return reflect.New(reflect.TypeOf(v)) }
