package service_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/bitmark-inc/bilateralrpc/core"
	"github.com/bitmark-inc/bilateralrpc/internal/gobcodec"
	"github.com/bitmark-inc/bilateralrpc/internal/service"
)

// newRegistry returns a registry of the original programs' services.
func newRegistry(tb testing.TB) (*service.Registry, *calls) {
	tb.Helper()
	var r service.Registry
	c := new(calls)
	for _, receiver := range []any{Arith{c}, &LastItem{c}, &Types{c}} {
		if err := r.Register(receiver, nil); err != nil {
			tb.Fatal(err)
		}
	}
	return &r, c
}

func TestGoldenHeads(t *testing.T) {
	for _, g := range loadGolden(t, func(g *golden) bool { return len(g.Decoded) >= 2 }) {
		p := parse(t, g)
		if p.ID != uint32(g.Decoded[0][1].(float64)) || string(p.Method) != g.Decoded[1][1].(string) {
			t.Errorf("%s: id %d, method %q, want %v", g.Case, p.ID, p.Method, g.Decoded[:2])
		}
		if g.Command != "BACK" {
			continue
		}
		wantErr := len(g.Decoded) > 2
		if p.HasErr != wantErr || wantErr && string(p.Err) != g.Decoded[2][1].(string) {
			t.Errorf("%s: error text %q, present %v, want %v", g.Case, p.Err, p.HasErr, g.Decoded)
		}
	}
}

func TestGoldenArgumentsDecode(t *testing.T) {
	records := append(loadGolden(t, typed("CALL")), loadGolden(t, typed("CAST"))...)
	for _, g := range records {
		got, want := reflect.New(g.argType()), reflect.New(g.argType())
		if err := gobcodec.DecodeValue(parse(t, g).Rest, got); err != nil {
			t.Errorf("%s: %v", g.Case, err)
			continue
		}
		if err := json.Unmarshal(g.Args, want.Interface()); err != nil {
			t.Fatalf("%s: args %s: %v", g.Case, g.Args, err)
		}
		if d := cmp.Diff(want.Interface(), got.Interface()); d != "" {
			t.Errorf("%s: arguments (-want +got):\n%s", g.Case, d)
		}
	}
}

// The reply that our handlers give is the one in the original's BACK.
func TestGoldenCallsRun(t *testing.T) {
	back := make(map[string]*golden)
	for _, g := range loadGolden(t, func(g *golden) bool { return g.Command == "BACK" }) {
		back[g.InReplyTo] = g
	}
	ran := 0
	for _, g := range loadGolden(t, func(g *golden) bool { return g.Command == "CALL" && back[g.Case] != nil }) {
		p, _, ok := core.ParsePayload(core.CALL, g.payload())
		if !ok {
			continue // TestGoldenRubbish
		}
		registry, calls := newRegistry(t)
		body, err := registry.Call(nil, "py", p.Method, p.Rest)
		want := back[g.Case]
		wantPayload := parse(t, want)
		if !wantPayload.HasErr {
			// DEVIATION from the original, which answers such a call without an
			// error text: the caller took that for success.
			if !errors.Is(err, service.ErrNoService) && !errors.Is(err, service.ErrNoMethod) && !errors.Is(err, service.ErrArgs) {
				t.Errorf("%s: error %v, want one that says why it can't run", g.Case, err)
			}
			continue
		}
		ran++
		if len(calls.args) != 1 {
			t.Errorf("%s: ran %d times, want once", g.Case, len(calls.args))
		}
		if want.Sender != nil && calls.senders[0] != *want.Sender {
			t.Errorf("%s: the handler saw sender %q, want %q", g.Case, calls.senders[0], *want.Sender)
		}
		if text := string(wantPayload.Err); text != "" {
			if err == nil || err.Error() != text {
				t.Errorf("%s: error %v, want %q", g.Case, err, text)
			}
			continue
		}
		if err != nil {
			t.Errorf("%s: %v", g.Case, err)
			continue
		}
		compareReplies(t, want, wantPayload.Rest, body)
	}
	if ran == 0 {
		t.Error("no call ran")
	}
}

