package main

import (
	"archive/zip"
	"bufio"
	"bytes"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	fuzz "github.com/AdaLogics/go-fuzz-headers"
)

const root = "../.."

// taken takes arguments of the types of those from an input, as the targets that OSS-Fuzz
// builds do it.
func taken(t *testing.T, input []byte, like []any) (values []any) {
	t.Helper()
	c := fuzz.NewConsumer(input)
	for _, v := range like {
		var x any
		var err error
		switch v.(type) {
		case []byte:
			x, err = c.GetBytes()
		case string:
			x, err = c.GetString()
		case bool:
			x, err = c.GetBool()
		case uint8:
			x, err = c.GetByte()
		case uint16:
			x, err = c.GetUint16()
		case uint64:
			x, err = c.GetUint64()
		case int64:
			var u uint64
			u, err = c.GetUint64()
			x = int64(u)
		case float64:
			x, err = c.GetFloat64()
		}
		if err != nil {
			t.Fatalf("%#v can't be taken from %x: %v", like, input, err)
		}
		values = append(values, x)
	}
	return values
}

func TestTheTargetTakesWhatWasPutIn(t *testing.T) {
	for text, want := range map[string][]any{
		"[]byte(\"ab\\x00\\xff\")":   {[]byte("ab\x00\xff")},
		"[]byte(\"\")":               {[]byte{}},
		"string(\"\")":               {""},
		"[]byte(\"\")\n[]byte(\"\")": {[]byte{}, []byte{}},
		"byte('<')\nint64(-101)\nuint64(46)\nfloat64(-0.5)\nbool(true)":        {uint8('<'), int64(-101), uint64(46), -0.5, true},
		"uint16(65535)\nuint8(7)\n[]byte(\"\")\nstring(\"x\")":                 {uint16(65535), uint8(7), []byte{}, "x"},
		"math.Float64frombits(0x7ff0000000000000)\nfloat64(-Inf)\nbool(false)": {math.Inf(1), math.Inf(-1), false},
		"byte('\\x04')\n[]byte(\"0123456789012345678901234567890123\")":        {uint8(4), []byte("0123456789012345678901234567890123")},
	} {
		values, err := parse(version + "\n" + text + "\n")
		if err != nil || !reflect.DeepEqual(values, want) {
			t.Errorf("%s: %#v, %v, want %#v", text, values, err, want)
			continue
		}
		input, err := encode(values)
		if err != nil {
			t.Error(err)
			continue
		}
		if got := taken(t, input, want); !reflect.DeepEqual(got, want) {
			t.Errorf("%s: %x is %#v, want %#v", text, input, got, want)
		}
	}
	for _, text := range []string{"", "hello", version + "\n7", version + "\nint32(7)", version + "\nbyte(300)", version + "\nstring(x)"} {
		if values, err := parse(text); err == nil {
			t.Errorf("%q is %v", text, values)
		}
	}
}

// target is a line of targets.txt.
type target struct {
	folder, function, dictionary string
	patterns                     []string
}

func targets(t *testing.T) (all []target) {
	t.Helper()
	text, err := os.ReadFile(root + "/.clusterfuzzlite/targets.txt")
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(text)) {
		if words := strings.Fields(line); len(words) > 2 && words[0] != "#" {
			all = append(all, target{words[0], words[1], words[2], words[3:]})
		}
	}
	return all
}

func TestEveryTargetIsListed(t *testing.T) {
	var want, got []string
	function := regexp.MustCompile(`(?m)^func (Fuzz\w+)\(f \*testing\.F\)`)
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, "_test.go") {
			return err
		}
		text, err := os.ReadFile(path)
		for _, m := range function.FindAllStringSubmatch(string(text), -1) {
			folder, _ := filepath.Rel(root, filepath.Dir(path))
			want = append(want, filepath.ToSlash(folder)+" "+m[1])
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, x := range targets(t) {
		got = append(got, x.folder+" "+x.function)
	}
	slices.Sort(want)
	slices.Sort(got)
	if !slices.Equal(got, want) {
		t.Errorf("targets.txt has\n%s\nand the repository\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

func TestEverySeedIsPacked(t *testing.T) {
	for _, x := range targets(t) {
		out := filepath.Join(t.TempDir(), "seeds.zip")
		if err := pack(root, out, x.folder, x.function, x.patterns); err != nil {
			t.Fatal(err)
		}
		z, err := zip.OpenReader(out)
		if err != nil {
			t.Fatal(err)
		}
		seeds, err := filepath.Glob(filepath.Join(root, x.folder, "testdata/fuzz", x.function, "*"))
		if err != nil {
			t.Fatal(err)
		}
		if len(z.File) < len(seeds) || len(x.patterns) > 0 && len(z.File) == len(seeds) {
			t.Errorf("%s: %d of %d seeds and files for %v are packed", x.function, len(z.File), len(seeds), x.patterns)
		}
		for _, f := range z.File {
			if f.UncompressedSize64 == 0 {
				t.Errorf("%s: the seed %s is empty", x.function, f.Name)
			}
		}
		if err := z.Close(); err != nil {
			t.Fatal(err)
		}
	}
	if err := pack(root, filepath.Join(t.TempDir(), "x.zip"), "fuzz", "FuzzScenario", []string{"nothing/*.sim"}); err == nil {
		t.Error("a pattern that names nothing is no mistake")
	}
}

// entry is a line of a dictionary, by libFuzzer's rules.
var entry = regexp.MustCompile(`^(?:\w+(?:@\d+)?=)?"(?:\\x[0-9a-fA-F]{2}|\\\\|\\"|[^"\\\x00-\x1f\x7f-\xff])+"$`)

func TestDictionariesCanBeRead(t *testing.T) {
	used := map[string]bool{}
	for _, x := range targets(t) {
		used[x.dictionary] = true
	}
	files, err := os.ReadDir(root + "/.clusterfuzzlite/dictionaries")
	if err != nil || len(files) != len(used)-1 { // "-" is none
		t.Fatalf("%v, %d dictionaries, used are %v", err, len(files), used)
	}
	for _, f := range files {
		text, err := os.ReadFile(filepath.Join(root, ".clusterfuzzlite/dictionaries", f.Name()))
		if err != nil || !used[f.Name()] {
			t.Fatalf("%v, %s is used: %t", err, f.Name(), used[f.Name()])
		}
		seen := map[string]bool{}
		lines := bufio.NewScanner(bytes.NewReader(text))
		for lines.Scan() {
			line := lines.Text()
			if line == "" || strings.HasPrefix(line, "#") {
				continue
			}
			if !entry.MatchString(line) || seen[line] {
				t.Errorf("%s: %s is no entry, or there twice", f.Name(), line)
			}
			seen[line] = true
		}
	}
	for _, wrong := range []string{`word`, `""`, `"a"b"`, `"\n"`, `"\x1"`} {
		if entry.MatchString(wrong) {
			t.Errorf("%s is taken for an entry", wrong)
		}
	}
}
