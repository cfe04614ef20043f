package debugbilateral

import (
	"fmt"
	"reflect"
	"strings"
	"unicode"

	"github.com/bitmark-inc/bilateralrpc"
)

// counters returns stats under names for JSON. They are found by reflection, so that a
// counter that is added to bilateralrpc.Stats is told without a word here.
func counters(stats *bilateralrpc.Stats) map[string]any {
	return named(reflect.ValueOf(stats).Elem())
}

func named(v reflect.Value) map[string]any {
	all := make(map[string]any, v.NumField())
	for i := range v.NumField() {
		name, field := snake(v.Type().Field(i).Name), v.Field(i)
		if field.Kind() == reflect.Struct {
			all[name] = named(field)
		} else {
			all[name] = field.Interface()
		}
	}
	return all
}

// snake writes a name of Go as one of JSON: SendsRefused is sends_refused.
func snake(name string) string {
	var s strings.Builder
	for i, r := range name {
		if unicode.IsUpper(r) && i > 0 {
			s.WriteByte('_')
		}
		s.WriteRune(unicode.ToLower(r))
	}
	return s.String()
}

// group is some of the counters, for the page.
type group struct {
	Title    string
	Empty    string // what is said in place of an empty list
	Counters []counter
	Out      bool // the counters have two values: in, and out
}

type counter struct{ Name, Value, Out string }

// places says where on the page the counters stand that are not in a group of their own.
var places = []struct {
	title string
	names []string
}{
	{"Calls", []string{"calls", "casts", "calls_pending", "serving", "resends", "replies_lost", "sends_refused"}},
	{"Connections", []string{"peers", "active_peers", "links_accepted", "dials", "turned_away", "links_refused", "malformed"}},
	{"Held", []string{"bytes_held", "bytes_refused", "timers", "workers"}},
}

// groups arranges counters for the page.
func groups(all map[string]any) []group {
	var out []group
	for _, place := range places {
		g := group{Title: place.title}
		for _, name := range place.names {
			g.Counters = append(g.Counters, counter{Name: words(name), Value: value(name, all[name])})
		}
		out = append(out, g)
	}
	return append(out,
		group{Title: "Outcomes", Empty: "No call has ended yet.", Counters: nested[bilateralrpc.OutcomeCounts](all["outcomes"], nil)},
		group{Title: "Frames", Empty: "No frame yet.", Out: true,
			Counters: nested[bilateralrpc.FrameCounts](all["frames_in"], all["frames_out"])},
		group{Title: "Drops", Empty: "Nothing of what peers sent was ignored.", Counters: nested[bilateralrpc.DropCounts](all["drops"], nil)},
		group{Title: "Refusals", Empty: "Nothing that was asked of this node was refused.",
			Counters: nested[bilateralrpc.RefusalCounts](all["refusals"], nil)})
}

// nested lists the counters of one of the groups of Stats that are not zero, in the order of
// its fields.
func nested[T any](in, out any) (list []counter) {
	first, _ := in.(map[string]any)
	second, _ := out.(map[string]any)
	t := reflect.TypeFor[T]()
	for i := range t.NumField() {
		name := snake(t.Field(i).Name)
		c := counter{Name: words(name), Value: value(name, first[name])}
		if second != nil {
			c.Out = value(name, second[name])
		}
		if c.Value != "0" || second != nil && c.Out != "0" {
			list = append(list, c)
		}
	}
	return list
}

func words(name string) string { return strings.ReplaceAll(name, "_", " ") }

func value(name string, v any) string {
	if n, ok := v.(int); ok && name == "bytes_held" && n >= 1<<10 {
		if n >= 1<<20 {
			return fmt.Sprintf("%.1f MiB", float64(n)/(1<<20))
		}
		return fmt.Sprintf("%.1f KiB", float64(n)/(1<<10))
	}
	return fmt.Sprint(v)
}
