package live

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strings"
)

// Markdown returns a table.
func Markdown(columns []string, rows [][]string) string {
	var b strings.Builder
	line := func(cells []string) {
		for i, c := range cells {
			if i > 0 {
				b.WriteString(" |")
			} else {
				b.WriteString("|")
			}
			b.WriteString(" " + strings.NewReplacer("|", "\\|", "\n", " ").Replace(c))
		}
		b.WriteString(" |\n")
	}
	line(columns)
	b.WriteString(strings.Repeat("|---", len(columns)) + "|\n")
	for _, r := range rows {
		line(r)
	}
	return b.String()
}

// Machine describes what figures were measured on.
func Machine() string {
	version := "none"
	if out, err := exec.Command("pkg-config", "--modversion", "libzmq").Output(); err == nil {
		version = strings.TrimSpace(string(out))
	}
	return fmt.Sprintf("Measured on %s, %d cores, %s, libzmq %s; %s.", systemText(), runtime.NumCPU(), runtime.Version(), version, pageText())
}

// markEnd ends what a run has written.
const markEnd = "<!-- end -->\n"

// markBegin begins what the command by writes.
func markBegin(by string) string { return "<!-- what follows is written by " + by + " -->\n" }

// WriteInto replaces what stands in a document between the mark of the command by and
// the next end.
func WriteInto(file, by, text string) error {
	old, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	head, rest, ok := bytes.Cut(old, []byte(markBegin(by)))
	_, tail, ok2 := bytes.Cut(rest, []byte(markEnd))
	if !ok || !ok2 {
		return fmt.Errorf("%s: the marks are missing: %q and %q", file, markBegin(by), markEnd)
	}
	var b bytes.Buffer
	b.Write(head)
	b.WriteString(markBegin(by) + text + markEnd)
	b.Write(tail)
	return os.WriteFile(file, b.Bytes(), 0o644)
}
