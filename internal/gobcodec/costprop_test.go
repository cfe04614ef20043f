//go:build !race

package gobcodec

import (
	"reflect"
	"testing"

	"pgregory.net/rapid"
)

// basicTypes are types that need no definition, some with names of their own.
var basicTypes = []reflect.Type{
	reflect.TypeFor[bool](), reflect.TypeFor[int](), reflect.TypeFor[int8](), reflect.TypeFor[uint16](), reflect.TypeFor[uint64](),
	reflect.TypeFor[float32](), reflect.TypeFor[float64](), reflect.TypeFor[complex128](), reflect.TypeFor[string](),
	reflect.TypeFor[text](), reflect.TypeFor[count](), reflect.TypeFor[uint8](),
}

// anyType draws a type that gob takes.
func anyType(t *rapid.T, depth int) reflect.Type {
	basic := func(t *rapid.T) reflect.Type { return rapid.SampledFrom(basicTypes).Draw(t, "basic") }
	if depth == 0 {
		return basic(t)
	}
	switch rapid.IntRange(0, 8).Draw(t, "kind") {
	case 0:
		return basic(t)
	case 1, 2:
		return reflect.SliceOf(anyType(t, depth-1))
	case 3:
		return reflect.ArrayOf(rapid.IntRange(0, 5).Draw(t, "length"), anyType(t, depth-1))
	case 4:
		return reflect.MapOf(basic(t), anyType(t, depth-1))
	case 5:
		return reflect.PointerTo(anyType(t, depth-1))
	case 6:
		return reflect.TypeFor[[]byte]()
	}
	fields := make([]reflect.StructField, rapid.IntRange(1, 6).Draw(t, "fields"))
	for i := range fields {
		fields[i] = reflect.StructField{Name: string(rune('A' + i)), Type: anyType(t, depth-1)}
	}
	return reflect.StructOf(fields)
}

// fill sets v to a value without nil pointers. Slices and maps are longer at the
// top, so that the whole is not too large.
func fill(t *rapid.T, v reflect.Value, most int) {
	length := func() int { return rapid.IntRange(0, most).Draw(t, "length") }
	small := func() int { return rapid.IntRange(0, 100).Draw(t, "n") }
	switch v.Kind() {
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), length(), most))
		for i := range v.Len() {
			fill(t, v.Index(i), most/3)
		}
	case reflect.Array:
		for i := range v.Len() {
			fill(t, v.Index(i), most/3)
		}
	case reflect.Map:
		v.Set(reflect.MakeMap(v.Type()))
		for range length() {
			key, elem := reflect.New(v.Type().Key()).Elem(), reflect.New(v.Type().Elem()).Elem()
			fill(t, key, most)
			fill(t, elem, most/3)
			v.SetMapIndex(key, elem)
		}
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		fill(t, v.Elem(), most)
	case reflect.Struct:
		for i := range v.NumField() {
			fill(t, v.Field(i), most)
		}
	case reflect.String:
		v.SetString(string(make([]byte, length())))
	case reflect.Bool:
		v.SetBool(small() > 50)
	case reflect.Float32, reflect.Float64:
		v.SetFloat(float64(small()))
	case reflect.Complex128:
		v.SetComplex(complex(float64(small()), 1))
	default:
		v.Set(reflect.ValueOf(small()).Convert(v.Type()))
	}
}

// receiver draws a type into which values of typ can be decoded: with pointers put
// in or left out, and fields in another order or missing.
func receiver(t *rapid.T, typ reflect.Type) reflect.Type {
	for typ.Kind() == reflect.Pointer {
		typ = typ.Elem()
	}
	switch typ.Kind() {
	case reflect.Slice:
		if typ.Elem().Kind() != reflect.Uint8 {
			typ = reflect.SliceOf(receiver(t, typ.Elem()))
		}
	case reflect.Array:
		typ = reflect.ArrayOf(typ.Len(), receiver(t, typ.Elem()))
	case reflect.Map:
		typ = reflect.MapOf(typ.Key(), receiver(t, typ.Elem()))
	case reflect.Struct:
		fields := make([]reflect.StructField, 0, typ.NumField()+1)
		for i := range typ.NumField() {
			if i == 0 || rapid.Bool().Draw(t, "present") {
				f := typ.Field(typ.NumField() - 1 - i)
				fields = append(fields, reflect.StructField{Name: f.Name, Type: receiver(t, f.Type)})
			}
		}
		typ = reflect.StructOf(append(fields, reflect.StructField{Name: "More", Type: reflect.TypeFor[[]string]()}))
	}
	for range rapid.SampledFrom([]int{0, 0, 0, 1, 2}).Draw(t, "pointers") {
		typ = reflect.PointerTo(typ)
	}
	return typ
}

// The cost of any value of any type is what is allocated, or up to twice that.
func TestCostOfAnyValue(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		typ := anyType(t, 4)
		v := reflect.New(typ)
		fill(t, v.Elem(), 40)
		data, err := AppendValue(nil, v)
		if err != nil {
			t.Skip("gob does not take it: ", err)
		}
		checkCost(t, Of(typ), data, 2)
		if local := receiver(t, typ); freshInto(data, reflect.New(local).Interface()) == nil {
			checkCost(t, Of(local), data, 2)
		}
	})
}
