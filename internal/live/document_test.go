package live

import (
	"os"
	"path/filepath"
	"testing"
)

func TestTableGoesBetweenTheMarks(t *testing.T) {
	file := filepath.Join(t.TempDir(), "doc.md")
	other := markBegin("make other") + "other\n" + markEnd
	begin := markBegin("make mine")
	if err := os.WriteFile(file, []byte(other+"before\n"+begin+"old\n"+markEnd+"after\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := WriteInto(file, "make mine", "new\n"); err != nil {
		t.Fatal(err)
	}
	got, err := os.ReadFile(file)
	if want := other + "before\n" + begin + "new\n" + markEnd + "after\n"; err != nil || string(got) != want {
		t.Errorf("%q, %v, want %q", got, err, want)
	}
	if err := WriteInto(file, "make none", "new\n"); err == nil {
		t.Error("a document without the marks was written")
	}
}

func TestTableIsEscaped(t *testing.T) {
	got := Markdown([]string{"a", "b"}, [][]string{{"1|2", "x\ny"}})
	if want := "| a | b |\n|---|---|\n| 1\\|2 | x y |\n"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
}
