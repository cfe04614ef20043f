package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// program has a mutant of every operator. It prints what its functions return.
const program = `package main

import (
	"fmt"
	"time"
)

const three = 3

type half uint8

var table = [...]half{0: 1, 1: 2}

func both(a, b bool) bool { return a && b }

func less(a, b int) int {
	if a < b {
		return 7
	}
	return 8
}

func sum(list []int) (n int, ok bool) {
	for _, v := range list {
		n += v
	}
	return n, true
}

func add(a, b int) int { return a + min(b, three) }

func wait(k uint) time.Duration { return time.Second << k }

func kind(h half) string {
	s := "other"
	switch h {
	case 2:
		s = "two"
		s += "!"
	}
	return s
}

func main() {
	n, ok := sum([]int{1, 2})
	fmt.Println(both(true, false), less(1, 2), less(2, 2), n, ok, add(1, 5), wait(1), kind(table[1]), "of")
}
`

// mistakes is what each mutant of program prints, as far as it can be read off
// the program: the first one is the program itself.
var mistakes = []string{
	`false 7 8 3 true 4 2s two! of`,
	`(table): add 1: 1 -> false 7 8 3 true 4 2s two! of`,
	`(table): add 1: 2 -> false 7 8 3 true 4 2s other of`,
	`both: drop the left operand: a && b -> false 7 8 3 true 4 2s two! of`,
	`both: drop the right operand: a && b -> true 7 8 3 true 4 2s two! of`,
	`less: negate: a < b -> false 8 7 3 true 4 2s two! of`,
	`less: move the boundary: a < b -> false 7 7 3 true 4 2s two! of`,
	`less: add 1: 7 -> false 8 8 3 true 4 2s two! of`,
	`less: add 1: 8 -> false 7 9 3 true 4 2s two! of`,
	`sum: remove: n += v -> false 7 8 0 true 4 2s two! of`,
	`sum: swap the operator: n += v -> false 7 8 -3 true 4 2s two! of`,
	`sum: return zero: return n, true -> false 7 8 0 false 4 2s two! of`,
	`sum: flip: true -> false 7 8 3 false 4 2s two! of`,
	`add: return zero: return a + min(b, three) -> false 7 8 3 true 0 2s two! of`,
	`add: swap the operator: a + min(b, three) -> false 7 8 3 true -2 2s two! of`,
	`add: swap the operator: min(b, three) -> false 7 8 3 true 6 2s two! of`,
	`add: add 1: three -> false 7 8 3 true 5 2s two! of`,
	`wait: return zero: return time.Second << k -> false 7 8 3 true 4 0s two! of`,
	`wait: swap the operator: time.Second << k -> false 7 8 3 true 4 500ms two! of`,
	`wait: add 1: time.Second -> false 7 8 3 true 4 4s two! of`,
	`kind: empty the case: s = "two" -> false 7 8 3 true 4 2s other of`,
	`kind: add 1: 2 -> false 7 8 3 true 4 2s other of`,
	`kind: remove: s = "two" -> false 7 8 3 true 4 2s other! of`,
	`kind: remove: s += "!" -> false 7 8 3 true 4 2s two of`,
	`kind: return zero: return s -> false 7 8 3 true 4 2s  of`,
}

func TestEveryOperatorMakesItsMistake(t *testing.T) {
	dir := t.TempDir()
	write(t, filepath.Join(dir, "main.go"), program)
	pkg, err := Mutate(dir)
	if err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(dir, "go.mod"), "module program\n\ngo 1.25\n")
	for name, source := range pkg.Files {
		write(t, filepath.Join(dir, name), string(source))
	}
	build := exec.Command("go", "build", "-o", "program", ".")
	build.Dir = dir
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("the woven program does not compile: %v\n%s\n%s", err, out, pkg.Files["main.go"])
	}
	run := func(id int) string {
		c := exec.Command(filepath.Join(dir, "program"))
		c.Env = append(os.Environ(), fmt.Sprintf("MUTANT=%d", id))
		out, err := c.CombinedOutput()
		if err != nil {
			t.Fatalf("mutant %d: %v\n%s", id, err, out)
		}
		return strings.TrimSuffix(string(out), "\n")
	}
	seen := map[string]bool{}
	got := []string{run(0)}
	for _, m := range pkg.Mutants {
		seen[m.Operator] = true
		if m.Function == "main" {
			continue
		}
		got = append(got, strings.TrimPrefix(m.Key(), "main.go ")+" -> "+run(m.ID))
	}
	for _, op := range operators {
		if !seen[op] {
			t.Errorf("program has no mutant of operator %q", op)
		}
	}
	if !slices.Equal(got, mistakes) {
		t.Errorf("got:\n%s\nwant:\n%s", strings.Join(got, "\n"), strings.Join(mistakes, "\n"))
	}
}

