package dynamic

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/bitmark-inc/bilateralrpc/internal/shape"
)

// Args returns a pointer to arguments of the type at index of a listing that has passed
// its Check, with what the JSON text says. A field that the type has not got is an error
// that names the nearest one.
func Args(l *shape.Listing, index int, text []byte) (any, error) {
	value, err := parse(text)
	if err != nil {
		return nil, err
	}
	if err := fit(l, index, value, ""); err != nil {
		return nil, err
	}
	built, err := l.Build(index, depthOf(value)+1)
	if err != nil {
		return nil, err
	}
	args := reflect.New(built.Type)
	if err := json.Unmarshal(text, args.Interface()); err != nil {
		return nil, readable(err)
	}
	return args.Interface(), nil
}

// parse returns the one value that a text is.
func parse(text []byte) (value any, err error) {
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	if err := d.Decode(&value); err != nil {
		return nil, fmt.Errorf("the arguments are no JSON: %w", err)
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("the arguments are no JSON: there is more behind the first value")
	}
	return value, nil
}

// depthOf returns how deep objects and arrays are nested in a value.
func depthOf(value any) int {
	depth := 0
	switch v := value.(type) {
	case map[string]any:
		for _, in := range v {
			depth = max(depth, depthOf(in))
		}
	case []any:
		for _, in := range v {
			depth = max(depth, depthOf(in))
		}
	default:
		return 0
	}
	return depth + 1
}

// fit says what of a value the type at index has no place for. encoding/json would take
// names in any case, and drop what it does not know.
func fit(l *shape.Listing, index int, value any, path string) error {
	if value == nil {
		return nil
	}
	if reason := l.Uncarried(index); reason != "" {
		return fmt.Errorf("%s: %s", place(path), reason)
	}
	index = l.Deref(index)
	if index < 0 {
		return fmt.Errorf("%s: pointers without an end", place(path))
	}
	t := &l.Types[index]
	switch t.Kind {
	case shape.Struct, shape.Map:
		object, ok := value.(map[string]any)
		if !ok {
			return fmt.Errorf("%s: want an object such as %s, not %s", place(path), l.Example(index), nameOf(value))
		}
		return fitObject(l, t, object, path)
	case shape.Slice, shape.Array:
		array, ok := value.([]any)
		if !ok {
			return fmt.Errorf("%s: want an array such as %s, not %s", place(path), l.Example(index), nameOf(value))
		}
		if t.Kind == shape.Array && len(array) > t.Len {
			return fmt.Errorf("%s: %d elements, and there is room for %d", place(path), len(array), t.Len)
		}
		for i, in := range array {
			if err := fit(l, t.Elem, in, path+"["+strconv.Itoa(i)+"]"); err != nil {
				return err
			}
		}
	}
	return nil
}

func fitObject(l *shape.Listing, t *shape.Type, object map[string]any, path string) error {
	fields := make(map[string]int, len(t.Fields))
	var names []string
	for _, f := range t.Fields {
		fields[f.Name] = f.Type
		names = append(names, f.Name)
	}
	for _, name := range slices.Sorted(maps.Keys(object)) {
		in, index := object[name], t.Elem
		if t.Kind == shape.Struct {
			var ok bool
			if index, ok = fields[name]; !ok {
				return unknownField(name, path, names)
			}
		}
		if err := fit(l, index, in, strings.TrimPrefix(path+"."+name, ".")); err != nil {
			return err
		}
	}
	return nil
}

func unknownField(name, path string, fields []string) error {
	where := ""
	if path != "" {
		where = " in " + path
	}
	if near := Nearest(name, fields); near != "" {
		return fmt.Errorf("there is no field %q%s: do you mean %q?", name, where, near)
	}
	if len(fields) == 0 {
		return fmt.Errorf("there is no field %q%s: there are none at all", name, where)
	}
	return fmt.Errorf("there is no field %q%s: there are %s", name, where, strings.Join(fields, ", "))
}

// place names where in the arguments something is.
func place(path string) string {
	if path == "" {
		return "the arguments"
	}
	return path
}

// nameOf says in the words of JSON what a value is.
func nameOf(value any) string {
	switch v := value.(type) {
	case map[string]any:
		return "an object"
	case []any:
		return "an array"
	case string:
		return "the string " + strconv.Quote(v)
	}
	return fmt.Sprint(value)
}

// readable returns an error of encoding/json without the names of the types that were made.
func readable(err error) error {
	var wrong *json.UnmarshalTypeError
	if errors.As(err, &wrong) {
		return fmt.Errorf("%s: want %s, not %s", place(wrong.Field), wanted(wrong.Type), wrong.Value)
	}
	return err
}

func wanted(t reflect.Type) string {
	switch {
	case t == nil:
		return "something else"
	case t.Kind() == reflect.String:
		return "a string"
	case t.Kind() == reflect.Bool:
		return "true or false"
	case t.Kind() == reflect.Slice && t.Elem().Kind() == reflect.Uint8:
		return "bytes as a base64 string"
	case t.Kind() >= reflect.Int && t.Kind() <= reflect.Int64:
		return fmt.Sprintf("a whole number of %d bits", t.Bits())
	case t.Kind() >= reflect.Uint && t.Kind() <= reflect.Uint64:
		return fmt.Sprintf("a whole number of %d bits without a sign", t.Bits())
	}
	return "a " + t.Kind().String()
}