// compareReplies decodes two encoded replies and compares them.
func compareReplies(t *testing.T, back *golden, want, got []byte) {
	t.Helper()
	replyType := reflect.TypeFor[Reply]()
	if back.ReplyType != "" {
		replyType = back.replyType()
	}
	values := [2]reflect.Value{reflect.New(replyType), reflect.New(replyType)}
	for i, encoded := range [2][]byte{want, got} {
		if err := gobcodec.DecodeValue(encoded, values[i]); err != nil {
			t.Errorf("%s: % x: %v", back.Case, encoded, err)
			return
		}
	}
	if d := cmp.Diff(values[0].Interface(), values[1].Interface()); d != "" {
		t.Errorf("%s: reply (-the original's +ours):\n%s", back.Case, d)
	}
}

func TestGoldenCastsRun(t *testing.T) {
	executions := make(map[string]*golden) // by name
	for _, g := range loadGolden(t, func(g *golden) bool { return strings.HasPrefix(g.Case, "result/cast-") }) {
		name, _ := g.name()
		executions[strings.TrimPrefix(name, "cast-")] = g
	}
	for _, g := range loadGolden(t, typed("CAST")) {
		name, _ := g.name()
		want := executions[name]
		p := parse(t, g)
		registry, calls := newRegistry(t)
		err := registry.Cast("py", p.Method, p.Rest)
		if ran := len(calls.args) == 1; ran != want.Executed || ran != (err == nil) {
			t.Errorf("%s: ran %v, error %v, want %v", g.Case, ran, err, want.Executed)
		}
		if want.Sender != nil && calls.senders[0] != *want.Sender {
			t.Errorf("%s: the handler saw sender %q, want %q", g.Case, calls.senders[0], *want.Sender)
		}
	}
}

// What the original's caller made of a BACK, ours does, but where a reply was
// missing or of another type: the original showed a zero reply and no error.
func TestGoldenResults(t *testing.T) {
	results := make(map[[2]string]*golden)
	for _, g := range loadGolden(t, func(g *golden) bool { return strings.HasPrefix(g.Case, "result/") && len(g.Results) == 1 }) {
		name, role := g.name()
		results[[2]string{name, role}] = g
	}
	for _, g := range loadGolden(t, typed("BACK")) {
		name, caller := g.name()
		shown := results[[2]string{name, caller}].Results[0]
		p := parse(t, g)
		if !p.HasErr {
			continue // no reply to compare: the row gets an error
		}
		if string(p.Err) != shown.Err {
			t.Errorf("%s: error %q, the original showed %q", g.Case, p.Err, shown.Err)
		}
		asked := reflect.New(goldenTypes[strings.Fields(g.ReplyType)[0]])
		err := gobcodec.DecodeValue(p.Rest, asked)
		if mismatch := strings.Contains(g.ReplyType, "callee:"); mismatch != (err != nil) {
			t.Errorf("%s: decoding the reply: %v", g.Case, err)
		}
		if err != nil || len(p.Err) > 0 {
			continue
		}
		if d := diffJSON(asked.Elem().Interface(), shown.Reply); d != "" {
			t.Errorf("%s: reply differs from what the original showed: %s", g.Case, d)
		}
	}
}

// diffJSON says how v differs from want, which is v as JSON, or as a string of
// %+v for what JSON can't show.
func diffJSON(v any, want json.RawMessage) string {
	var text string
	if shown := fmt.Sprintf("%+v", v); json.Unmarshal(want, &text) == nil && text == shown {
		return ""
	}
	decoded := reflect.New(reflect.TypeOf(v))
	if err := json.Unmarshal(want, decoded.Interface()); err != nil {
		return err.Error()
	}
	return cmp.Diff(decoded.Elem().Interface(), v)
}

// Requests of a scripted peer, made to be wrong.
func TestGoldenRubbish(t *testing.T) {
	registry, calls := newRegistry(t)
	for name, want := range map[string]struct{ idOK, ok bool }{
		"control/call-empty-payload":  {false, false},
		"control/call-garbage":        {false, false},
		"control/call-two-frame-call": {false, false},
		"control/call-id-only":        {true, false},
		"control/call-no-args":        {true, true},
	} {
		g := loadGolden(t, func(g *golden) bool { return g.Case == name })[0]
		p, idOK, ok := core.ParsePayload(core.CALL, g.payload())
		if idOK != want.idOK || ok != want.ok {
			t.Errorf("%s: id %v, head %v, want %+v", name, idOK, ok, want)
		}
		if !ok {
			continue
		}
		if _, err := registry.Call(nil, "py", p.Method, p.Rest); !errors.Is(err, service.ErrArgs) {
			t.Errorf("%s: error %v, want ErrArgs", name, err)
		}
	}
	if len(calls.args) > 0 {
		t.Errorf("a handler ran with %v", calls.args)
	}
}
