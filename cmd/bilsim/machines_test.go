package main

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/bitmark-inc/bilateralrpc/internal/campaign"
)

// schema is the part of JSON Schema that docs/bilsim.schema.json is written in.
type schema struct {
	Type       string
	Const      any
	Enum       []any
	Required   []string
	Properties map[string]*schema
	Additional *bool `json:"additionalProperties"`
	Items      *schema
	OneOf      []*schema
}

// fits says whether a value is as a schema has it, and if not, where.
func (s *schema) fits(v any, at string) string {
	switch {
	case s.Const != nil && s.Const != v:
		return at + " is another"
	case s.Enum != nil && !slices.Contains(s.Enum, v):
		return at + " is none of the values"
	}
	kind := map[string]bool{"": true}
	switch x := v.(type) {
	case string:
		kind["string"] = true
	case bool:
		kind["boolean"] = true
	case float64:
		kind["number"], kind["integer"] = true, x == float64(int64(x))
	case []any:
		kind["array"] = true
		for _, item := range x {
			if wrong := s.Items.fits(item, at+"[]"); wrong != "" {
				return wrong
			}
		}
	case map[string]any:
		kind["object"] = true
		if wrong := s.object(x, at); wrong != "" {
			return wrong
		}
	}
	if !kind[s.Type] {
		return at + " is no " + s.Type
	}
	return ""
}

// object looks at the fields of an object.
func (s *schema) object(x map[string]any, at string) string {
	for _, name := range s.Required {
		if _, has := x[name]; !has {
			return at + " has no " + name
		}
	}
	for name, value := range x {
		field := s.Properties[name]
		switch {
		case field != nil:
			if wrong := field.fits(value, at+"."+name); wrong != "" {
				return wrong
			}
		case s.Additional != nil && !*s.Additional:
			return at + " has " + name + " too"
		}
	}
	fit, wrongs := 0, ""
	for _, one := range s.OneOf {
		if wrong := one.fits(x, at); wrong != "" {
			wrongs += "\n  " + wrong
		} else {
			fit++
		}
	}
	if s.OneOf != nil && fit != 1 {
		return at + " is of no type:" + wrongs
	}
	return ""
}

