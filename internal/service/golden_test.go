package service_test

import (
	"encoding/json"
	"errors"
	"reflect"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/bitmark-inc/bilateralrpc/core"
	"github.com/bitmark-inc/bilateralrpc/internal/gobcodec"
	"github.com/bitmark-inc/bilateralrpc/internal/golden"
	"github.com/bitmark-inc/bilateralrpc/internal/service"
)

const goldenFile = "../../testdata/wire/golden.jsonl"

// loadGolden returns the golden records that satisfy keep.
func loadGolden(tb testing.TB, keep func(*golden.Record) bool) []*golden.Record {
	tb.Helper()
	records, err := golden.Read(goldenFile, keep)
	if err != nil {
		tb.Fatal(err)
	}
	return records
}

// parse returns the parsed payload of a record whose head must be whole.
func parse(tb testing.TB, g *golden.Record) core.Payload {
	tb.Helper()
	p, err := g.Head()
	if err != nil {
		tb.Fatal(err)
	}
	return p
}

// newRegistry returns a registry of the original programs' services.
func newRegistry(tb testing.TB) (*service.Registry, *golden.Calls) {
	tb.Helper()
	var r service.Registry
	c := new(golden.Calls)
	for _, receiver := range golden.Services(c) {
		if err := r.Register(receiver, nil); err != nil {
			tb.Fatal(err)
		}
	}
	return &r, c
}

func TestGoldenHeads(t *testing.T) {
	for _, g := range loadGolden(t, func(g *golden.Record) bool { return len(g.Decoded) >= 2 }) {
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
	records := append(loadGolden(t, golden.Typed("CALL")), loadGolden(t, golden.Typed("CAST"))...)
	for _, g := range records {
		got, want := reflect.New(g.ArgsType()), reflect.New(g.ArgsType())
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
	back := make(map[string]*golden.Record)
	for _, g := range loadGolden(t, func(g *golden.Record) bool { return g.Command == "BACK" }) {
		back[g.InReplyTo] = g
	}
	ran := 0
	for _, g := range loadGolden(t, func(g *golden.Record) bool { return g.Command == "CALL" && back[g.Case] != nil }) {
		p, _, ok := core.ParsePayload(core.CALL, g.Payload())
		if !ok {
			continue // TestGoldenRubbish
		}
		registry, calls := newRegistry(t)
		body, err := serve(registry, nil, "py", p.Method, p.Rest, nil)
		want := back[g.Case]
		wantPayload := parse(t, want)
		if !wantPayload.HasErr {
			// DEVIATION D9 from the original, which answers such a call without an
			// error text: the caller took that for success.
			if !errors.Is(err, service.ErrNoService) && !errors.Is(err, service.ErrNoMethod) && !errors.Is(err, service.ErrArgs) {
				t.Errorf("%s: error %v, want one that says why it can't run", g.Case, err)
			}
			continue
		}
		ran++
		made := calls.Made()
		if len(made) != 1 {
			t.Fatalf("%s: ran %d times, want once", g.Case, len(made))
		}
		if want.Sender != nil && made[0].Sender != *want.Sender {
			t.Errorf("%s: the handler saw sender %q, want %q", g.Case, made[0].Sender, *want.Sender)
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
func compareReplies(t *testing.T, back *golden.Record, want, got []byte) {
	t.Helper()
	replyType := reflect.TypeFor[golden.Reply]()
	if back.ReplyType != "" {
		replyType = back.CalleeType()
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
	executions := make(map[string]*golden.Record) // by name
	for _, g := range loadGolden(t, func(g *golden.Record) bool { return strings.HasPrefix(g.Case, "result/cast-") }) {
		name, _ := g.Name()
		executions[strings.TrimPrefix(name, "cast-")] = g
	}
	for _, g := range loadGolden(t, golden.Typed("CAST")) {
		name, _ := g.Name()
		want := executions[name]
		p := parse(t, g)
		registry, calls := newRegistry(t)
		err := cast(registry, "py", p.Method, p.Rest, nil)
		made := calls.Made()
		if ran := len(made) == 1; ran != want.Executed || ran != (err == nil) {
			t.Errorf("%s: ran %v, error %v, want %v", g.Case, ran, err, want.Executed)
		}
		if want.Sender != nil && made[0].Sender != *want.Sender {
			t.Errorf("%s: the handler saw sender %q, want %q", g.Case, made[0].Sender, *want.Sender)
		}
	}
}

// Our caller makes of a BACK what the original's made of it, but where a reply was
// missing or of another type: the original showed a zero reply and no error.
func TestGoldenResults(t *testing.T) {
	results := make(map[[2]string]*golden.Record)
	for _, g := range loadGolden(t, func(g *golden.Record) bool { return strings.HasPrefix(g.Case, "result/") && len(g.Results) == 1 }) {
		name, role := g.Name()
		results[[2]string{name, role}] = g
	}
	for _, g := range loadGolden(t, golden.Typed("BACK")) {
		name, caller := g.Name()
		shown := results[[2]string{name, caller}].Results[0]
		p := parse(t, g)
		if !p.HasErr {
			continue // no reply to compare: the row gets an error
		}
		if string(p.Err) != shown.Err {
			t.Errorf("%s: error %q, the original showed %q", g.Case, p.Err, shown.Err)
		}
		asked := reflect.New(g.CallerType())
		err := gobcodec.DecodeValue(p.Rest, asked)
		if mismatch := strings.Contains(g.ReplyType, "callee:"); mismatch != (err != nil) {
			t.Errorf("%s: decoding the reply: %v", g.Case, err)
		}
		if err != nil || len(p.Err) > 0 {
			continue
		}
		if err := golden.CheckShown(asked.Elem().Interface(), shown.Reply); err != nil {
			t.Errorf("%s: reply: %v", g.Case, err)
		}
	}
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
		g := loadGolden(t, func(g *golden.Record) bool { return g.Case == name })[0]
		p, idOK, ok := core.ParsePayload(core.CALL, g.Payload())
		if idOK != want.idOK || ok != want.ok {
			t.Errorf("%s: id %v, head %v, want %+v", name, idOK, ok, want)
		}
		if !ok {
			continue
		}
		if _, err := serve(registry, nil, "py", p.Method, p.Rest, nil); !errors.Is(err, service.ErrArgs) {
			t.Errorf("%s: error %v, want ErrArgs", name, err)
		}
	}
	if made := calls.Made(); len(made) > 0 {
		t.Errorf("a handler ran: %+v", made)
	}
}
