package gobcodec

import (
	"bytes"
	"errors"
	"reflect"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
)

// payer counts what is charged, of what it has.
type payer struct {
	charges []int64
	left    int64
}

var errPoor = errors.New("nothing is left")

func (p *payer) Charge(n int64) error {
	p.charges = append(p.charges, n)
	if p.left -= n; p.left < 0 {
		return errPoor
	}
	return nil
}

// What a sizing says of the encoding holds for every value: it is never shorter than
// least, and not much longer than most.
func TestSizingsBoundTheEncoding(t *testing.T) {
	text := strings.Repeat("x", 1000)
	values := append(goodValues(),
		text, []byte(text), &text, []string{text, "", text}, []*string{&text, &text},
		map[string][]byte{text: []byte(text), "": nil}, map[int]int{1: 2, 3: 4}, [3]string{text}, []bool{true, false},
		[]int64{1 << 62, -1 << 62}, []uint8{1}, []int16{-30000}, []float64{0.1}, []complex128{complex(0.1, 0.1)},
		struct{ A, B *struct{ C []string } }{A: &struct{ C []string }{[]string{text}}},
		[]struct{ S *string }{{&text}, {new(string)}}, make([]struct{ X int }, 1000),
	)
	for _, v := range values {
		encoded, err := fresh(v)
		if err != nil {
			t.Fatal(err)
		}
		_, value, _ := split(encoded)
		m := sizing{max: 1 << 30}
		m.part(reflect.ValueOf(&v).Elem())
		c := Of(reflect.TypeOf(v))
		if n := int64(len(value)); n < m.least {
			t.Errorf("%T: %d bytes, at least %d were expected", v, n, m.least)
		} else if most := 2*m.most + 64; n > most && !c.userCode {
			t.Errorf("%T: %d bytes, at most about %d were expected", v, n, m.most)
		}
		if m.memory < m.least/2 {
			t.Errorf("%T: %d bytes of memory for %d of encoding", v, m.memory, m.least)
		}
	}
}

// Values are charged before they are encoded, and not encoded if that is refused. What
// was encoded is what Append makes.
func TestAppendCharges(t *testing.T) {
	type record struct {
		Name string
		Data []byte
	}
	text := strings.Repeat("x", 100<<10)
	for _, v := range []any{text, []byte(text), record{text, []byte(text)}, []record{{text, nil}}, map[string]any{text: text}} {
		c, value := Of(reflect.TypeOf(v)), reflect.ValueOf(v)
		want, err := Append(nil, v)
		if err != nil {
			t.Fatal(err)
		}
		rich := payer{left: 1 << 30}
		got, err := c.AppendCharged([]byte("head"), value, 1<<20, &rich, nil, "")
		if err != nil || !bytes.Equal(got, append([]byte("head"), want...)) {
			t.Errorf("%T: %v, %d bytes, want the %d of Append behind the head", v, err, len(got), len(want))
		}
		taken := 1<<30 - rich.left
		if least, most := int64(2*len(text)), int64(5*len(want)); taken < least || taken > most {
			t.Errorf("%T: %d bytes are charged, want %d to %d", v, taken, least, most)
		}
		for _, left := range []int64{0, rich.charges[0], taken - 1} {
			poor := payer{left: left}
			got, err := c.AppendCharged([]byte("head"), value, 1<<20, &poor, nil, "")
			if refused := (*ChargeError)(nil); !errors.As(err, &refused) || !errors.Is(err, errPoor) || string(got) != "head" {
				t.Errorf("%T with %d bytes left: %v, %d bytes", v, left, err, len(got))
			}
		}
	}
}

