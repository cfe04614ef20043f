package gobcodec

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
)

// rounds is how often each value goes through: the first makes an encoder, the
// later ones find it primed.
const rounds = 4

func TestAppendWritesWhatAFreshEncoderWrites(t *testing.T) {
	for _, v := range goodValues() {
		want, err := fresh(v)
		if err != nil {
			t.Fatalf("%T %+v: a fresh encoder fails, so this is no good value: %v", v, v, err)
		}
		for round := range rounds {
			head := []byte("head")
			got, err := Append(head, v)
			if err != nil {
				t.Fatalf("%T %+v, round %d: %v", v, v, round, err)
			}
			if string(got[:len(head)]) != "head" {
				t.Fatalf("%T: what was in dst has changed: %q", v, got[:len(head)])
			}
			if !bytes.Equal(got[len(head):], want) {
				t.Fatalf("%T %+v, round %d:\n got % x\nwant % x", v, v, round, got[len(head):], want)
			}
		}
	}
}

func TestAppendRefusesWhatAFreshEncoderRefuses(t *testing.T) {
	for _, v := range badValues() {
		if _, err := fresh(v); err == nil {
			t.Fatalf("%T %+v: a fresh encoder takes it, so this is no bad value", v, v)
		}
		for round := range rounds {
			dst := []byte("head")
			got, err := Append(dst, v)
			if err == nil {
				t.Fatalf("%T, round %d: encoded as % x, want an error", v, round, got)
			}
			if string(got) != "head" {
				t.Errorf("%T, round %d: after an error dst is %q, want it as it was", v, round, got)
			}
			if !strings.HasPrefix(err.Error(), "can't encode") {
				t.Errorf("%T: error %q does not say what could not be done", v, err)
			}
		}
	}
}

func TestAFailedEncoderIsNotUsedAgain(t *testing.T) {
	for round := range rounds {
		for _, mode := range []byte{'k', 'e', 'k', 'p', 'k', 'p', 'e'} {
			v := withFickle{N: 1, F: fickle{mode}, M: round}
			want, wantErr := fresh(v)
			got, err := Append(nil, v)
			if (err == nil) != (wantErr == nil) {
				t.Fatalf("mode %c: error %v, a fresh encoder's %v", mode, err, wantErr)
			}
			if wantErr == nil && !bytes.Equal(got, want) {
				t.Fatalf("mode %c:\n got % x\nwant % x", mode, got, want)
			}
		}
	}
}

func TestAppendKeepsNothingOfALargeValue(t *testing.T) {
	type large struct {
		B []byte
		F byValue // or no encoder would be needed
	}
	big := large{B: make([]byte, pooledBytesMax+1)}
	for _, v := range []large{big, {}, big} { // the last finds the second's encoder primed
		if _, err := Append(nil, v); err != nil {
			t.Fatal(err)
		}
	}
	if Of(typeOf(big)).encoders.Get() != nil {
		t.Errorf("an encoder that has a buffer of over %d bytes is pooled", pooledBytesMax)
	}
}

// A type whose values are all large needs encoding/gob for the first of them only.
func TestALargeFirstValueIsEnough(t *testing.T) {
	type large struct{ B []byte }
	v := large{bytes.Repeat([]byte{1}, pooledBytesMax+1)}
	first, err := Append(nil, v)
	if err != nil {
		t.Fatal(err)
	}
	if h := Of(typeOf(v)).head.Load(); h == nil || h.root == nil {
		t.Error("the second value would be written by encoding/gob, too")
	}
	if second, err := Append(nil, v); err != nil || !bytes.Equal(second, first) {
		t.Errorf("the second value has other bytes than the first: %v", err)
	}
}

func TestAppendDoesNotHoldWhatItReturned(t *testing.T) {
	first, err := Append(nil, ints{1, 2})
	if err != nil {
		t.Fatal(err)
	}
	was := bytes.Clone(first)
	for i := range rounds {
		if _, err := Append(nil, ints{i, -i}); err != nil {
			t.Fatal(err)
		}
	}
	if !bytes.Equal(first, was) {
		t.Errorf("later calls changed an earlier result: % x, was % x", first, was)
	}
	if e, ok := Of(typeOf(ints{})).encoders.Get().(*encoder); ok && e.out != nil {
		t.Errorf("a pooled encoder holds %d bytes of its caller's", cap(e.out))
	}
}

func ExampleAppend() {
	type Args struct{ A, B int }
	data, err := Append(nil, Args{186, 253})
	if err != nil {
		fmt.Println(err)
		return
	}
	var back Args
	fmt.Println(Decode(data, &back), back)
	_, err = Append(nil, (*Args)(nil))
	fmt.Println(err)
	// Output:
	// <nil> {186 253}
	// can't encode a nil *gobcodec.Args: pass a pointer to a value
}
