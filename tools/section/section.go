// Package section writes a part of a document that others write too. A part stands
// between two lines, <!-- NAME:begin --> and <!-- NAME:end -->, as in docs/PROTOCOL.md.
package section

import (
	"fmt"
	"os"
	"strings"
)

// Write puts text, which ends with a newline, between the marks of a part of the file,
// and leaves all the rest as it is. The marks must be there, once.
func Write(file, part, text string) error {
	was, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	is, err := replace(string(was), part, text)
	if err != nil {
		return fmt.Errorf("%s: %w", file, err)
	}
	return os.WriteFile(file, []byte(is), 0o644)
}

func replace(document, part, text string) (string, error) {
	begin, end := "<!-- "+part+":begin -->\n", "<!-- "+part+":end -->\n"
	before, rest, ok := strings.Cut(document, begin)
	_, after, ok2 := strings.Cut(rest, end)
	if !ok || !ok2 || strings.Contains(rest, begin) || strings.Contains(after, end) {
		return "", fmt.Errorf("want one line %q and behind it one line %q", strings.TrimSpace(begin), strings.TrimSpace(end))
	}
	return before + begin + text + end + after, nil
}
