package acceptance

import (
	"errors"
	"reflect"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/bitmark-inc/bilateralrpc"
	"github.com/bitmark-inc/bilateralrpc/core"
	"github.com/bitmark-inc/bilateralrpc/internal/gobcodec"
	"github.com/bitmark-inc/bilateralrpc/internal/golden"
)

// otherBacks are the golden BACKs in whose place ours sends another, by the name
// of the record: the row of PROTOCOL 12, and the error text of ours, which has no
// reply value behind it.
var otherBacks = map[string]struct{ rule, text string }{
	"error-reply":        {"D9", "divide by zero"},
	"unknown-method":     {"D9", "no such method"},
	"unknown-service":    {"D9", "no such service"},
	"method-without-dot": {"D9", "no such service"},
	"empty-method":       {"D9", "no such service"},
	"undecodable-args":   {"D9", "can't decode the arguments"},
	"no-args":            {"D9", "can't decode the arguments"},
	"id-only":            {"D9", "can't be decoded"},
}

// noBacks are the golden BACKs in whose place ours sends nothing, since their
// CALL has no id that a caller could know it by.
var noBacks = map[string]string{
	"empty-payload": "D4", "garbage": "D4", "two-frame-call": "D4", "id-zero": "D4",
}

// otherRows are what the rows of ours say where the original's showed a zero reply
// and no error: F7.
var otherRows = map[string]error{
	"unknown-method":      bilateralrpc.ErrUnserved,
	"unknown-service":     bilateralrpc.ErrUnserved,
	"method-without-dot":  bilateralrpc.ErrUnserved,
	"empty-method":        bilateralrpc.ErrUnserved,
	"undecodable-args":    bilateralrpc.ErrUnserved,
	"reply-type-mismatch": bilateralrpc.ErrBadReply,
}

// Every golden record is sent to one of our nodes, or is what one of ours sends,
// in both directions of both kinds of connection.
func TestGoldenRecordsOnTheWire(t *testing.T) {
	eachStage(t, bilateralrpc.Timing{}, func(s *stage) {
		r := newReplay(s)
		r.requests("client")
		r.replies("client")
		r.controls()
		r.clientControls()

		// The other half: a node that has never been dialled by this peer.
		r.stage = s.again(bilateralrpc.Config{})
		r.register()
		r.listen()
		r.requests("server")
		r.replies("server")
		for name := range r.left {
			t.Errorf("%s was not replayed", name)
		}
	})
}

// replay is a stage on which golden records are played.
type replay struct {
	*stage
	records map[string]*golden.Record
	left    map[string]bool // not played yet
	calls   *golden.Calls
	ran     int // how many of the CALLs and CASTs so far had to run
}

func newReplay(s *stage) *replay {
	s.t.Helper()
	all, err := golden.Read("../../testdata/wire/golden.jsonl", func(*golden.Record) bool { return true })
	if err != nil {
		s.t.Fatal(err)
	}
	r := &replay{stage: s, records: map[string]*golden.Record{}, left: map[string]bool{}}
	for _, g := range all {
		if r.left[g.Case] {
			s.t.Fatalf("two records are called %s", g.Case)
		}
		r.records[g.Case], r.left[g.Case] = g, true
	}
	r.register()
	return r
}

func (r *replay) register() {
	r.t.Helper()
	r.calls, r.ran = new(golden.Calls), 0
	for _, receiver := range golden.Services(r.calls) {
		if err := r.node.Register(receiver); err != nil {
			r.t.Fatal(err)
		}
	}
}

// take returns a record, which is played now.
func (r *replay) take(name string) *golden.Record {
	r.t.Helper()
	g := r.records[name]
	if g == nil {
		r.t.Fatalf("no golden record is called %s", name)
	}
	delete(r.left, name)
	return g
}

// names returns the names of the records kind/NAME/role.
func (r *replay) names(kind, role string) (names []string) {
	for name := range r.records {
		rest, ok := strings.CutPrefix(name, kind+"/")
		if rest, isRole := strings.CutSuffix(rest, "/"+role); ok && isRole {
			names = append(names, rest)
		}
	}
	if len(names) == 0 {
		r.t.Fatalf("no golden records %s/*/%s", kind, role)
	}
	return names
}

