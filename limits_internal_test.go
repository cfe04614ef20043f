package bilateralrpc

import (
	"go/ast"
	"go/constant"
	"go/parser"
	"go/token"
	"go/types"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/bitmark-inc/bilateralrpc/core"
)

// limitRows returns the second column of the tables of docs/LIMITS.md by the first.
func limitRows(t *testing.T) map[string]string {
	t.Helper()
	text, err := os.ReadFile("docs/LIMITS.md")
	if err != nil {
		t.Fatal(err)
	}
	rows := map[string]string{}
	for _, row := range regexp.MustCompile("(?m)^\\| `([^`]+)` \\| ([^|]+) \\|").FindAllStringSubmatch(string(text), -1) {
		if rows[row[1]] != "" {
			t.Errorf("docs/LIMITS.md has two rows for %s", row[1])
		}
		rows[row[1]] = row[2]
	}
	return rows
}

// The table has a row for each limit that can be set, with its real default.
func TestTheTableOfLimitsIsComplete(t *testing.T) {
	rows := limitRows(t)
	compare := func(name string, value any) {
		if row := rows[name]; row == "" {
			t.Errorf("docs/LIMITS.md has no row for %s", name)
		} else if !says(row, name, value) {
			t.Errorf("%s is %v by default; docs/LIMITS.md says %q", name, value, row)
		}
	}
	defaults := defaultLimits(t)
	for i := range defaults.NumField() {
		compare(defaults.Type().Field(i).Name, defaults.Field(i).Interface())
	}
	settings := reflect.ValueOf(transportDefaults(t))
	for _, name := range transportSettings {
		compare(name, settings.FieldByName(name).Interface())
	}
}

// defaultLimits returns Limits with a default in every field.
func defaultLimits(t *testing.T) reflect.Value {
	t.Helper()
	driver := func(name string) int64 {
		value := constantOf(t, "zmqio/", name)
		if value == nil {
			t.Fatalf("package zmqio has no constant %s", name)
		}
		return *value
	}
	l := Limits{
		ValueBytesMax: valueBytesMaxDefault,
		PeerBytesMax:  driver("peerBytesDefault"), NodeBytesMax: driver("nodeBytesDefault"),
		LinksMax: int(driver("linksDefaultMax")), LinksPeerMax: int(driver("linksPeerDefault")),
	}
	v, machine := reflect.ValueOf(&l).Elem(), reflect.ValueOf(core.DefaultLimits())
	for i := range machine.NumField() {
		v.FieldByName(machine.Type().Field(i).Name).Set(machine.Field(i))
	}
	for i := range v.NumField() {
		if v.Field(i).IsZero() {
			t.Errorf("Limits.%s has no default here", v.Type().Field(i).Name)
		}
	}
	return v
}

// The constants in the table have the values that it says.
func TestTheTableOfConstantsIsTrue(t *testing.T) {
	found := 0
	for name, row := range limitRows(t) {
		dir, constantName := filepath.Split(strings.Replace(name, ".", "/", 1))
		if dir == "" {
			continue // a field
		}
		value := constantOf(t, dir, constantName)
		switch found++; {
		case value == nil:
			t.Errorf("docs/LIMITS.md has %s, which is no constant of %s", constantName, dir)
		case !says(row, name, int(*value)) && !says(row, name, time.Duration(*value)):
			t.Errorf("%s is %d; docs/LIMITS.md says %q", name, *value, row)
		}
	}
	if found < 20 {
		t.Errorf("only %d constants were found in docs/LIMITS.md", found)
	}
}

// constantOf returns the value of a constant of the package in dir, whose expression
// has nothing in it but numbers, durations and constants of the same package; nil if there is none.
func constantOf(t *testing.T, dir, name string) (value *int64) {
	t.Helper()
	files, err := filepath.Glob(dir + "*.go")
	if err != nil || len(files) == 0 {
		t.Fatalf("no files in %q: %v", dir, err)
	}
	for _, file := range files {
		source, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		parsed, err := parser.ParseFile(token.NewFileSet(), file, source, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(parsed, func(n ast.Node) bool {
			spec, ok := n.(*ast.ValueSpec)
			if ok && spec.Names[0].Name == name && len(spec.Values) == 1 {
				v := spec.Values[0]
				value = evaluate(t, dir, string(source[v.Pos()-parsed.FileStart:v.End()-parsed.FileStart]))
			}
			return true
		})
	}
	return value
}

func evaluate(t *testing.T, dir, expression string) *int64 {
	t.Helper()
	expression = strings.NewReplacer("time.Millisecond", "1000000", "time.Second", "1000000000").Replace(expression)
	expression = regexp.MustCompile(`[A-Za-z]\w*`).ReplaceAllStringFunc(expression, func(name string) string {
		if value := constantOf(t, dir, name); value != nil {
			return strconv.FormatInt(*value, 10)
		}
		return name
	})
	got, err := types.Eval(token.NewFileSet(), nil, token.NoPos, expression)
	if err != nil {
		t.Fatal(err)
	}
	n, ok := constant.Int64Val(got.Value)
	if !ok {
		t.Fatalf("%s is no number", expression)
	}
	return &n
}