func TestEveryJSONLineIsAsTheSchemaSays(t *testing.T) {
	text, err := os.ReadFile("../../docs/bilsim.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	var lines schema
	if err := json.Unmarshal(text, &lines); err != nil {
		t.Fatal(err)
	}
	names := files(t, holds, fails, misspelt, notReal)
	parts := shards(t, campaign.Range{From: 0, To: 6}, 2, fails)
	findings := filepath.Join(t.TempDir(), "findings.txt")
	seen := map[string]bool{}
	for _, args := range [][]string{
		append([]string{"run", "-json", "-html", t.TempDir()}, names...), {"run", "-json", "-trace", names[1]}, {"run", "-json", "nowhere"},
		{"replay", "-json", "-seed", "3"}, {"hunt", "-json", "-seeds", "0..70", "-vacuous", "0"},
		append([]string{"merge", "-json", "-findings", findings}, parts...),
		{"real", "-json", "-scale", "2", names[0], names[2], names[3]},
	} {
		_, out, _ := bilsim(t, "", args...)
		for line := range strings.Lines(out) {
			var v map[string]any
			if err := json.Unmarshal([]byte(line), &v); err != nil {
				t.Fatalf("%v: %v\n%s", args, err, line)
			}
			if wrong := lines.fits(v, "it"); wrong != "" {
				t.Errorf("%v: %s\n%s", args, wrong, line)
			}
			seen[v["type"].(string)] = true
		}
	}
	for _, kind := range []string{"result", "error", "trace", "summary", "finding", "real"} {
		if !seen[kind] {
			t.Errorf("no line is a %s", kind)
		}
	}
	if wrong := lines.fits(map[string]any{"type": "result", "schema": 1.0}, "it"); wrong == "" {
		t.Error("a result without anything is as the schema says")
	}
}

func TestAJUnitReportHasEveryFile(t *testing.T) {
	names := files(t, holds, fails, misspelt)
	report := filepath.Join(t.TempDir(), "junit.xml")
	if code, out, complaint := bilsim(t, "", append([]string{"run", "-junit", report}, names...)...); code != exitUsage {
		t.Fatalf("exit status %d\n%s%s", code, out, complaint)
	}
	text, err := os.ReadFile(report)
	if err != nil {
		t.Fatal(err)
	}
	var got junitSuites
	if err := xml.Unmarshal(text, &got); err != nil {
		t.Fatal(err)
	}
	s := got.Suite
	if s.Tests != 3 || s.Failures != 1 || s.Errors != 1 || len(s.Cases) != 3 {
		t.Fatalf("it counts %d tests, %d failures, %d errors in %d cases:\n%s", s.Tests, s.Failures, s.Errors, len(s.Cases), text)
	}
	if f := s.Cases[1].Failure; f == nil || f.Type != "E" || !strings.Contains(f.Text, "at 1s crash b") {
		t.Errorf("the failure does not explain itself:\n%s", text)
	}
}

func TestAnnotationsAreTheDefaultInAJobOfGitHub(t *testing.T) {
	names := files(t, holds, fails, misspelt)
	for _, env := range []string{"true", ""} {
		var out, complaint bytes.Buffer
		getenv := func(name string) string { return map[string]string{"GITHUB_ACTIONS": env}[name] }
		dispatch(&console{in: strings.NewReader(""), out: &out, err: &complaint, getenv: getenv}, append([]string{"run"}, names...))
		for _, want := range []string{
			"::error file=" + names[1] + ",line=5,title=bilsim run%3A E%3A What the scenario expects happens.::E at 2",
			"::error file=" + names[2] + ",line=3,col=7,title=bilsim run%3A can't be read::nothing is called \"crush\"",
		} {
			if strings.Contains(out.String(), want) != (env == "true") {
				t.Errorf("GITHUB_ACTIONS=%q, and looked for %s in\n%s", env, want, &out)
			}
		}
	}
}

func TestArtifactsAreNamedByScenarioAndSeed(t *testing.T) {
	folder := filepath.Join(t.TempDir(), "a", "b")
	name := files(t, strings.Replace(fails, "peers", "seed 9\npeers", 1))[0]
	_, out, complaint := bilsim(t, "", "run", "-html", folder, name)
	for _, file := range []string{"a-seed9.txt", "a-seed9.sim", "a-seed9.html"} {
		text, err := os.ReadFile(filepath.Join(folder, file))
		if err != nil || !strings.Contains(string(text), "crash b") || !strings.Contains(out, file) {
			t.Errorf("%s: %v %s\n%s%s", file, err, text, out, complaint)
		}
	}
	if code, out, complaint := bilsim(t, "", "run", filepath.Join(folder, "a-seed9.sim")); code != exitViolation {
		t.Errorf("the smallest scenario ends with exit status %d\n%s%s", code, out, complaint)
	}
}

func TestKeepGoing(t *testing.T) {
	names := files(t, fails, holds)
	for flag, want := range map[string]int{"-keep-going": 1, "-keep-going=false": 0} {
		_, out, _ := bilsim(t, "", "run", flag, names[0], names[1])
		if got := strings.Count(out, "ok    "); got != want {
			t.Errorf("%s: %d files hold, want %d:\n%s", flag, got, want, out)
		}
	}
}

func TestProgress(t *testing.T) {
	p := progress{done: 500, all: 2000, next: 512, violations: 1, elapsed: 10 * time.Second}
	if got, want := p.bar(), "[######..................]  25%  500 of 2000 seeds, 50/s, 30s left, 1 violations, next 512"; got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	p.limit = 20 * time.Second // it ends before the seeds do
	if left, ok := p.left(); !ok || left != 10*time.Second {
		t.Errorf("%v left, want 10s", left)
	}
	if _, ok := (&progress{all: 5}).left(); ok {
		t.Error("at the start nobody knows how long it takes")
	}
}

func TestCompletion(t *testing.T) {
	for _, c := range []struct {
		args []string
		want string
	}{
		{[]string{"complete", "--", "hu"}, "hunt\n"},
		{[]string{"complete", "--", "hunt", "-camp"}, "-campaign\n"},
		{[]string{"complete", "--", "replay", "-model", "a"}, "adversarial\n"},
		{[]string{"complete", "--", "completion", ""}, "bash\nzsh\nfish\n"},
		{[]string{"complete", "--", "run", "x"}, ""},
	} {
		if _, out, _ := bilsim(t, "", c.args...); out != c.want {
			t.Errorf("%v: %q, want %q", c.args, out, c.want)
		}
	}
	for _, shell := range []string{"bash", "zsh", "fish"} {
		if code, out, _ := bilsim(t, "", "completion", shell); code != exitFine || !strings.Contains(out, "bilsim complete -- ") {
			t.Errorf("%s: exit status %d, %s", shell, code, out)
		}
	}
	if code, _, complaint := bilsim(t, "", "completion", "cmd"); code != exitUsage || !strings.Contains(complaint, "bash, zsh or fish") {
		t.Errorf("exit status %d, %s", code, complaint)
	}
	if _, _, complaint := bilsim(t, "", "hnut"); !strings.Contains(complaint, "did you mean hunt?") {
		t.Error(complaint)
	}
}