var otherRole = map[string]string{"client": "server", "server": "client"}

// fresh returns a link on which no call id has been used: each record is the first
// call of its process, and has the id 1.
func (r *replay) fresh(role string, last *oldLink) *oldLink {
	r.t.Helper()
	switch {
	case role == "server":
		if last != nil {
			last.close()
		}
		return r.admit()
	case last == nil:
		return r.join()
	}
	last.say("JOIN", []byte(oldNetwork)) // as if in its next life
	last.want("STAY")
	return last
}

// requests plays the CALLs and CASTs of an original in that role, and compares
// what our node answers and runs with what an original did.
func (r *replay) requests(role string) {
	r.t.Helper()
	var link *oldLink
	for _, name := range r.names("call", role) {
		link = r.fresh(role, link)
		link.say("CALL", r.take("call/"+name+"/"+role).Payload())
		back := r.take("back/" + name + "/" + otherRole[role])
		r.compareBack(name, back, link.want("BACK"))
		r.checkRun(name, back.Executed == 1.0, back.Sender)
	}
	for _, name := range r.names("cast", role) {
		link = r.fresh(role, link)
		link.say("CAST", r.take("cast/"+name+"/"+role).Payload())
		result := r.take("result/cast-" + name + "/" + otherRole[role])
		r.checkRun(name, result.Executed == true, result.Sender)
		if role == "client" { // and no BACK follows
			link.wantTock(name)
		} else {
			link.wantAnswer(1000)
		}
	}
	link.close()
	if made := len(r.calls.Made()); made != r.ran {
		r.t.Errorf("%d handlers ran, want %d", made, r.ran)
	}
}

// checkRun checks that a request was run, or not, and whom the handler saw.
func (r *replay) checkRun(name string, run bool, sender *string) {
	r.t.Helper()
	if !run {
		return // requests counts them in the end
	}
	r.ran++
	eventually(r.t, name+" to run", func() bool { return len(r.calls.Made()) >= r.ran })
	want := *sender
	if want == "py" {
		want = r.old
	}
	if got := r.calls.Made()[r.ran-1].Sender; got != want {
		r.t.Errorf("%s: the handler saw sender %q, want %q", name, got, want)
	}
}

// compareBack compares our BACK with that of an original.
func (r *replay) compareBack(name string, back *golden.Record, payload []byte) {
	r.t.Helper()
	got, _, ok := core.ParsePayload(core.BACK, payload)
	want, err := back.Head()
	if err != nil || !ok {
		r.t.Fatalf("%s: our BACK parses: %v; the original's: %v", name, ok, err)
	}
	if got.ID != want.ID || string(got.Method) != string(want.Method) {
		r.t.Errorf("%s: BACK of id %d, %q, want %d, %q", name, got.ID, got.Method, want.ID, want.Method)
	}
	if other, deviates := otherBacks[name]; deviates {
		if !strings.Contains(string(got.Err), other.text) || len(got.Rest) > 0 {
			r.t.Errorf("%s: BACK with error %q and %d bytes behind it, want %q and nothing (%s)", name, got.Err, len(got.Rest), other.text, other.rule)
		}
		if want.HasErr && len(want.Rest) == 0 {
			r.t.Errorf("%s: the original does not deviate", name)
		}
		return
	}
	if !got.HasErr || !want.HasErr || string(got.Err) != string(want.Err) {
		r.t.Fatalf("%s: BACK with error %q, want %q", name, got.Err, want.Err)
	}
	replyType := reflect.TypeFor[golden.Reply]() // the controls' all have
	if back.ReplyType != "" {
		replyType = back.CalleeType()
	}
	gotReply, wantReply := r.decode(name, replyType, got.Rest), r.decode(name, replyType, want.Rest)
	if sender, ok := wantReply.(*golden.SenderReply); ok {
		sender.Sender = r.old // who was called py then
	}
	if d := cmp.Diff(wantReply, gotReply); d != "" {
		r.t.Errorf("%s: reply (-the original's +ours):\n%s", name, d)
	}
}

// decode returns a pointer to a value of t.
func (r *replay) decode(name string, t reflect.Type, encoded []byte) any {
	r.t.Helper()
	v := reflect.New(t)
	if err := gobcodec.DecodeValue(encoded, v); err != nil {
		r.t.Fatalf("%s: % x: %v", name, encoded, err)
	}
	return v.Interface()
}

