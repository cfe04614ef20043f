package service_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"reflect"
	"strings"
	"testing"

	"github.com/bitmark-inc/bilateralrpc/core"
)

const goldenFile = "../../testdata/wire/golden.jsonl"

// golden is a record: a message that the original package sent, or what it made
// of one.
type golden struct {
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

// name returns the record's case without its role, so that a CALL, its BACK and
// the result share it, and the role of the end that called.
func (g *golden) name() (name, caller string) {
	kind, rest, _ := strings.Cut(g.Case, "/")
	name, role, _ := strings.Cut(rest, "/")
	if kind == "back" {
		role = map[string]string{"server": "client", "client": "server"}[role]
	}
	return name, role
}

// payload returns the frame behind the command; a message may lack it.
func (g *golden) payload() []byte {
	if len(g.Frames) < 2 {
		return nil
	}
	return g.Frames[1]
}

// command returns the record's command, parsed.
func (g *golden) command() core.Command { return core.ParseCommand([]byte(g.Command)) }

// argType returns the type the arguments were sent as, and replyType the one
// that the callee's method has.
func (g *golden) argType() reflect.Type {
	return goldenTypes[strings.Fields(strings.TrimPrefix(g.ArgType, "type "))[0]]
}

func (g *golden) replyType() reflect.Type {
	if _, callee, ok := strings.Cut(g.ReplyType, "callee: type "); ok {
		return goldenTypes[strings.Fields(callee)[0]]
	}
	return goldenTypes[strings.Fields(g.ReplyType)[0]]
}

// readGolden returns the records that satisfy keep, at least one.
func readGolden(keep func(*golden) bool) ([]*golden, error) {
	data, err := os.ReadFile(goldenFile)
	if err != nil {
		return nil, err
	}
	var records []*golden
	for line := range bytes.Lines(data) {
		g := new(golden)
		if err := json.Unmarshal(line, g); err != nil {
			return nil, fmt.Errorf("%s: %w", goldenFile, err)
		}
		if keep(g) {
			records = append(records, g)
		}
	}
	if len(records) == 0 {
		return nil, fmt.Errorf("%s has no record of the kind this test is about", goldenFile)
	}
	return records, nil
}

// loadGolden is readGolden for a test.
func loadGolden(tb testing.TB, keep func(*golden) bool) []*golden {
	tb.Helper()
	records, err := readGolden(keep)
	if err != nil {
		tb.Fatal(err)
	}
	return records
}

// typed keeps the records that say which types were sent, of one command.
func typed(command string) func(*golden) bool {
	return func(g *golden) bool { return g.Command == command && g.ArgType != "" }
}

// parse returns the parsed payload of a record whose head must be whole.
func parse(tb testing.TB, g *golden) core.Payload {
	tb.Helper()
	p, idOK, ok := core.ParsePayload(g.command(), g.payload())
	if !idOK || !ok {
		tb.Fatalf("%s: the head does not parse (id %v, head %v)", g.Case, idOK, ok)
	}
	return p
}
