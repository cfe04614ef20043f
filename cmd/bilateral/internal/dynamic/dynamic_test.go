package dynamic_test

import (
	"encoding/json"
	"math"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/bitmark-inc/bilateralrpc/cmd/bilateral/internal/dynamic"
	"github.com/bitmark-inc/bilateralrpc/internal/gobcodec"
	"github.com/bitmark-inc/bilateralrpc/internal/shape"
)

type (
	item struct{ Name string }
	all  struct {
		Count  int8
		Ratio  float64
		Raw    []byte
		When   time.Time
		Item   item
		Items  []item
		ByName map[string]item
		Pair   [2]int
		Any    any
		Next   *all
	}
)

func listingOf(v any) *shape.Listing {
	var d shape.Describer
	d.Add("A.B", reflect.TypeOf(v), reflect.TypeOf(v))
	return d.Listing()
}

// Arguments in JSON arrive as what they say, in the type of the program that is called.
func TestArgumentsArrive(t *testing.T) {
	const text = `{"Count": -5, "Ratio": 0.5, "Raw": "AQI=", "When": "2026-01-02T03:04:05Z", "Item": {"Name": "a"}, "Items": [{"Name": "b"}, {}],
		"ByName": {"k": {"Name": "c"}}, "Pair": [7], "Any": null, "Next": {"Count": 1, "Next": {"Count": 2, "Next": {"Items": [{"Name": "deep"}]}}}}`
	want := all{
		Count: -5, Ratio: 0.5, Raw: []byte{1, 2}, When: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC), Item: item{"a"}, Items: []item{{"b"}, {}},
		ByName: map[string]item{"k": {"c"}}, Pair: [2]int{7, 0},
		Next: &all{Count: 1, Next: &all{Count: 2, Next: &all{Items: []item{{"deep"}}}}},
	}
	args, err := dynamic.Args(listingOf(all{}), 0, []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	b, err := gobcodec.Append(nil, args)
	if err != nil {
		t.Fatal(err)
	}
	var got all
	if err := gobcodec.Decode(b, &got); err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("arrived is %+v, want %+v", got, want)
	}
}

// Nothing that is not meant is sent: each of these says what to type in its place.
func TestArgumentsThatDontFit(t *testing.T) {
	for text, want := range map[string]string{
		`{"count": 1}`:                  `there is no field "count": do you mean "Count"?`,
		`{"Cuont": 1}`:                  `there is no field "Cuont": do you mean "Count"?`,
		`{"Item": {"Title": "x"}}`:      `there is no field "Title" in Item: there are Name`,
		`{"Items": [{}, {"name": ""}]}`: `there is no field "name" in Items[1]: do you mean "Name"?`,
		`{"ByName": {"k": {"N": 1}}}`:   `there is no field "N" in ByName.k: there are Name`,
		`{"Next": {"Next": {"X": 1}}}`:  `there is no field "X" in Next.Next`,
		`{"Count": 300}`:                `Count: want a whole number of 8 bits, not number 300`,
		`{"Count": 1.5}`:                `Count: want a whole number of 8 bits, not number 1.5`,
		`{"Count": "1"}`:                `Count: want a whole number of 8 bits, not string`,
		`{"Item": {"Name": 1}}`:         `Item.Name: want a string, not number`,
		`{"Item": [1]}`:                 `Item: want an object such as {"Name": ""}, not an array`,
		`{"Items": {}}`:                 `Items: want an array such as [{"Name": ""}], not an object`,
		`{"Pair": [1, 2, 3]}`:           `Pair: 3 elements, and there is room for 2`,
		`{"Any": 1}`:                    `Any: it is an interface`,
		`{"Raw": "?"}`:                  `base64`,
		`{"When": "yesterday"}`:         `yesterday`,
		`{"Ratio": "much"}`:             `"much" is no number`,
		`[]`:                            `the arguments: want an object such as {"Count": 0`,
		`{"Count": 1} {}`:               `there is more behind the first value`,
		`{Count: 1}`:                    `the arguments are no JSON`,
		``:                              `the arguments are no JSON`,
	} {
		_, err := dynamic.Args(listingOf(all{}), 0, []byte(text))
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: error %v, want %q", text, err, want)
		}
	}
	deep := strings.Repeat(`{"Next": `, 100) + "{}" + strings.Repeat("}", 100)
	if _, err := dynamic.Args(listingOf(all{}), 0, []byte(deep)); err == nil {
		t.Error("arguments 100 levels deep are taken")
	}
}

// replyOf has a reply go from the type of a program to JSON, as a Call does.
func replyOf(t *testing.T, v any) (string, error) {
	t.Helper()
	b, err := gobcodec.Append(nil, v)
	if err != nil {
		t.Fatal(err)
	}
	r, err := dynamic.NewReply(listingOf(v), 0)
	if err != nil {
		return "", err
	}
	rows := reflect.ValueOf(r.Results()).Elem()
	row := reflect.New(rows.Type().Elem()).Elem()
	if err := gobcodec.DecodeValue(b, row.FieldByName("Reply").Addr()); err != nil {
		t.Fatal(err)
	}
	rows.Set(reflect.Append(rows, row))
	text, err := r.JSON()
	return string(text), err
}

func TestRepliesInJSON(t *testing.T) {
	chain := &all{}
	for range 200 {
		chain = &all{Next: chain}
	}
	type some struct {
		F    float64
		F32  float32
		List []int
		Map  map[string][]int
		Raw  []byte
		Ptr  *item
		Text string
	}
	for _, c := range []struct {
		v    any
		want string
	}{
		{some{F: math.NaN(), F32: float32(math.Inf(-1)), Map: map[string][]int{"k": nil}, Text: "<&>"},
			`{"F":"NaN","F32":"-Inf","List":[],"Map":{"k":[]},"Raw":"","Ptr":null,"Text":"<&>"}`},
		{some{}, `{"F":0,"F32":0,"List":[],"Map":{},"Raw":"","Ptr":null,"Text":""}`},
		{7, "7"},
		{"text", `"text"`},
		{[]item{{"a"}}, `[{"Name":"a"}]`},
		{map[int]bool{3: true}, `{"3":true}`},
		{struct{ At *time.Time }{&time.Time{}}, `{"At":"0001-01-01T00:00:00Z"}`},
	} {
		got, err := replyOf(t, c.v)
		if err != nil || got != c.want || !json.Valid([]byte(got)) {
			t.Errorf("%+v: %s, %v, want %s", c.v, got, err, c.want)
		}
	}
	if got, err := replyOf(t, *chain); err == nil || !strings.Contains(err.Error(), "deeper") {
		t.Errorf("a chain of 200 is shown as %.100s, %v: it must not be shown in part", got, err)
	}
	if got, err := replyOf(t, all{Next: &all{Next: &all{Count: 3}}}); err != nil || !strings.Contains(got, `"Count":3`) {
		t.Errorf("a chain of three is shown as %s, %v", got, err)
	}
}

func TestNearest(t *testing.T) {
	names := []string{"Echo.Echo", "Echo.SumDiff", "Echo.Wait"}
	for name, want := range map[string]string{
		"Echo.SumDif": "Echo.SumDiff", "echo.wait": "Echo.Wait", "Ecoh.Wait": "Echo.Wait", "Store.Put": "", "": "",
	} {
		if got := dynamic.Nearest(name, names); got != want {
			t.Errorf("nearest to %q is %q, want %q", name, got, want)
		}
	}
}