// What is too long for certain is refused before it is encoded, or even walked to its
// end: here each of a million elements is the same long string.
func TestAppendRefusesWhatIsTooLong(t *testing.T) {
	text := strings.Repeat("x", 1<<20)
	c := Of(reflect.TypeFor[[]*string]())
	rich := payer{left: 1 << 60}
	_, err := c.AppendCharged(nil, reflect.ValueOf(slices.Repeat([]*string{&text}, 1<<20)), 4<<20, &rich, nil, "")
	if long := (*TooLongError)(nil); !errors.As(err, &long) || long.Max != 4<<20 {
		t.Errorf("error %v, want a TooLongError", err)
	}
}

// narrow is a gate that lets in so many, and knows for whom.
type narrow struct {
	places chan struct{}
	now    atomic.Int32
	most   atomic.Int32
	peer   string
}

func (g *narrow) Enter(peer string) {
	g.places <- struct{}{}
	g.peer = peer
	n := g.now.Add(1)
	for old := g.most.Load(); n > old && !g.most.CompareAndSwap(old, n); old = g.most.Load() {
	}
}

func (g *narrow) Leave() {
	g.now.Add(-1)
	<-g.places
}

// inside is a payer who sees that an encoding is charged, second, within the gate, and the
// value before.
type inside struct {
	t       *testing.T
	gate    *narrow
	charges int
}

func (p *inside) Charge(int64) error {
	p.charges++
	if in := p.gate.now.Load() == 1; in != (p.charges == 2) {
		p.t.Errorf("charge %d, within the gate: %v", p.charges, in)
	}
	return nil
}

func TestLargeValuesAreEncodedInTheGate(t *testing.T) {
	gate := &narrow{places: make(chan struct{}, 1)}
	for _, c := range []struct {
		bytes   int
		through bool
	}{{2 * gateBytes, true}, {gateBytes / 2, false}} {
		value := reflect.ValueOf(make([]byte, c.bytes))
		gate.most.Store(0)
		var payer Charger = &payer{left: 1 << 30}
		if c.through {
			payer = &inside{t: t, gate: gate}
		}
		if _, err := Of(value.Type()).AppendCharged(nil, value, 1<<30, payer, gate, "somebody"); err != nil {
			t.Error(err)
		}
		if through := gate.most.Load() == 1; through != c.through || gate.now.Load() != 0 || gate.peer != "somebody" {
			t.Errorf("%d bytes: through the gate: %v, want %v; %d are within, the last for %q", c.bytes, through, c.through, gate.now.Load(), gate.peer)
		}
	}
	poor := &payer{left: 3 * gateBytes}
	value := reflect.ValueOf(make([]byte, 2*gateBytes))
	if _, err := Of(value.Type()).AppendCharged(nil, value, 1<<30, poor, gate, "poor"); err == nil || gate.now.Load() != 0 {
		t.Errorf("%v; %d are within the gate when nobody pays for the encoding", err, gate.now.Load())
	}
}

// nested encodes itself, and to do so waits for another large value to be encoded.
type nested struct {
	Text string
	gate *narrow
}

func (n nested) GobEncode() (b []byte, err error) {
	done := make(chan struct{})
	go func() {
		defer close(done)
		v := reflect.ValueOf([]byte(n.Text))
		b, err = Of(v.Type()).AppendCharged(nil, v, 1<<30, &payer{left: 1 << 30}, n.gate, "")
	}()
	<-done
	return b, err
}

func (n *nested) GobDecode([]byte) error { return nil }

// What runs code of the program is not within the gate, as it may wait for others that want in.
func TestEncodersOfTheProgramAreNotInTheGate(t *testing.T) {
	type both struct {
		N nested
		B []byte
	}
	gate := &narrow{places: make(chan struct{}, 1)}
	v := reflect.ValueOf(both{nested{strings.Repeat("x", 2*gateBytes), gate}, make([]byte, 2*gateBytes)})
	if _, err := Of(v.Type()).AppendCharged(nil, v, 1<<30, &payer{left: 1 << 30}, gate, ""); err != nil {
		t.Error(err)
	}
	if gate.most.Load() != 1 {
		t.Error("the value within was not encoded in the gate")
	}
}
