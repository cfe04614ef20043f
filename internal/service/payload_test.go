package service_test

import (
	"bytes"
	"encoding/gob"
	"fmt"
	"strings"
	"testing"

	"github.com/bitmark-inc/bilateralrpc/core"
)

// The core writes and reads the head of a payload itself. Here it is held
// against encoding/gob, which the core does not import.

// heads are ids and texts at every edge of gob's numbers.
func heads(yield func(id uint32, text string)) {
	var texts []string
	for _, n := range []int{0, 1, 14, 124, 125, 126, 127, 128, 253, 254, 255, 256, 1024, 65533, 65536} {
		texts = append(texts, strings.Repeat("m", n))
	}
	texts = append(texts, "Service.Method", "\x00\xff", "Ø→")
	ids := []uint32{0, 1, 2, 126, 127, 128, 129, 255, 256, 257, 65535, 65536, 1<<24 - 1, 1 << 24, 1<<31 - 1, 1 << 31, 1<<32 - 1}
	for _, id := range ids {
		for _, text := range texts {
			yield(id, text)
		}
	}
}

// encoded returns what one fresh encoder writes for the values.
func encoded(t *testing.T, values ...any) []byte {
	t.Helper()
	var buf bytes.Buffer
	e := gob.NewEncoder(&buf)
	for _, v := range values {
		if err := e.Encode(v); err != nil {
			t.Fatal(err)
		}
	}
	return buf.Bytes()
}

func TestHeadsAreWrittenAsGobWritesThem(t *testing.T) {
	body := []byte("body")
	heads(func(id uint32, text string) {
		cases := []struct {
			action core.Action
			want   []byte
		}{
			{core.Action{Command: core.CALL, ID: id, Method: []byte(text), Body: body}, append(encoded(t, id, text), body...)},
			{core.Action{Command: core.CAST, ID: id, Method: []byte(text), Body: body}, append(encoded(t, id, text), body...)},
			{core.Action{Command: core.BACK, ID: id, Method: []byte(text), Body: body}, append(encoded(t, id, text, ""), body...)},
			{core.Action{Command: core.BACK, ID: id, Method: []byte(text), Err: []byte("e" + text), Body: body}, encoded(t, id, text, "e"+text)},
			{core.Action{Command: core.VOID, ID: id}, encoded(t, id)},
		}
		for _, c := range cases {
			got := core.AppendPayload([]byte("dst"), &c.action)
			if !bytes.Equal(got, append([]byte("dst"), c.want...)) {
				t.Fatalf("%v of id %d and a method of %d bytes:\n got % .80x\nwant % .80x", c.action.Command, id, len(text), got[3:], c.want)
			}
		}
	})
}

func TestHeadsAreReadAsGobWritesThem(t *testing.T) {
	rest := []byte("rest")
	heads(func(id uint32, text string) {
		cases := []struct {
			command core.Command
			payload []byte
			want    core.Payload
		}{
			{core.CALL, encoded(t, id, text), core.Payload{Method: []byte(text), Rest: rest}},
			{core.CAST, encoded(t, id, text), core.Payload{Method: []byte(text), Rest: rest}},
			{core.BACK, encoded(t, id, text, text), core.Payload{Method: []byte(text), HasErr: true, Err: []byte(text), Rest: rest}},
			{core.VOID, encoded(t, id), core.Payload{Rest: rest}},
		}
		for _, c := range cases {
			c.want.ID = id
			got, idOK, ok := core.ParsePayload(c.command, append(c.payload, rest...))
			if !idOK || !ok || !samePayload(&got, &c.want) {
				t.Fatalf("%v of id %d and a method of %d bytes: id %v, head %v, %s", c.command, id, len(text), idOK, ok, show(&got))
			}
		}
	})
}

// A head that is cut is not whole, wherever the cut is, and never panics.
func TestHeadsThatAreCutDoNotParse(t *testing.T) {
	payload := encoded(t, uint32(1<<20), "Service.Method", "an error")
	method := len(encoded(t, uint32(1<<20), "Service.Method"))
	id := len(encoded(t, uint32(1<<20)))
	for n := range payload {
		_, idOK, ok := core.ParsePayload(core.BACK, payload[:n])
		// A BACK may end behind its method: the originals' way to say that they
		// could not run it.
		if wantID, wantOK := n >= id, n == method; idOK != wantID || ok != wantOK {
			t.Errorf("cut to %d of %d bytes: id %v, head %v, want %v, %v", n, len(payload), idOK, ok, wantID, wantOK)
		}
	}
}

func samePayload(a, b *core.Payload) bool {
	return a.ID == b.ID && a.HasErr == b.HasErr && bytes.Equal(a.Method, b.Method) &&
		bytes.Equal(a.Err, b.Err) && bytes.Equal(a.Rest, b.Rest)
}

func show(p *core.Payload) string {
	return fmt.Sprintf("id %d, method %.20q, error %v %.20q, rest %.20q", p.ID, p.Method, p.HasErr, p.Err, p.Rest)
}
