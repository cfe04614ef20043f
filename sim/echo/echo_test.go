package echo

import (
	"testing"

	"pgregory.net/rapid"
)

func TestArgumentsAreReadBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		call, idempotent := rapid.Uint64().Draw(t, "call"), rapid.Bool().Draw(t, "idempotent")
		size := rapid.IntRange(0, 100).Draw(t, "size")
		args := AppendArgs(nil, call, idempotent, size)
		if len(args) != max(size, argsBytes) {
			t.Fatalf("arguments of %d bytes have %d", size, len(args))
		}
		gotCall, gotIdempotent, ok := ParseArgs(args)
		if !ok || gotCall != call || gotIdempotent != idempotent {
			t.Fatalf("%x is read as call %d, idempotent %v, %v", args, gotCall, gotIdempotent, ok)
		}
		cut := rapid.IntRange(0, argsBytes-1).Draw(t, "cut")
		if _, _, ok := ParseArgs(args[:cut]); ok {
			t.Fatalf("%x is taken for arguments", args[:cut])
		}
		if _, _, ok := ParseArgs(append(args, 'x')); ok {
			t.Fatalf("%x is taken for arguments, with an x behind", args)
		}
	})
}

func TestServe(t *testing.T) {
	padded := string(AppendArgs(nil, 1, false, argsBytes+3))
	for _, c := range []struct {
		method, args, reply, err string
		found                    bool
	}{
		{Ping, "x", "a|x", "", true},
		{Fail, "x", "", "failed as asked", true},
		{Fail, padded, "", "failed as asked...", true},
		{"No.Such", "x", "", "", false},
	} {
		reply, err, found := Serve("a", []byte(c.method), []byte(c.args))
		if string(reply) != c.reply || string(err) != c.err || found != c.found {
			t.Errorf("%s replies %q, %q, %v", c.method, reply, err, found)
		}
	}
}
