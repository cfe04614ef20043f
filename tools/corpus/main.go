// Command corpus packs the seeds of a fuzz target for libFuzzer, as OSS-Fuzz and
// ClusterFuzzLite want them: a ZIP file with one file for each input.
//
// usage: corpus -root DIR -o FILE.zip FOLDER FUNC [PATTERN...]
//
// Seeds are the files in FOLDER/testdata/fuzz/FUNC, and those that the patterns name, each
// of which is a text that the target takes as its only argument. Without any the ZIP file
// is empty.
package main

import (
	"archive/zip"
	"bytes"
	"cmp"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
)

func main() {
	root := flag.String("root", ".", "the root of the repository")
	out := flag.String("o", "", "the ZIP `file`")
	flag.Parse()
	if flag.NArg() < 2 || *out == "" {
		fmt.Fprintln(os.Stderr, "usage: corpus -root DIR -o FILE.zip FOLDER FUNC [PATTERN...]")
		os.Exit(2)
	}
	if err := pack(*root, *out, flag.Arg(0), flag.Arg(1), flag.Args()[2:]); err != nil {
		fmt.Fprintln(os.Stderr, "corpus:", err)
		os.Exit(1)
	}
}

// pack writes the ZIP file.
func pack(root, out, folder, function string, patterns []string) error {
	files, err := filepath.Glob(filepath.Join(root, folder, "testdata", "fuzz", function, "*"))
	if err != nil {
		return err
	}
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for _, name := range files {
		text, err := os.ReadFile(name)
		if err != nil {
			return err
		}
		values, err := parse(string(text))
		if err == nil {
			err = add(z, filepath.Base(name), values)
		}
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
	}
	for _, p := range patterns {
		names, err := filepath.Glob(filepath.Join(root, p))
		if err := cmp.Or(err, none(names, p)); err != nil {
			return err
		}
		for _, name := range names {
			text, err := os.ReadFile(name)
			if err != nil {
				return err
			}
			if err := add(z, filepath.Base(name), []any{string(text)}); err != nil {
				return err
			}
		}
	}
	if err := z.Close(); err != nil {
		return err
	}
	return os.WriteFile(out, b.Bytes(), 0o644)
}

func none(names []string, pattern string) error {
	if len(names) == 0 {
		return errors.New("no file is called " + pattern)
	}
	return nil
}

// add adds an input.
func add(z *zip.Writer, name string, values []any) error {
	w, err := z.Create(name)
	if err != nil {
		return err
	}
	input, err := encode(values)
	if err != nil {
		return err
	}
	_, err = w.Write(input)
	return err
}
