package core

import (
	"bytes"
	"encoding/gob"
	"math"
	"math/rand/v2"
	"strings"
	"testing"
)

// gobHead is what encoding/gob makes of a head.
func gobHead(t *testing.T, values ...any) []byte {
	t.Helper()
	var b bytes.Buffer
	e := gob.NewEncoder(&b)
	for _, v := range values {
		if err := e.Encode(v); err != nil {
			t.Fatal(err)
		}
	}
	return b.Bytes()
}

func headIDs() []uint32 {
	ids := []uint32{0, 1, 127, 128, 255, 256, 65535, 65536, 1<<24 - 1, 1 << 24, 1<<31 - 1, 1 << 31, math.MaxUint32 - 1, math.MaxUint32}
	rng := rand.New(rand.NewPCG(1, 2))
	for range 2000 {
		ids = append(ids, rng.Uint32()>>rng.IntN(32))
	}
	return ids
}

func headStrings() []string {
	return []string{"", "S.M", strings.Repeat("a", 123), strings.Repeat("b", 124), strings.Repeat("c", 127), strings.Repeat("d", 128),
		strings.Repeat("e", 253), strings.Repeat("f", 254), strings.Repeat("g", 256), strings.Repeat("h", 70_000), "\x00\xff", "größer"}
}

func TestPayloadEqualsGob(t *testing.T) {
	methods := headStrings()
	for i, id := range headIDs() {
		method := methods[i%len(methods)]
		text := methods[(i/len(methods))%len(methods)]
		call := AppendPayload([]byte("kept"), &Action{Command: CALL, ID: id, Method: []byte(method), Body: []byte("args")})
		if want := append([]byte("kept"), append(gobHead(t, id, method), "args"...)...); !bytes.Equal(call, want) {
			t.Fatalf("CALL id %d, method of %d bytes: got % x, want % x", id, len(method), call, want)
		}
		back := AppendPayload(nil, &Action{Command: BACK, ID: id, Method: []byte(method), Err: []byte(text), Body: []byte("reply")})
		want := gobHead(t, id, method, text)
		if text == "" { // an error BACK carries no reply value
			want = append(want, "reply"...)
		}
		if !bytes.Equal(back, want) {
			t.Fatalf("BACK id %d, text of %d bytes: got % x, want % x", id, len(text), back, want)
		}
		if void := AppendPayload(nil, &Action{Command: VOID, ID: id}); !bytes.Equal(void, gobHead(t, id)) {
			t.Fatalf("VOID id %d: got % x", id, void)
		}
	}
}

func TestPayloadParsesGob(t *testing.T) {
	methods := headStrings()
	for i, id := range headIDs() {
		method, text := methods[i%len(methods)], methods[(i/len(methods))%len(methods)]
		p, idOK, ok := ParsePayload(CAST, append(gobHead(t, id, method), "args"...))
		if !idOK || !ok || p.ID != id || string(p.Method) != method || string(p.Rest) != "args" || p.HasErr {
			t.Fatalf("CAST id %d: got %+v, %v, %v", id, p, idOK, ok)
		}
		p, idOK, ok = ParsePayload(BACK, append(gobHead(t, id, method, text), "reply"...))
		if !idOK || !ok || p.ID != id || string(p.Method) != method || !p.HasErr || string(p.Err) != text || string(p.Rest) != "reply" {
			t.Fatalf("BACK id %d: got %+v, %v, %v", id, p, idOK, ok)
		}
		if p, _, ok = ParsePayload(BACK, gobHead(t, id, method)); !ok || p.HasErr {
			t.Fatalf("BACK id %d without an error text: got %+v, %v", id, p, ok)
		}
		if p, _, ok = ParsePayload(VOID, append(gobHead(t, id), "more"...)); !ok || p.ID != id || string(p.Rest) != "more" {
			t.Fatalf("VOID id %d: got %+v, %v", id, p, ok)
		}
	}
}

// A head that is cut anywhere, or has any byte changed, is refused or read as
// something that encoding/gob reads the same way. Nothing panics.
func TestPayloadDamaged(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	accepted := 0
	for i, id := range headIDs()[:200] {
		whole := append(gobHead(t, id, headStrings()[i%6], "no"), "rest"...)
		for cut := range whole {
			ParsePayload(BACK, whole[:cut:cut])
		}
		for range 50 {
			b := bytes.Clone(whole)
			for range 1 + rng.IntN(3) {
				b[rng.IntN(len(b))] = byte(rng.Uint32())
			}
			p, idOK, ok := ParsePayload(CALL, b)
			if !idOK {
				continue
			}
			var gobID uint32
			var gobMethod string
			d := gob.NewDecoder(bytes.NewReader(b))
			if err := d.Decode(&gobID); err != nil || gobID != p.ID {
				t.Fatalf("% x: id %d, encoding/gob says %d, %v", b, p.ID, gobID, err)
			}
			if !ok {
				continue
			}
			accepted++
			if err := d.Decode(&gobMethod); err != nil || gobMethod != string(p.Method) {
				t.Fatalf("% x: method %q, encoding/gob says %q, %v", b, p.Method, gobMethod, err)
			}
		}
	}
	if accepted < 100 {
		t.Errorf("only %d damaged heads were readable: the test says nothing", accepted)
	}
}

