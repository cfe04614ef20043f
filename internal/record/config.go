package record

import (
	"encoding/binary"
	"fmt"
	"reflect"

	"github.com/bitmark-inc/bilateralrpc/core"
)

// A core.Config stands in a file as a list of the names of its fields and their values,
// so that none is left out, and that a reader which lacks one says so.

// appendConfig appends a Config.
func appendConfig(dst []byte, c *core.Config) []byte {
	v := reflect.ValueOf(c).Elem()
	dst = binary.AppendUvarint(dst, uint64(len(leaves("", v))))
	for _, f := range leaves("", v) {
		dst = appendString(dst, f.name)
		switch f.value.Kind() {
		case reflect.String:
			dst = appendString(dst, f.value.String())
		case reflect.Bool:
			dst = binary.AppendUvarint(dst, uint64(len("x"[:boolInt(f.value.Bool())])))
		case reflect.Int, reflect.Int64:
			dst = binary.AppendVarint(dst, f.value.Int())
		default:
			dst = binary.AppendUvarint(dst, f.value.Uint())
		}
	}
	return dst
}

// boolInt is one for true.
func boolInt(b bool) int {
	if b {
		return 1
	}
	return 0
}

// config reads what appendConfig has written.
func (d *decoder) config() (c core.Config) {
	fields := leaves("", reflect.ValueOf(&c).Elem())
	n := d.size(len(d.bytes))
	for range n {
		name := string(d.sized())
		if d.err != nil {
			return c
		}
		f := fieldNamed(fields, name)
		if f == nil {
			d.fail(fmt.Errorf("the recording has a setting %q, which this version does not know", name))
			return c
		}
		switch f.Kind() {
		case reflect.String:
			f.SetString(string(d.sized()))
		case reflect.Bool:
			f.SetBool(d.uint() == 1)
		case reflect.Int, reflect.Int64:
			f.SetInt(d.int())
		default:
			f.SetUint(d.uint())
		}
	}
	return c
}

// leaf is a field that is no struct.
type leaf struct {
	name  string // with those of the structs it is in
	value reflect.Value
}

// leaves returns the fields of a struct.
func leaves(prefix string, v reflect.Value) (all []leaf) {
	for i := range v.NumField() {
		name, f := prefix+v.Type().Field(i).Name, v.Field(i)
		if f.Kind() == reflect.Struct {
			all = append(all, leaves(name+".", f)...)
		} else {
			all = append(all, leaf{name, f})
		}
	}
	return all
}

// fieldNamed returns the field of that name, nil if there is none.
func fieldNamed(fields []leaf, name string) *reflect.Value {
	for i := range fields {
		if fields[i].name == name {
			return &fields[i].value
		}
	}
	return nil
}
