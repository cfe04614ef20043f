package service_test

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"reflect"
	"testing"

	"github.com/bitmark-inc/bilateralrpc/core"
	"github.com/bitmark-inc/bilateralrpc/internal/gobcodec"
	"github.com/bitmark-inc/bilateralrpc/internal/golden"
)

// goldenCaseEnv makes this test program write one payload and exit. Type ids
// count from 64 in each process, so only a fresh one writes what was captured.
const goldenCaseEnv = "BILATERALRPC_GOLDEN_CASE"

func TestMain(m *testing.M) {
	if name := os.Getenv(goldenCaseEnv); name != "" {
		if err := writeGoldenCase(name); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// writeGoldenCase decodes the body of a record and writes our payload for the
// same value.
func writeGoldenCase(name string) error {
	records, err := golden.Read(goldenFile, func(g *golden.Record) bool { return g.Case == name })
	if err != nil {
		return err
	}
	g := records[0]
	command := core.ParseCommand([]byte(g.Command))
	t := g.ArgsType()
	if command == core.BACK {
		t = g.CalleeType()
	}
	p, err := g.Head()
	if err != nil {
		return err
	}
	v := reflect.New(t)
	if err := gobcodec.DecodeValue(p.Rest, v); err != nil {
		return err
	}
	body, err := gobcodec.AppendValue(nil, v)
	if err != nil {
		return err
	}
	_, err = os.Stdout.Write(core.AppendPayload(nil, &core.Action{
		Command: command, ID: p.ID, Method: p.Method, Err: p.Err, Body: body,
	}))
	return err
}

// Our payloads equal the captured ones to the byte, in a fresh process as they were.
func TestGoldenPayloadsAreWrittenByteForByte(t *testing.T) {
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	written := make(map[string]bool)
	for _, command := range []string{"CALL", "CAST", "BACK"} {
		for _, g := range loadGolden(t, golden.Typed(command)) {
			p, want := parse(t, g), g.Payload()
			if written[string(want)] || command == "BACK" && !p.HasErr {
				continue // the other role sent the same; or no reply, which ours never sends
			}
			written[string(want)] = true
			cmd := exec.Command(self)
			// The race detector would sleep for a second at each exit.
			cmd.Env = append(os.Environ(), goldenCaseEnv+"="+g.Case, "GORACE=atexit_sleep_ms=0")
			var stderr bytes.Buffer
			cmd.Stderr = &stderr
			got, err := cmd.Output()
			if err != nil {
				t.Errorf("%s: %v: %s", g.Case, err, &stderr)
				continue
			}
			if want := withoutDeviations(g, &p, want); !bytes.Equal(got, want) {
				t.Errorf("%s:\n got % x\nwant % x", g.Case, got, want)
			}
		}
	}
}

// withoutDeviations returns the payload that ours sends in place of the original's.
func withoutDeviations(g *golden.Record, p *core.Payload, payload []byte) []byte {
	if len(p.Err) > 0 {
		return payload[:len(payload)-len(p.Rest)] // no reply value beside an error
	}
	if bytes.HasSuffix(payload, []byte{2, 0xff, 0x80}) {
		// A nil pointer for a reply: the original's value has no end; ours is zero.
		return append(payload[:len(payload)-3], 3, 0xff, 0x80, 0)
	}
	return payload
}
