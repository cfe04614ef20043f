//go:build unix

package ownfile

import (
	"fmt"
	"os"
	"path/filepath"
	"syscall"
)

// checkWay says whether somebody else can put another file where path leads.
func checkWay(path string) error {
	if err := checkDir(filepath.Dir(path)); err != nil {
		return err
	}
	link, err := os.Lstat(path)
	if err != nil || link.Mode()&os.ModeSymlink == 0 {
		return nil // there is no link; whatever is wrong shows when the file is opened
	}
	if uid := owner(link); !trusted(uid) {
		return fmt.Errorf("%s is a symbolic link of another user (%d): remove it, or name the file itself", path, uid)
	}
	target, err := filepath.EvalSymlinks(path)
	if err != nil {
		return fmt.Errorf("%s is a symbolic link that leads nowhere: remove it, or name the file itself", path)
	}
	return checkDir(filepath.Dir(target))
}

// checkDir says whether somebody else can put another file in the place of one of ours.
func checkDir(dir string) error {
	info, err := os.Stat(dir)
	if err != nil {
		return fmt.Errorf("%w: make it with: mkdir -m 700 %s", err, dir)
	}
	if mode := info.Mode(); mode.Perm()&writeRight != 0 && mode&os.ModeSticky == 0 {
		return fmt.Errorf("others can replace files in %s (mode %#o): run: chmod go-w %s", dir, mode.Perm(), dir)
	}
	return nil
}

// checkFile says whether somebody else has one of the rights to a file.
func checkFile(path string, info os.FileInfo, rights os.FileMode) error {
	if uid := owner(info); !trusted(uid) {
		return fmt.Errorf("%s belongs to another user (%d): run, as root: chown %d %s", path, uid, os.Geteuid(), path)
	}
	mode := info.Mode().Perm()
	switch {
	case mode&rights == 0:
		return nil
	case rights == writeRight:
		return fmt.Errorf("others can change %s (mode %#o): run: chmod go-w %s", path, mode, path)
	}
	return fmt.Errorf("others can read or change %s (mode %#o): run: chmod 600 %s", path, mode, path)
}

// trusted says whether a user is the one of this process, or may do everything anyway.
func trusted(uid int) bool { return uid == os.Geteuid() || uid == 0 }

func owner(info os.FileInfo) int {
	if s, ok := info.Sys().(*syscall.Stat_t); ok {
		return int(s.Uid)
	}
	return os.Geteuid() // a file system that has no owners
}

// syncDir has the names of a directory survive a loss of power.
func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	defer d.Close()
	return d.Sync()
}
