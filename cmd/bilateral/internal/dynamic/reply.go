package dynamic

import (
	"bytes"
	"encoding/json"
	"fmt"
	"reflect"

	"github.com/bitmark-inc/bilateralrpc/internal/shape"
)

// Reply is where the reply of one peer goes.
type Reply struct {
	built shape.Built
	rows  reflect.Value // a pointer to a slice of rows
}

var (
	stringType = reflect.TypeFor[string]()
	errorType  = reflect.TypeFor[error]()
)

// NewReply returns a place for replies of the type at index of a listing that has passed
// its Check.
func NewReply(l *shape.Listing, index int) (*Reply, error) {
	built, err := l.Build(index, 0)
	if err != nil {
		return nil, fmt.Errorf("the reply can't be shown: %w", err)
	}
	row := reflect.StructOf([]reflect.StructField{
		{Name: "From", Type: stringType}, {Name: "Reply", Type: built.Type}, {Name: "Err", Type: errorType},
	})
	return &Reply{built, reflect.New(reflect.SliceOf(row))}, nil
}

// Results is what a Call puts rows into.
func (r *Reply) Results() any { return r.rows.Interface() }

// JSON returns the reply that has come, once a Call is over, in JSON. One that goes deeper
// than its type could be made is an error.
func (r *Reply) JSON() (json.RawMessage, error) {
	if r.rows.Elem().Len() == 0 {
		return nil, fmt.Errorf("there is no reply")
	}
	value := r.rows.Elem().Index(0).FieldByName("Reply")
	if !r.complete(value) {
		return nil, fmt.Errorf("the reply holds values of its own type deeper than this program can show")
	}
	var out bytes.Buffer
	e := json.NewEncoder(&out)
	e.SetEscapeHTML(false) // names have such characters, and nothing here is HTML
	if err := e.Encode(value.Interface()); err != nil {
		return nil, fmt.Errorf("the reply can't be told by JSON: %w", err)
	}
	return bytes.TrimSpace(out.Bytes()), nil
}

// complete makes slices and maps that gob left out, because they are empty, empty ones. It
// returns false where a value is deeper than its type.
func (r *Reply) complete(v reflect.Value) bool {
	switch v.Kind() {
	case reflect.Pointer:
		return v.IsNil() || r.complete(v.Elem())
	case reflect.Slice:
		if v.IsNil() {
			v.Set(reflect.MakeSlice(v.Type(), 0, 0))
		}
		return v.Type().Elem().Kind() == reflect.Uint8 || r.completeAll(v)
	case reflect.Array:
		return r.completeAll(v)
	case reflect.Map:
		return r.completeMap(v)
	case reflect.Struct:
		if r.built.Cut[v.Type()] {
			return false
		}
		for i := range v.NumField() {
			if v.Type().Field(i).IsExported() && !r.complete(v.Field(i)) {
				return false
			}
		}
	}
	return true
}

func (r *Reply) completeAll(v reflect.Value) bool {
	for i := range v.Len() {
		if !r.complete(v.Index(i)) {
			return false
		}
	}
	return true
}

// completeMap does so for the elements of a map, which can be replaced only.
func (r *Reply) completeMap(v reflect.Value) bool {
	if v.IsNil() {
		v.Set(reflect.MakeMap(v.Type()))
	}
	for _, key := range v.MapKeys() {
		elem := reflect.New(v.Type().Elem()).Elem()
		elem.Set(v.MapIndex(key))
		if !r.complete(elem) {
			return false
		}
		v.SetMapIndex(key, elem)
	}
	return true
}
