package bilateralrpc

import (
	"reflect"
	"strings"
	"testing"

	"github.com/bitmark-inc/bilateralrpc/core"
	"github.com/bitmark-inc/bilateralrpc/zmqio"
)

// Every counter of the driver appears in Stats, in the field of its name. A
// counter that is added below and forgotten here fails this.
func TestEveryCounterHasItsField(t *testing.T) {
	var below zmqio.Stats
	next := uint64(0)
	fillCounters(reflect.ValueOf(&below).Elem(), 0, &next)
	above := map[uint64]string{}
	collectCounters(t, reflect.ValueOf(statsOf(&below)), "", above)

	names := map[uint64]string{}
	nameCounters(reflect.ValueOf(below), names)
	for n := uint64(1); n <= next; n++ {
		if unreachable[names[n]] {
			continue
		}
		if got, want := above[n], names[n]; !strings.EqualFold(got, want) {
			t.Errorf("the counter %s below is %q in Stats", want, got)
		}
	}
}

// unreachable are the refusals of events that the driver never feeds: it numbers
// calls and requests itself, and the root checks timeouts and addresses before.
var unreachable = map[string]bool{
	".Refusals.callinuse": true, ".Refusals.nosuchcall": true, ".Refusals.nosuchrequest": true,
	".Refusals.badtimeout": true, ".Refusals.invalidevent": true,
}

// fillCounters gives every counter in v a number of its own, from 1. Arrays begin at
// first: only commands have a value 0, Unknown.
func fillCounters(v reflect.Value, first int, next *uint64) {
	switch v.Kind() {
	case reflect.Struct:
		for i := range v.NumField() {
			first := 1
			if strings.HasPrefix(v.Type().Field(i).Name, "Frames") {
				first = int(core.Unknown)
			}
			fillCounters(v.Field(i), first, next)
		}
	case reflect.Array:
		for i := first; i < v.Len(); i++ {
			fillCounters(v.Index(i), 0, next)
		}
	case reflect.Uint64:
		*next++
		v.SetUint(*next)
	case reflect.Int:
		*next++
		v.SetInt(int64(*next))
	}
}

// collectCounters maps the number of every counter in v to its path.
func collectCounters(t *testing.T, v reflect.Value, path string, to map[uint64]string) {
	if v.Kind() == reflect.Struct {
		for i := range v.NumField() {
			collectCounters(t, v.Field(i), path+"."+v.Type().Field(i).Name, to)
		}
		return
	}
	n := uint64(0)
	if v.CanInt() {
		n = uint64(v.Int())
	} else {
		n = v.Uint()
	}
	if to[n] != "" {
		t.Errorf("%s and %s are the same counter", to[n], path)
	}
	to[n] = path
}

// nameCounters maps the number of every counter below to the path that it should
// have above: the name of the enum's value, without its dashes, in an array.
func nameCounters(v reflect.Value, to map[uint64]string) {
	names := map[string]func(i int) string{
		"FramesIn":  func(i int) string { return command(core.Command(i)) },
		"FramesOut": func(i int) string { return command(core.Command(i)) },
		"Drops":     func(i int) string { return core.Drop(i).String() },
		"Refusals":  func(i int) string { return core.Refusal(i).String() },
		"Outcomes":  func(i int) string { return core.Outcome(i).String() },
	}
	for i := range v.NumField() {
		f, name := v.Field(i), v.Type().Field(i).Name
		switch {
		case f.Kind() == reflect.Struct:
			nameCounters(f, to)
		case f.Kind() == reflect.Array:
			for j := range f.Len() {
				if n := f.Index(j).Uint(); n != 0 {
					to[n] = "." + name + "." + strings.ReplaceAll(names[name](j), "-", "")
				}
			}
		case f.CanInt():
			to[uint64(f.Int())] = "." + name
		default:
			to[f.Uint()] = "." + name
		}
	}
}

func command(c core.Command) string {
	if c == core.Unknown {
		return "Unknown"
	}
	return c.String()
}
