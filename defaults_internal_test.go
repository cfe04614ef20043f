package bilateralrpc

import (
	"go/ast"
	"go/parser"
	"go/token"
	"reflect"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/bitmark-inc/bilateralrpc/core"
	"github.com/bitmark-inc/bilateralrpc/zmqio"
)

// The comments of Config, Timing and Limits say what a zero means. This compares
// them with what the machine and the transports then get.
func TestTheDocumentedDefaultsAreTheRealOnes(t *testing.T) {
	for _, file := range []string{"timing.go", "core/config.go"} {
		checkDefaults(t, file, "Timing", core.DefaultTiming(), nil)
		checkDefaults(t, file, "Limits", core.DefaultLimits(), nil)
	}
	checkDefaults(t, "timing.go", "Limits", defaultLimits(t).Interface(), nil)
	checkDefaults(t, "config.go", "Config", transportDefaults(t), transportSettings)
}

// transportSettings are the fields of Config that transports get as they are.
var transportSettings = []string{"SendQueueMax", "HandshakeTimeout", "HeartbeatInterval", "HeartbeatTimeout", "Linger"}

// transportDefaults returns what a transport gets by default.
func transportDefaults(t *testing.T) zmqio.TransportConfig {
	t.Helper()
	var got capture
	b, err := New(Config{Network: "n", Name: "x", Transport: &got})
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	_ = b.ListenOn("capture://")
	return got.config
}

// capture is a transport that can't be opened, and keeps what it was told.
type capture struct{ config zmqio.TransportConfig }

func (*capture) Schemes() []string { return []string{"capture"} }

func (c *capture) Open(_ zmqio.Sink, config zmqio.TransportConfig) (zmqio.Carrier, error) {
	c.config = config
	return nil, ErrBadAddress
}

// checkDefaults compares the fields of defaults (only those named, if any are)
// with the comments on the fields of the same names in a struct of a file here.
func checkDefaults(t *testing.T, file, typeName string, defaults any, only []string) {
	t.Helper()
	comments := fieldComments(t, file, typeName)
	v := reflect.ValueOf(defaults)
	if only == nil {
		for i := range v.NumField() {
			only = append(only, v.Type().Field(i).Name)
		}
	}
	for _, name := range only {
		if !says(comments[name], name, v.FieldByName(name).Interface()) {
			t.Errorf("%s.%s is %v by default; its comment says %q", typeName, name, v.FieldByName(name), comments[name])
		}
	}
}

// says reports whether a comment names the value: as a number with commas, in MiB, as
// a duration with its unit, or by the constant of that value. Where one comment is
// for two fields, the value follows the field's name.
func says(comment, field string, value any) bool {
	if _, after, ok := strings.Cut(comment, field+" ("); ok {
		comment = after
	}
	var texts []string
	switch v := value.(type) {
	case time.Duration:
		texts = append(texts, strconv.FormatInt(v.Milliseconds(), 10)+" ms")
		if v%time.Second == 0 {
			texts = append(texts, strconv.Itoa(int(v/time.Second))+" s")
		}
	case int64:
		return says(comment, field, int(v))
	case int:
		texts = append(texts, thousands(v))
		if v%(1<<20) == 0 {
			texts = append(texts, strconv.Itoa(v>>20)+" MiB")
		}
	}
	for name, constant := range documentedConstants {
		if constant == value {
			texts = append(texts, name)
		}
	}
	for _, text := range texts {
		if i := strings.Index(comment, text); i >= 0 && (i == 0 || strings.Contains(" (", comment[i-1:i])) {
			return true
		}
	}
	return false
}

var documentedConstants = map[string]any{
	"FIRST_START_TIME": FIRST_START_TIME, "FIRST_JOIN_TIME": FIRST_JOIN_TIME, "JOIN_TIME": JOIN_TIME,
	"LIVE_TIME": LIVE_TIME, "RETRY_TIME": RETRY_TIME, "SERVE_TIME": SERVE_TIME, "BASE_PART_TIME": BASE_PART_TIME,
	"RAND_PART_TIME": RAND_PART_TIME, "LINGER_TIME": LINGER_TIME, "MAXIMUM_JOINS": MAXIMUM_JOINS, "MAXIMUM_BACKOFF": MAXIMUM_BACKOFF,
}

func thousands(n int) string {
	s := strconv.Itoa(n)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

// fieldComments returns the comments of the fields of a struct, by their names.
func fieldComments(t *testing.T, file, typeName string) map[string]string {
	t.Helper()
	parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.ParseComments)
	if err != nil {
		t.Fatal(err)
	}
	comments := map[string]string{}
	ast.Inspect(parsed, func(n ast.Node) bool {
		spec, ok := n.(*ast.TypeSpec)
		if !ok || spec.Name.Name != typeName {
			return true
		}
		for _, f := range spec.Type.(*ast.StructType).Fields.List {
			for _, name := range f.Names {
				comments[name.Name] = strings.ReplaceAll(f.Doc.Text()+f.Comment.Text(), "\n", " ")
			}
		}
		return false
	})
	return comments
}

// Every limit of the machine can be set.
func TestLimitsReachTheMachine(t *testing.T) {
	var l Limits
	v := reflect.ValueOf(&l).Elem()
	for i := range v.NumField() {
		v.Field(i).SetInt(int64(i + 1))
	}
	machine := reflect.ValueOf(l.protocol())
	for i := range machine.NumField() {
		name := machine.Type().Field(i).Name
		if got, want := machine.Field(i).Int(), v.FieldByName(name).Int(); got != want {
			t.Errorf("%s of the machine is %d, want %d", name, got, want)
		}
	}
}
