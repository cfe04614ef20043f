package fuzz

import (
	"bytes"
	"slices"
	"testing"

	"github.com/bitmark-inc/bilateralrpc/core"
	"github.com/bitmark-inc/bilateralrpc/internal/head"
)

// FuzzHead reads anything as what nodes put into heads. What is read and appended again is
// the same bytes, unless a later version has appended to it, and is read as the same.
func FuzzHead(f *testing.F) {
	for _, pairs := range [][]head.Pair{nil, {{Key: "a", Value: ""}}, {{Key: "a", Value: "1"}, {Key: "traceparent", Value: "00-01-02-03"}}} {
		for _, code := range []string{"", "not_found"} {
			b, err := head.Append(nil, pairs, code)
			if err != nil {
				f.Fatal(err)
			}
			f.Add(b)
			f.Add(append(bytes.Replace(b, []byte{1}, []byte{2}, 1), "later"...))
		}
	}
	f.Add([]byte{1, 0, 0})
	f.Fuzz(func(t *testing.T, b []byte) {
		kept := bytes.Clone(b)
		v, err := head.Parse(b)
		if !bytes.Equal(b, kept) {
			t.Fatal("parsing has changed the bytes")
		}
		if err != nil {
			return
		}
		var pairs []head.Pair
		for key, value := range v.Pairs() {
			pairs = append(pairs, head.Pair{Key: string(key), Value: string(value)})
			if got, ok := v.Get(string(key)); !ok || !bytes.Equal(got, value) {
				t.Fatalf("%q is %q, found as %q (%v)", key, value, got, ok)
			}
		}
		if len(pairs) != v.Len() {
			t.Fatalf("%d pairs, where it says %d", len(pairs), v.Len())
		}
		again, err := head.Append(nil, pairs, string(v.Code()))
		if err != nil {
			t.Fatalf("what was read can't be appended: %v", err)
		}
		empty := len(pairs) == 0 && len(v.Code()) == 0 // is appended as nothing
		if len(b) > 0 && b[0] == 1 && !empty && !bytes.Equal(again, b) {
			t.Fatalf("%x is appended as %x", b, again)
		}
		w, err := head.Parse(again)
		if err != nil || w.Len() != v.Len() || !bytes.Equal(w.Code(), v.Code()) {
			t.Fatalf("%x is read as something else than %x: %v", again, b, err)
		}
	})
}

// FuzzWith opens anything as a WITH. What is in it, put into one again, opens to the same.
func FuzzWith(f *testing.F) {
	for i, c := range []core.Command{core.CALL, core.CAST, core.BACK} {
		f.Add(core.AppendPayload(nil, &core.Action{Command: c, ID: 5, Method: []byte("S.M"), Head: []byte("head")[:i], Left: core.Left(1 << (20 * i))}))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		ev := core.Event{Kind: core.EvFrame, Command: core.WITH, Body: b}
		before := ev
		if !ev.Open() {
			if ev.Command != before.Command || ev.Head != nil || ev.Left != 0 || !bytes.Equal(ev.Body, b) {
				t.Fatalf("an event that can't be opened has changed: %+v", ev)
			}
			return
		}
		payload, _, ok := core.ParsePayload(ev.Command, ev.Body)
		if !ok {
			return
		}
		a := core.Action{Command: ev.Command, ID: payload.ID, Method: payload.Method, Err: payload.Err, Body: payload.Rest, Head: ev.Head, Left: ev.Left}
		if len(payload.Err) > 0 {
			a.Body = nil
		}
		again := core.Event{Command: a.OnWire(), Body: core.AppendPayload(nil, &a)}
		if again.Command == core.WITH && !again.Open() {
			t.Fatalf("%x can't be opened", again.Body)
		}
		if again.Command != ev.Command || again.Left != ev.Left || !slices.Equal(again.Head, ev.Head) {
			t.Fatalf("%x opens to %v, head %x, %d left; put into a WITH again, to %v, %x, %d",
				b, ev.Command, ev.Head, ev.Left, again.Command, again.Head, again.Left)
		}
	})
}
