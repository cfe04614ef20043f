package main

import (
	"fmt"
	"os"
	"strings"
)

// compared holds the digests of a hunt against those of another one, which had another
// core: where all are the same, what the cores differ in was never exercised.
type compared struct {
	lines            strings.Builder   // of this hunt: an index and a digest each
	known            map[uint64]string // of the other one; nil if there is none
	compared, differ int               // seeds
}

// read reads the digests of the other hunt from a file; no name is no comparison.
func (c *compared) read(name string) error {
	if name == "" {
		return nil
	}
	text, err := os.ReadFile(name)
	if err != nil {
		return err
	}
	c.known = map[uint64]string{}
	n := 0
	for line := range strings.Lines(string(text)) {
		var index uint64
		var digest string
		n++
		if _, err := fmt.Sscanf(line, "%d %s\n", &index, &digest); err != nil {
			return fmt.Errorf("%s:%d is no index and digest: hunt -digests writes such files", name, n)
		}
		c.known[index] = digest
	}
	return nil
}

// write writes the digests of this hunt to a file; no name is none.
func (c *compared) write(name string) error {
	if name == "" {
		return nil
	}
	return os.WriteFile(name, []byte(c.lines.String()), 0o644)
}

// add takes in the digest of a seed.
func (c *compared) add(index uint64, digest string) {
	fmt.Fprintf(&c.lines, "%d %s\n", index, digest)
	if want, ok := c.known[index]; ok {
		if c.compared++; want != digest {
			c.differ++
		}
	}
}

func (c *compared) String() string {
	if c.differ == 0 {
		return fmt.Sprintf("not exercised: all %d digests that were compared are the same", c.compared)
	}
	return fmt.Sprintf("exercised: %d of %d digests that were compared differ", c.differ, c.compared)
}
