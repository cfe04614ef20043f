package section

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const document = `# Title

<!-- one:begin -->
old one
<!-- one:end -->
between
<!-- two:begin -->
old two
<!-- two:end -->
`

func TestWriteKeepsTheOtherParts(t *testing.T) {
	file := filepath.Join(t.TempDir(), "doc.md")
	if err := os.WriteFile(file, []byte(document), 0o644); err != nil {
		t.Fatal(err)
	}
	for _, part := range []string{"one", "two", "one"} {
		if err := Write(file, part, "new "+part+"\n"); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if want := strings.ReplaceAll(document, "old", "new"); string(got) != want {
		t.Errorf("got:\n%s\nwant:\n%s", got, want)
	}
}

func TestMarksMustBeThereOnce(t *testing.T) {
	for _, text := range []string{
		"",
		"<!-- one:begin -->\n",
		"<!-- one:end -->\n<!-- one:begin -->\n",
		document + document,
	} {
		if _, err := replace(text, "one", "new\n"); err == nil || !strings.Contains(err.Error(), "one:begin") {
			t.Errorf("%q: error %v, want one that names the marks", text, err)
		}
	}
}
