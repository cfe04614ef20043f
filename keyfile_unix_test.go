//go:build unix

package bilateralrpc_test

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/bitmark-inc/bilateralrpc"
)

func loadKeys(path string) error {
	_, _, err := bilateralrpc.LoadOrCreateKeypair(path)
	return err
}

func loadAllowed(path string) error {
	_, _, err := bilateralrpc.LoadAllowedKeys(path)
	return err
}

// wantRefused demands an error that says what to run, or what is wrong.
func wantRefused(t *testing.T, what string, err error, text string) {
	t.Helper()
	if err == nil || !strings.Contains(err.Error(), text) {
		t.Errorf("%s: %v, want %q", what, err, text)
	}
}

func chmod(t *testing.T, path string, mode os.FileMode) {
	t.Helper()
	if err := os.Chmod(path, mode); err != nil {
		t.Fatal(err)
	}
}

// fileOfKeys makes one in a directory of its own.
func fileOfKeys(t *testing.T) (dir, path, public string) {
	t.Helper()
	dir = ownDir(t)
	path = filepath.Join(dir, "node.keys")
	public, _, err := bilateralrpc.LoadOrCreateKeypair(path)
	if err != nil {
		t.Fatal(err)
	}
	return dir, path, public
}

// Whatever others can do to a file of keys is refused, with the command that mends it.
func TestFilesThatOthersCanTouchAreRefused(t *testing.T) {
	dir, path, public := fileOfKeys(t)
	for _, mode := range []os.FileMode{0o644, 0o640, 0o602, 0o666} {
		chmod(t, path, mode)
		wantRefused(t, mode.String(), loadKeys(path), "chmod 600 "+path)
	}
	chmod(t, path, 0o400)
	if err := loadKeys(path); err != nil {
		t.Errorf("a file that its owner can only read: %v", err)
	}
	list := filepath.Join(dir, "allowed")
	writeFile(t, list, public, 0o664)
	wantRefused(t, "a list that others can change", loadAllowed(list), "chmod go-w "+list)

	chmod(t, dir, 0o777)
	wantRefused(t, "a directory of everybody", loadKeys(path), "chmod go-w "+dir)
	wantRefused(t, "a new file there", loadKeys(filepath.Join(dir, "new")), "chmod go-w "+dir)
	chmod(t, dir, 0o777|os.ModeSticky)
	if err := loadKeys(path); err != nil {
		t.Errorf("a directory in which nobody can replace the file: %v", err)
	}
}

func TestLinksAreFollowedWhereNobodyElseCanMakeThem(t *testing.T) {
	dir, path, public := fileOfKeys(t)
	link, open, out := filepath.Join(dir, "link"), filepath.Join(dir, "open"), filepath.Join(dir, "out")
	for from, to := range map[string]string{link: path, out: filepath.Join(open, "keys")} {
		if err := os.Symlink(to, from); err != nil {
			t.Fatal(err)
		}
	}
	if got, _, err := bilateralrpc.LoadOrCreateKeypair(link); err != nil || got != public {
		t.Errorf("a link of one's own: %v", err)
	}
	wantRefused(t, "a link to nothing", loadKeys(out), "leads nowhere")
	if err := os.Mkdir(open, 0o700); err != nil {
		t.Fatal(err)
	}
	writeFile(t, filepath.Join(open, "keys"), "", 0o600)
	chmod(t, open, 0o777)
	wantRefused(t, "a link to where others write", loadKeys(out), "chmod go-w "+open)
}

func TestWhatIsNoFileIsRefused(t *testing.T) {
	dir := ownDir(t)
	wantRefused(t, "a directory", loadKeys(dir), "is not a file")
	pipe := filepath.Join(dir, "pipe")
	if err := syscall.Mkfifo(pipe, 0o600); err != nil {
		t.Fatal(err)
	}
	wantRefused(t, "a pipe", loadKeys(pipe), "is not a file")
	none := filepath.Join(dir, "none")
	wantRefused(t, "no directory", loadKeys(filepath.Join(none, "keys")), "mkdir -m 700 "+none)
}

// Only root can give files away.
func TestFilesOfOtherUsersAreRefused(t *testing.T) {
	dir, path, public := fileOfKeys(t)
	list, link := filepath.Join(dir, "allowed"), filepath.Join(dir, "link")
	writeFile(t, list, public, 0o600)
	if err := os.Symlink(path, link); err != nil {
		t.Fatal(err)
	}
	if os.Lchown(list, 12345, -1) != nil || os.Lchown(link, 12345, -1) != nil {
		return
	}
	wantRefused(t, "a list of somebody else", loadAllowed(list), "belongs to another user (12345)")
	wantRefused(t, "a link of somebody else", loadKeys(link), "symbolic link of another user (12345)")
}
