package shape

import (
	"encoding/json"
	"fmt"
	"math"
	"strconv"
)

// Float64 and Float32 are what floating-point numbers are made into. In JSON those that
// it has no numbers for are the strings "NaN", "+Inf" and "-Inf".
type (
	Float64 float64
	Float32 float32
)

// MarshalJSON implements json.Marshaler.
func (f Float64) MarshalJSON() ([]byte, error) { return marshalFloat(float64(f), 64) }

// MarshalJSON implements json.Marshaler.
func (f Float32) MarshalJSON() ([]byte, error) { return marshalFloat(float64(f), 32) }

// UnmarshalJSON implements json.Unmarshaler.
func (f *Float64) UnmarshalJSON(text []byte) error {
	v, err := unmarshalFloat(text, 64)
	*f = Float64(v)
	return err
}

// UnmarshalJSON implements json.Unmarshaler.
func (f *Float32) UnmarshalJSON(text []byte) error {
	v, err := unmarshalFloat(text, 32)
	*f = Float32(v)
	return err
}

func marshalFloat(f float64, bits int) ([]byte, error) {
	if math.IsNaN(f) || math.IsInf(f, 0) {
		return json.Marshal(strconv.FormatFloat(f, 'g', -1, bits))
	}
	if bits == 32 {
		return json.Marshal(float32(f))
	}
	return json.Marshal(f)
}

func unmarshalFloat(text []byte, bits int) (float64, error) {
	s := string(text)
	switch s {
	case `"NaN"`, `"+Inf"`, `"-Inf"`:
		s = s[1 : len(s)-1]
	case "null":
		return 0, nil
	}
	f, err := strconv.ParseFloat(s, bits)
	if err != nil {
		return 0, fmt.Errorf("%.50s is no number of %d bits", s, bits)
	}
	return f, nil
}
