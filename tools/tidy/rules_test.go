package tidy

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

var (
	ruleStart = regexp.MustCompile(`^(\d+\.\d+) `)
	quoteForm = regexp.MustCompile(`PROTOCOL (\d+\.\d+): "([^"]+)"`)
	spaces    = regexp.MustCompile(`\s+`)
	// A comment goes on in the next line.
	commentBreak = regexp.MustCompile(`\n\s*//\s*`)
)

// rulesOf returns the text of every numbered rule of a protocol document.
func rulesOf(document string) map[string]string {
	rules := map[string]string{}
	var current string
	for line := range strings.Lines(document) {
		if m := ruleStart.FindStringSubmatch(line); m != nil {
			current = m[1]
		} else if strings.HasPrefix(line, "#") {
			current = ""
		}
		if current != "" {
			rules[current] += " " + line
		}
	}
	for n, text := range rules {
		rules[n] = normal(text)
	}
	return rules
}

func normal(text string) string {
	return strings.TrimSpace(spaces.ReplaceAllString(strings.ReplaceAll(text, "**", ""), " "))
}

// misquotes returns the quotes in a file, of Go or of anything else, that the
// rules don't contain. A quote may end before its sentence does.
func misquotes(source string, rules map[string]string) []string {
	source = commentBreak.ReplaceAllString(source, " ")
	var wrong []string
	for _, m := range quoteForm.FindAllStringSubmatch(source, -1) {
		if m[2] == "..." {
			continue // prose that shows what a quote looks like
		}
		quoted := strings.TrimSuffix(normal(m[2]), ".")
		text := rules[m[1]]
		lower := strings.ToLower(quoted[:1]) + quoted[1:] // a sentence may begin in the middle of the rule's
		if !strings.Contains(text, quoted) && !strings.Contains(text, lower) {
			wrong = append(wrong, m[0])
		}
	}
	return wrong
}

// Every file counts, whatever its name is: of tests, of nested modules, prose.
func TestQuotedRulesStandInTheProtocol(t *testing.T) {
	rules := rulesOf(protocol(t))
	quotes := 0
	eachFile(t, func(name, source string) {
		quotes += len(quoteForm.FindAllString(source, -1))
		for _, quote := range misquotes(source, rules) {
			t.Errorf("%s quotes what docs/PROTOCOL.md does not say:\n\t%s", name, quote)
		}
	})
	if quotes == 0 {
		t.Error("no file quotes a rule: the check looks at nothing")
	}
}

// eachFile calls f with the name and the content of every file of the tree.
func eachFile(t *testing.T, f func(name, source string)) {
	t.Helper()
	err := filepath.WalkDir(root, func(name string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && d.Name() == ".git":
			return filepath.SkipDir
		case !d.Type().IsRegular():
			return nil
		}
		source, err := os.ReadFile(name)
		if err == nil {
			f(name, string(source))
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// protocol returns the text of docs/PROTOCOL.md.
func protocol(t *testing.T) string {
	t.Helper()
	document, err := os.ReadFile(filepath.Join(root, "docs", "PROTOCOL.md"))
	if err != nil {
		t.Fatal(err)
	}
	return string(document)
}

// Each row of the table of deviations is marked where it is implemented.
func TestDeviationsAreMarked(t *testing.T) {
	marks := map[string]bool{}
	eachFile(t, func(name, source string) {
		if !strings.HasSuffix(name, ".go") || strings.HasSuffix(name, "_test.go") {
			return
		}
		for _, m := range regexp.MustCompile(`DEVIATION (D\d+)`).FindAllStringSubmatch(source, -1) {
			marks[m[1]] = true
		}
	})
	for _, row := range regexp.MustCompile(`(?m)^\| (D\d+) \|`).FindAllStringSubmatch(protocol(t), -1) {
		if !marks[row[1]] {
			t.Errorf("docs/PROTOCOL.md has a deviation %s that no code marks with `DEVIATION %s`", row[1], row[1])
		}
		delete(marks, row[1])
	}
	for mark := range marks {
		t.Errorf("the code marks a deviation %s that docs/PROTOCOL.md does not list", mark)
	}
}

func TestMisquotesAreFound(t *testing.T) {
	rules := rulesOf("## 1. X\n\n1.1 A **node** has\na name. It is short.\n\n1.2 Other.\n")
	// The word stands apart from the numbers, so that these are no quotes of this file.
	const word = "// PROTOCOL "
	good := word + "1.1: \"It is short.\"\n\t" + word + "1.1: \"A node has a\n\t// name.\"\n" + word + "1.1: \"A\nnode\""
	if wrong := misquotes(good, rules); len(wrong) != 0 {
		t.Errorf("misquotes(%q) = %q, want none", good, wrong)
	}
	for _, bad := range []string{`1.1: "It is long."`, `1.2: "It is short."`, `9.9: "Other."`} {
		if wrong := misquotes(word+bad, rules); len(wrong) != 1 {
			t.Errorf("misquotes(%q) = %q, want one", word+bad, wrong)
		}
	}
}

// The version of libzmq that the transport asks for is the one that the README and
// the script that installs it name.
func TestOneNumberForLibzmq(t *testing.T) {
	for name, pattern := range map[string]string{
		"zmqio/libzmq/transport.go": `major != (\d+) \|\| minor < (\d+)`,
		"zmqio/libzmq/doc.go":       `libzmq (\d+)\.(\d+) or later`,
		"scripts/deps":              `--atleast-version=(\d+)\.(\d+)`,
		"README.md":                 `libzmq (\d+)\.(\d+) or newer`,
	} {
		source, err := os.ReadFile(filepath.Join(root, name))
		if err != nil {
			t.Fatal(err)
		}
		m := regexp.MustCompile(pattern).FindSubmatch(source)
		if m == nil || string(m[1])+"."+string(m[2]) != "4.3" {
			t.Errorf("%s: %q, want the version 4.3 to match %q", name, m, pattern)
		}
	}
}