func TestPayloadRubbish(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 6))
	for range 200_000 {
		b := make([]byte, rng.IntN(24))
		for i := range b {
			b[i] = [...]byte{0, 1, 2, 3, 6, 0x0c, 0x7f, 0x80, 0xfc, 0xff, byte(rng.Uint32())}[rng.IntN(11)]
		}
		p, idOK, ok := ParsePayload(Command(rng.IntN(int(commandCount))), b)
		if ok && !idOK || len(p.Method)+len(p.Err)+len(p.Rest) > len(b) {
			t.Fatalf("% x: got %+v, %v, %v", b, p, idOK, ok)
		}
	}
}

func TestParseCommand(t *testing.T) {
	for c := JOIN; c < commandCount; c++ {
		if got := ParseCommand([]byte(c.String())); got != c {
			t.Errorf("%v is read as %v", c, got)
		}
	}
	for _, s := range []string{"", "JOI", "JOINS", "join", "????", "JOI\x00"} {
		if got := ParseCommand([]byte(s)); got != Unknown {
			t.Errorf("%q is read as %v", s, got)
		}
	}
	if got := Command(200).String(); got != "????" {
		t.Errorf("command 200 is %q", got)
	}
}

func TestMeetAndPart(t *testing.T) {
	told := Meet{Extensions: 0xa0b0c0d0, Incarnation: 0x0102030405060708}
	payload := AppendMeet(nil, told)
	for _, b := range [][]byte{payload, append(bytes.Clone(payload), "a later version's"...)} {
		if got, ok := parseMeet(b); !ok || got != told {
			t.Errorf("% x: got %+v, %v", b, got, ok)
		}
	}
	if want := []byte{1, 0xa0, 0xb0, 0xc0, 0xd0, 1, 2, 3, 4, 5, 6, 7, 8}; !bytes.Equal(payload, want) {
		t.Errorf("MEET is % x, want % x", payload, want)
	}
	if got := new(output).part(partLeaving); !bytes.Equal(got, []byte{1, 3}) {
		t.Errorf("PART is % x, want version 1 and reason 3", got)
	}
	newer := bytes.Clone(payload)
	newer[0] = 9
	if got, ok := parseMeet(newer); !ok || got != told {
		t.Errorf("a newer version: got %+v, %v", got, ok)
	}
	older := bytes.Clone(payload)
	older[0] = 0
	for _, b := range [][]byte{nil, payload[:12], older} {
		if _, ok := parseMeet(b); ok {
			t.Errorf("% x is read as a MEET", b)
		}
	}
	for _, c := range []struct {
		body []byte
		want partReason
	}{{nil, partNone}, {[]byte{1}, partNone}, {[]byte{0, 1}, partNone}, {[]byte{1, 1}, partNotJoined}, {[]byte{2, 3, 9}, partLeaving}, {[]byte{1, 4}, partReplaced}, {[]byte{1, 5}, partNone}} {
		if got := parsePart(c.body); got != c.want {
			t.Errorf("PART % x: reason %d, want %d", c.body, got, c.want)
		}
	}
}

func TestPayloadAtItsEdges(t *testing.T) {
	uint64Of := func(b ...byte) []byte { return b }
	for _, c := range []struct {
		number []byte // of a call id, without the head of its message
		want   uint32
		ok     bool
	}{
		{uint64Of(127), 127, true},
		{uint64Of(128), 0, false}, // 128 bytes would follow
		{uint64Of(0xff, 128), 128, true},
		{uint64Of(0xfc, 0xff, 0xff, 0xff, 0xff), 1<<32 - 1, true},
		{uint64Of(0xfb, 1, 0, 0, 0, 0), 0, false},               // over 32 bits
		{uint64Of(0xf8, 0, 0, 0, 0, 0, 0, 0, 5), 5, true},       // not minimal
		{uint64Of(0xf7, 0, 0, 0, 0, 0, 0, 0, 0, 5), 0, false},   // over eight bytes
		{uint64Of(5, 5), 0, false},                              // a second number
		{append(uint64Of(128), make([]byte, 100)...), 0, false}, // short of 128 bytes
		{append(uint64Of(0xf0), make([]byte, 16)...), 0, false}, // zero, in sixteen bytes
	} {
		id := append([]byte{byte(2 + len(c.number)), gobTypeUint, 0}, c.number...)
		p, idOK, ok := ParsePayload(VOID, id)
		if idOK != c.ok || ok != c.ok || p.ID != c.want {
			t.Errorf("% x: id %d, %v, %v; want %d, %v", id, p.ID, idOK, ok, c.want, c.ok)
		}
	}
	back := Action{Command: BACK, ID: 5, Method: []byte("S.M"), Err: []byte("x"), Body: []byte("value")}
	p, _, ok := ParsePayload(BACK, AppendPayload(nil, &back))
	if !ok || string(p.Err) != "x" || len(p.Rest) != 0 {
		t.Errorf("an error of one byte: got %+v, %v; want no reply value", p, ok)
	}
	// One byte behind the method: neither a BACK without an error text nor one with.
	p, idOK, ok := ParsePayload(BACK, append(requestBody(BACK, 5)[:len(requestBody(CALL, 5))], 9))
	if !idOK || ok || p.ID != 5 || string(p.Method) != "S.M" || p.HasErr {
		t.Errorf("a BACK with half an error text: got %+v, %v, %v; want its id and method", p, idOK, ok)
	}
}