func write(t *testing.T, name, text string) {
	t.Helper()
	if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

func TestReasons(t *testing.T) {
	name := filepath.Join(t.TempDir(), "reasons.txt")
	write(t, name, "// A comment.\na.go f: remove: x = 1\na.go g: *\n\tNobody\n\treads it.\n\na.go h: negate: y #2\n  Never.\n")
	r, err := readReasons(name)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		m    Mutant
		want string
	}{
		{Mutant{File: "a.go", Function: "f", Operator: "remove", Source: "x = 1"}, "Nobody reads it."},
		{Mutant{File: "a.go", Function: "f", Operator: "remove", Source: "x = 1", nth: 2}, ""},
		{Mutant{File: "a.go", Function: "g", Operator: "flip", Source: "true"}, "Nobody reads it."},
		{Mutant{File: "b.go", Function: "g", Operator: "flip", Source: "true"}, ""},
	} {
		if got := r.of(&c.m); got != c.want {
			t.Errorf("%v: reason %q, want %q", c.m.Key(), got, c.want)
		}
	}
	if got := r.unused(); !slices.Equal(got, []string{"a.go h: negate: y #2"}) {
		t.Errorf("unused: %q", got)
	}
	for _, text := range []string{"\tno mutant\n", "a.go f: remove: x = 1\n"} {
		write(t, name, text)
		if _, err := readReasons(name); err == nil || !strings.Contains(err.Error(), "reasons.txt") {
			t.Errorf("%q: error %v, want one that names the file", text, err)
		}
	}
}

func TestScoreCountsWhatRanAwayAsNotKilled(t *testing.T) {
	m := &Mutant{File: "a.go", Operator: opRemove}
	b := &battery{}
	r := newReport([]result{{m, killed, b, ""}, {m, killed, b, ""}, {m, ranAway, b, ""}, {m, survived, nil, "exercised by 3 of 300 seeds"}}, &reasons{}, &suite{batteries: []*battery{b}}, 0, true)
	if got := r.total.score(); got != 50 {
		t.Errorf("score %v, want 50", got)
	}
	var text strings.Builder
	if r.survivors(&text); !strings.Contains(text.String(), "(exercised by 3 of 300 seeds)") || !strings.Contains(text.String(), "(ran away)") {
		t.Errorf("the report does not say whether what survived was exercised:\n%s", text.String())
	}
	if r.good() || len(r.unreasoned) != 2 {
		t.Errorf("good %v with %d mutants without a reason, want false with 2", r.good(), len(r.unreasoned))
	}
}

func TestRecordKeepsWhatWasKilled(t *testing.T) {
	name := filepath.Join(t.TempDir(), "verdicts")
	b := &battery{Name: "a battery"}
	dead := &Mutant{File: "a.go", Function: "f", Operator: opRemove, Source: "x = 1", hash: "01"}
	alive := &Mutant{File: "a.go", Function: "f", Operator: opRemove, Source: "x = 2", hash: "01"}
	r, err := openRecord(name)
	if err != nil {
		t.Fatal(err)
	}
	for _, res := range []result{{dead, killed, b, ""}, {alive, survived, nil, ""}} {
		if err := r.add(res); err != nil {
			t.Fatal(err)
		}
	}
	r.file.Close()
	if r, err = openRecord(name); err != nil {
		t.Fatal(err)
	}
	defer r.file.Close()
	changed := *dead
	changed.hash = "02"
	if r.killed(dead) != b.Name || r.killed(alive) != "" || r.killed(&changed) != "" {
		t.Errorf("killed by %q, %q, %q; want only the first, since the second was not and the third's file is another",
			r.killed(dead), r.killed(alive), r.killed(&changed))
	}
	write(t, name, "not a verdict\n")
	if _, err := openRecord(name); err == nil || !strings.Contains(err.Error(), name+":1") {
		t.Errorf("error %v, want one that names the line", err)
	}
}
