package gobcodec

import (
	"bytes"
	"errors"
	"reflect"
	"runtime"
	"slices"
	"strings"
	"sync"
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
		got, err := c.AppendCharged([]byte("head"), value, 1<<20, &rich)
		if err != nil || !bytes.Equal(got, append([]byte("head"), want...)) {
			t.Errorf("%T: %v, %d bytes, want the %d of Append behind the head", v, err, len(got), len(want))
		}
		taken := 1<<30 - rich.left
		if least, most := int64(2*len(text)), int64(5*len(want)); taken < least || taken > most {
			t.Errorf("%T: %d bytes are charged, want %d to %d", v, taken, least, most)
		}
		for _, left := range []int64{0, rich.charges[0], taken - 1} {
			poor := payer{left: left}
			got, err := c.AppendCharged([]byte("head"), value, 1<<20, &poor)
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
	_, err := c.AppendCharged(nil, reflect.ValueOf(slices.Repeat([]*string{&text}, 1<<20)), 4<<20, &rich)
	if long := (*TooLongError)(nil); !errors.As(err, &long) || long.Max != 4<<20 {
		t.Errorf("error %v, want a TooLongError", err)
	}
}

// crowd counts those that are at their second charge, which is for the encoding, at a time.
type crowd struct {
	now, most atomic.Int32
	once      sync.Once
	full      chan struct{} // closed when there are as many as there are turns
}

type member struct {
	*crowd
	charges int
}

func (m *member) Charge(int64) error {
	if m.charges++; m.charges == 2 {
		n := m.now.Add(1)
		for old := m.most.Load(); n > old && !m.most.CompareAndSwap(old, n); old = m.most.Load() {
		}
		if int(n) >= cap(turns) {
			m.once.Do(func() {
				for range 1000 { // one more would come meanwhile
					runtime.Gosched()
				}
				close(m.full)
			})
		}
		<-m.full
		m.now.Add(-1)
	}
	return nil
}

func TestLargeValuesAreEncodedInTurns(t *testing.T) {
	crowd := crowd{full: make(chan struct{})}
	value := reflect.ValueOf(make([]byte, 2*turnBytes))
	var group sync.WaitGroup
	for range cap(turns) + 8 {
		group.Go(func() {
			if _, err := Of(value.Type()).AppendCharged(nil, value, 1<<30, &member{crowd: &crowd}); err != nil {
				t.Error(err)
			}
		})
	}
	group.Wait()
	if most := int(crowd.most.Load()); most > cap(turns) {
		t.Errorf("%d values were encoded at a time, want %d", most, cap(turns))
	}
}

// nested encodes itself, and to do so waits for another large value to be encoded, once
// as many as there are turns do so.
type nested struct {
	Text string
	all  *sync.WaitGroup
}

func (n nested) GobEncode() (b []byte, err error) {
	n.all.Done()
	n.all.Wait()
	done := make(chan struct{})
	go func() {
		defer close(done)
		v := reflect.ValueOf([]byte(n.Text))
		b, err = Of(v.Type()).AppendCharged(nil, v, 1<<30, &payer{left: 1 << 30})
	}()
	<-done
	return b, err
}

func (n *nested) GobDecode([]byte) error { return nil }

// What runs code of the program holds no turn, as it may wait for others that want one.
func TestEncodersOfTheProgramHoldNoTurn(t *testing.T) {
	type both struct {
		N nested
		B []byte
	}
	var all, group sync.WaitGroup
	all.Add(cap(turns))
	for range cap(turns) {
		group.Go(func() {
			v := reflect.ValueOf(both{nested{strings.Repeat("x", 2*turnBytes), &all}, make([]byte, 2*turnBytes)})
			if _, err := Of(v.Type()).AppendCharged(nil, v, 1<<30, &payer{left: 1 << 30}); err != nil {
				t.Error(err)
			}
		})
	}
	group.Wait()
}
