package service_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/bitmark-inc/bilateralrpc/internal/gobcodec"
	"github.com/bitmark-inc/bilateralrpc/internal/golden"
	"github.com/bitmark-inc/bilateralrpc/internal/service"
)

// account counts what is charged.
type account struct{ bytes, left int64 }

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
		call func(charger gobcodec.Charger) error
	}{
		{"call", func(charger gobcodec.Charger) error {
			_, err := registry.Call(nil, "peer", []byte("Odd.Length"), args, charger)
			return err
		}},
		{"cast", func(charger gobcodec.Charger) error {
			return registry.Cast("peer", []byte("Odd.Length"), args, charger)
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
	_, err := registry.Call(nil, "peer", []byte("Odd.Keep"), encode(t, golden.StrArgs{S: "text"}), &broke)
	if err == nil || len(odd.kept) != 0 {
		t.Errorf("error %v, %d handlers ran; want an error, and none", err, len(odd.kept))
	}
}
