package golden

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"reflect"
	"strings"

	"github.com/bitmark-inc/bilateralrpc/core"
)

// Record is a message that the original package sent, or what it made of one.
type Record struct {
	Case      string          `json:"case"`
	Command   string          `json:"command"`
	Frames    [][]byte        `json:"frames"`
	ID        uint32          `json:"id"`
	Decoded   [][2]any        `json:"decoded"`
	Method    string          `json:"method"`
	Args      json.RawMessage `json:"args"`
	ArgType   string          `json:"arg_type"`
	ReplyType string          `json:"reply_type"`
	InReplyTo string          `json:"in_reply_to"`
	Executed  any             `json:"executed"` // a count, or whether
	Sender    *string         `json:"sender_seen"`
	Results   []struct {
		Err   string          `json:"err"`
		Reply json.RawMessage `json:"reply"`
	} `json:"results"`
}

// Name returns the record's case without its role, so that a CALL, its BACK and
// the result share it, and the role of the end that called.
func (g *Record) Name() (name, caller string) {
	kind, rest, _ := strings.Cut(g.Case, "/")
	name, role, _ := strings.Cut(rest, "/")
	if kind == "back" {
		role = map[string]string{"server": "client", "client": "server"}[role]
	}
	return name, role
}

// Payload returns the frame behind the command; a message may lack it.
func (g *Record) Payload() []byte {
	if len(g.Frames) < 2 {
		return nil
	}
	return g.Frames[1]
}

// Head returns the parsed payload of a record whose head must be whole.
func (g *Record) Head() (core.Payload, error) {
	p, idOK, ok := core.ParsePayload(core.ParseCommand([]byte(g.Command)), g.Payload())
	if !idOK || !ok {
		return p, fmt.Errorf("%s: the head does not parse (id %v, head %v)", g.Case, idOK, ok)
	}
	return p, nil
}

// ArgsType returns the type that the arguments were sent as.
func (g *Record) ArgsType() reflect.Type {
	return types[strings.Fields(strings.TrimPrefix(g.ArgType, "type "))[0]]
}

// CalleeType returns the type of the reply that the callee's method has.
func (g *Record) CalleeType() reflect.Type {
	if _, callee, ok := strings.Cut(g.ReplyType, "callee: type "); ok {
		return types[strings.Fields(callee)[0]]
	}
	return types[strings.Fields(g.ReplyType)[0]]
}

// CallerType returns the type of the reply that the caller asked for.
func (g *Record) CallerType() reflect.Type { return types[strings.Fields(g.ReplyType)[0]] }

// Read returns the records of a file that satisfy keep, at least one.
func Read(file string, keep func(*Record) bool) ([]*Record, error) {
	data, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	var records []*Record
	for line := range bytes.Lines(data) {
		g := new(Record)
		if err := json.Unmarshal(line, g); err != nil {
			return nil, fmt.Errorf("%s: %w", file, err)
		}
		if keep(g) {
			records = append(records, g)
		}
	}
	if len(records) == 0 {
		return nil, fmt.Errorf("%s has no record of the kind this test is about", file)
	}
	return records, nil
}

// Typed keeps the records that say which types were sent, of one command.
func Typed(command string) func(*Record) bool {
	return func(g *Record) bool { return g.Command == command && g.ArgType != "" }
}

// CheckShown compares v with what the original showed: JSON, or a string of %+v
// for what JSON can't show.
func CheckShown(v any, shown json.RawMessage) error {
	var text string
	if json.Unmarshal(shown, &text) == nil && text == fmt.Sprintf("%+v", v) {
		return nil
	}
	want := reflect.New(reflect.TypeOf(v))
	if err := json.Unmarshal(shown, want.Interface()); err != nil {
		return err
	}
	if !reflect.DeepEqual(want.Elem().Interface(), v) {
		return fmt.Errorf("got %+v, the original showed %s", v, shown)
	}
	return nil
}