// replies has our node make the calls and casts that an original in that role
// was asked for, gives it the BACKs that an original answered, and compares the
// rows with what an original made of them.
func (r *replay) replies(role string) {
	r.t.Helper()
	link := r.fresh(role, nil)
	for _, name := range r.names("back", role) {
		caller := otherRole[role]
		result := r.take("result/" + name + "/" + caller)
		row := r.call(link, r.records["call/"+name+"/"+caller], r.take("back/" + name + "/" + role).Payload()[len(goldenID):])
		r.compareRow(name, row, result)
	}
	for _, name := range r.names("cast", role) {
		g := r.records["cast/"+name+"/"+role]
		if err := r.node.Cast(nil, g.Method, r.args(g)); err != nil {
			r.t.Errorf("%s: %v", name, err)
		}
		r.compareRequest(g, link.want("CAST"))
	}
	link.close()
}

// goldenID is the id of every golden call, as it stands at the head of a payload.
var goldenID = core.AppendPayload(nil, &core.Action{Command: core.VOID, ID: 1})

// args returns the arguments of a record as its caller passed them.
func (r *replay) args(g *golden.Record) any {
	r.t.Helper()
	p, err := g.Head()
	if err != nil {
		r.t.Fatal(err)
	}
	return r.decode(g.Case, g.ArgsType(), p.Rest)
}

// compareRequest compares a CALL or CAST of ours with that of an original.
func (r *replay) compareRequest(g *golden.Record, payload []byte) core.Payload {
	r.t.Helper()
	p, idOK, ok := core.ParsePayload(core.CALL, payload)
	if !idOK || !ok || p.ID == 0 || string(p.Method) != g.Method {
		r.t.Fatalf("%s: id %d, method %q, want an id and %q", g.Case, p.ID, p.Method, g.Method)
	}
	if d := cmp.Diff(r.args(g), r.decode(g.Case, g.ArgsType(), p.Rest)); d != "" {
		r.t.Errorf("%s: arguments (-the original's +ours):\n%s", g.Case, d)
	}
	return p
}

// call has our node make a call, answers it with what follows the id in an
// original's BACK, and returns the row.
func (r *replay) call(link *oldLink, g *golden.Record, answer []byte) reflect.Value {
	r.t.Helper()
	rows := reflect.New(reflect.SliceOf(reflect.StructOf([]reflect.StructField{
		{Name: "From", Type: reflect.TypeFor[string]()},
		{Name: "Reply", Type: g.CallerType()},
		{Name: "Err", Type: reflect.TypeFor[error]()},
	})))
	failed := make(chan error, 1)
	args := r.args(g)
	go func() { failed <- r.node.Call(nil, g.Method, args, rows.Interface(), patience) }()
	p := r.compareRequest(g, link.want("CALL"))
	id := core.AppendPayload(nil, &core.Action{Command: core.VOID, ID: p.ID})
	link.say("BACK", append(id, answer...))
	if err := await(r.t, g.Case+" to end", failed); err != nil || rows.Elem().Len() != 1 {
		r.t.Fatalf("%s: %+v, %v, want one row", g.Case, rows.Elem(), err)
	}
	return rows.Elem().Index(0)
}

func (r *replay) compareRow(name string, row reflect.Value, result *golden.Record) {
	r.t.Helper()
	shown := result.Results[0]
	if from := row.FieldByName("From").String(); from != r.old {
		r.t.Errorf("%s: a row from %q, want %q", name, from, r.old)
	}
	if err := golden.CheckShown(row.FieldByName("Reply").Interface(), shown.Reply); err != nil {
		r.t.Errorf("%s: reply: %v", name, err)
	}
	got, _ := row.FieldByName("Err").Interface().(error)
	want, deviates := otherRows[name]
	switch {
	case deviates:
		if !errors.Is(got, want) || shown.Err != "" {
			r.t.Errorf("%s: error %v, want %v where the original has %q", name, got, want, shown.Err)
		}
	case shown.Err == "" && got != nil, shown.Err != "" && got != bilateralrpc.RemoteError(shown.Err):
		r.t.Errorf("%s: error %v, want %q", name, got, shown.Err)
	}
}
