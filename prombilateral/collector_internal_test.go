package prombilateral

import (
	"reflect"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
	dto "github.com/prometheus/client_model/go"

	"github.com/bitmark-inc/bilateralrpc"
)

// fill gives each number in v a value that no other has, and returns the number after the last.
func fill(v reflect.Value, next int) int {
	for i := range v.NumField() {
		switch field := v.Field(i); field.Kind() {
		case reflect.Struct:
			next = fill(field, next)
		case reflect.Uint64:
			field.SetUint(uint64(next))
			next++
		default:
			field.SetInt(int64(next))
			next++
		}
	}
	return next
}

// A counter that is added to Stats has to be added here too; and none may be told twice, or
// sums over a label would be wrong.
func TestEveryFieldOfStatsIsToldOnce(t *testing.T) {
	var s bilateralrpc.Stats
	end := fill(reflect.ValueOf(&s).Elem(), 1)
	told := make(map[int][]string)
	collect(&s, func(m prometheus.Metric) {
		var d dto.Metric
		if err := m.Write(&d); err != nil {
			t.Fatal(err)
		}
		n := d.GetCounter().GetValue() + d.GetGauge().GetValue()
		told[int(n)] = append(told[int(n)], m.Desc().String())
	})
	for n := 1; n < end; n++ {
		if len(told[n]) != 1 {
			t.Errorf("field %d of Stats is told %d times, want once: %q", n, len(told[n]), told[n])
		}
		delete(told, n)
	}
	if len(told) > 0 {
		t.Errorf("these are of no field: %q", told)
	}
}
