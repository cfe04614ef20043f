// Package ownfile reads and writes files that other users of the machine must not be able
// to read, or to change: keys, and lists of whom to trust.
//
// On Unix it looks at the owner and the mode of the file, and at the directory that holds
// it, in which nobody else may be able to put another file in its place. A symbolic link
// counts if it is the user's own, or root's. On other systems, such as Windows, nothing is
// looked at: there the rights of the directory are those of the file.
package ownfile

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
)

// sizeMax bounds what is read: a list of some ten thousand keys.
const sizeMax = 4 << 20

// The rights that others must not have, as bits of a mode.
const (
	anyRight   = 0o077
	writeRight = 0o022
)

// ReadPrivate returns the content of a file that nobody else can read or change. The error
// says what to run where somebody can, and wraps fs.ErrNotExist if there is no file.
func ReadPrivate(path string) ([]byte, error) { return read(path, anyRight) }

// ReadTrusted returns the content of a file that nobody else can change. The error says
// what to run where somebody can, and wraps fs.ErrNotExist if there is no file.
func ReadTrusted(path string) ([]byte, error) { return read(path, writeRight) }

func read(path string, rights os.FileMode) ([]byte, error) {
	if err := checkWay(path); err != nil {
		return nil, err
	}
	// What is no file, a pipe for example, may keep Open from returning.
	if info, err := os.Stat(path); err == nil && !info.Mode().IsRegular() {
		return nil, fmt.Errorf("%s is not a file", path)
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	info, err := f.Stat() // of what is open, whatever the path leads to by now
	if err != nil {
		return nil, err
	}
	if err := checkFile(path, info, rights); err != nil {
		return nil, err
	}
	content, err := io.ReadAll(io.LimitReader(f, sizeMax+1))
	if err == nil && len(content) > sizeMax {
		err = fmt.Errorf("%s has more than %d bytes", path, sizeMax)
	}
	return content, err
}

// CreatePrivate makes a file with that content, which nobody else can read or change. It
// is there as a whole or not at all, whenever the process or the machine stops; of several
// processes that create it at a time, one does. The error of the others wraps fs.ErrExist,
// and nothing is overwritten. A process that is killed may leave a file .NAME.*.tmp behind.
func CreatePrivate(path string, content []byte) (err error) {
	if err := checkWay(path); err != nil {
		return err
	}
	dir, name := filepath.Split(path)
	if dir == "" {
		dir = "."
	}
	temp, err := os.CreateTemp(dir, "."+name+".*.tmp") // with mode 0600
	if err != nil {
		return err
	}
	defer os.Remove(temp.Name())
	_, err = temp.Write(content)
	if err == nil {
		err = temp.Sync()
	}
	if closeErr := temp.Close(); err == nil {
		err = closeErr
	}
	if err != nil {
		return err
	}
	// A link, and not a new name: that would replace what is there.
	if err := os.Link(temp.Name(), path); err != nil {
		if errors.Is(err, os.ErrExist) {
			return err
		}
		return fmt.Errorf("%w: does the file system of %s have hard links?", err, dir)
	}
	return syncDir(dir)
}
