package bilateralrpc_test

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/bitmark-inc/bilateralrpc"
)

// ownDir returns a directory that nobody else can change, whatever the umask is.
func ownDir(t testing.TB) string {
	t.Helper()
	dir := t.TempDir()
	if err := os.Chmod(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	return dir
}

func writeFile(t *testing.T, path, content string, mode os.FileMode) {
	t.Helper()
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(path, mode); err != nil {
		t.Fatal(err)
	}
}

func TestAKeypairIsMadeOnceAndLoadedThen(t *testing.T) {
	path := filepath.Join(ownDir(t), "node.keys")
	public, private, err := bilateralrpc.LoadOrCreateKeypair(path)
	if err != nil {
		t.Fatal(err)
	}
	if runtime.GOOS != "windows" {
		if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("the file has the mode %v (%v), want 0600", info.Mode(), err)
		}
	}
	again, privateAgain, err := bilateralrpc.LoadOrCreateKeypair(path)
	if err != nil || again != public || privateAgain != private {
		t.Errorf("the second time it is another pair (%v)", err)
	}
	files, err := os.ReadDir(filepath.Dir(path))
	if err != nil || len(files) != 1 {
		t.Errorf("the directory has %v (%v), want the file alone", files, err)
	}
	b, err := bilateralrpc.New(bilateralrpc.Config{PublicKey: public, PrivateKey: private})
	if err != nil {
		t.Fatal(err)
	}
	b.Close()
}

func TestGoroutinesThatStartTogetherHaveOnePair(t *testing.T) {
	path := filepath.Join(ownDir(t), "node.keys")
	publics := make([]string, 32)
	var wg sync.WaitGroup
	for i := range publics {
		wg.Go(func() {
			public, _, err := bilateralrpc.LoadOrCreateKeypair(path)
			if err != nil {
				t.Error(err)
			}
			publics[i] = public
		})
	}
	wg.Wait()
	for _, public := range publics {
		if public != publics[0] {
			t.Fatalf("two of them have different keys: %q", publics)
		}
	}
}

// keysVariable tells a process that is a copy of the test which file it is to make, and
// maybe to go on with others until it is killed.
const keysVariable = "BILATERALRPC_TEST_KEYS"

func TestKeysChild(t *testing.T) {
	path := os.Getenv(keysVariable)
	switch {
	case path == "": // it is a part of the tests that follow
		return
	case strings.HasSuffix(path, "*"):
		for i := 0; ; i++ {
			if _, _, err := bilateralrpc.LoadOrCreateKeypair(strings.TrimSuffix(path, "*") + fmt.Sprint(i)); err != nil {
				t.Fatal(err)
			}
		}
	}
	public, _, err := bilateralrpc.LoadOrCreateKeypair(path)
	if err != nil {
		t.Fatal(err)
	}
	fmt.Println("public", public)
}

func keysChild(t *testing.T, path string) *exec.Cmd {
	t.Helper()
	c := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestKeysChild$")
	c.Env = append(os.Environ(), keysVariable+"="+path)
	return c
}

func TestProcessesThatStartTogetherHaveOnePair(t *testing.T) {
	path := filepath.Join(ownDir(t), "node.keys")
	lines := make([]string, 4)
	var wg sync.WaitGroup
	for i := range lines {
		c := keysChild(t, path)
		wg.Go(func() {
			out, err := c.CombinedOutput()
			if err != nil {
				t.Errorf("%v: %s", err, out)
			}
			lines[i], _, _ = strings.Cut(string(out), "\n")
		})
	}
	wg.Wait()
	public, _, err := bilateralrpc.LoadOrCreateKeypair(path)
	if err != nil {
		t.Fatal(err)
	}
	for _, line := range lines {
		if line != "public "+public {
			t.Errorf("a process has %q, and the file %q", line, public)
		}
	}
}

// A process that is killed at any moment leaves a whole file or none.
func TestAKilledProcessLeavesWholeFiles(t *testing.T) {
	dir := ownDir(t)
	for round := range 5 {
		c := keysChild(t, filepath.Join(dir, fmt.Sprint("k", round, "."))+"*")
		if err := c.Start(); err != nil {
			t.Fatal(err)
		}
		first := filepath.Join(dir, fmt.Sprint("k", round, ".0"))
		for t.Context().Err() == nil {
			if _, err := os.Stat(first); err == nil {
				break
			}
			runtime.Gosched()
		}
		<-time.After(time.Duration(round) * 3 * time.Millisecond) // some way into the next files
		_ = c.Process.Kill()
		_ = c.Wait()
	}
	files, err := filepath.Glob(filepath.Join(dir, "k*"))
	if err != nil || len(files) < 5 {
		t.Fatalf("%d files were made (%v), want one a round at least", len(files), err)
	}
	for _, path := range files {
		if _, _, err := bilateralrpc.LoadOrCreateKeypair(path); err != nil {
			t.Error(err)
		}
	}
}

func TestADamagedFileOfKeysIsRefusedAndKept(t *testing.T) {
	dir := ownDir(t)
	good := filepath.Join(dir, "good")
	if _, _, err := bilateralrpc.LoadOrCreateKeypair(good); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(good)
	if err != nil {
		t.Fatal(err)
	}
	whole := string(text)
	other, _, err := bilateralrpc.NewKeypair()
	if err != nil {
		t.Fatal(err)
	}
	public := strings.TrimPrefix(strings.Split(whole, "\n")[2], "public  ")
	private := strings.TrimPrefix(strings.Split(whole, "\n")[3], "private ")
	for what, c := range map[string]struct{ content, want string }{
		"empty":           {"", "not whole"},
		"half":            {whole[:len(whole)-10], "line 4 has 31 characters"},
		"no private key":  {strings.Replace(whole, "\nprivate ", "\n# private ", 1), "not whole"},
		"later version":   {strings.Replace(whole, "keypair 1", "keypair 2", 1), "line 2 is not"},
		"something else":  {"-----BEGIN KEY-----\n", "line 1 is not"},
		"a third key":     {whole + "public " + public, "line 5 is a second public key"},
		"another word":    {whole + "password x", "line 5 is neither"},
		"not a pair":      {strings.Replace(whole, public, other, 1), "not that of the private key"},
		"not Z85":         {strings.Replace(whole, public, strings.Repeat("~", 40), 1), "line 3"},
		"lost characters": {strings.Replace(whole, public, public[1:], 1), "line 3 has 39 characters"},
	} {
		path := filepath.Join(dir, "bad")
		writeFile(t, path, c.content, 0o600)
		_, _, err := bilateralrpc.LoadOrCreateKeypair(path)
		if !errors.Is(err, bilateralrpc.ErrBadKey) || !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), path) {
			t.Errorf("%s: %v, want ErrBadKey with %q and the path", what, err, c.want)
		}
		if err != nil && strings.Contains(err.Error(), private[:20]) {
			t.Errorf("%s: the error shows the private key", what)
		}
		if now, err := os.ReadFile(path); err != nil || string(now) != c.content {
			t.Errorf("%s: the file was changed (%v)", what, err)
		}
	}
	writeFile(t, filepath.Join(dir, "windows"), "\r\n# mine\r\n"+strings.ReplaceAll(whole, "\n", "\r\n"), 0o600)
	if got, _, err := bilateralrpc.LoadOrCreateKeypair(filepath.Join(dir, "windows")); err != nil || got != public {
		t.Errorf("a file with other line ends and comments: %v", err)
	}
}

// The text of keys and comments can't be mistaken for each other.
func TestNoKeyBeginsAsACommentDoes(t *testing.T) {
	for range 2000 {
		public, private, err := bilateralrpc.NewKeypair()
		if err != nil {
			t.Fatal(err)
		}
		if public[0] == '#' || private[0] == '#' {
			t.Fatalf("%q begins with #", public)
		}
	}
	if _, err := bilateralrpc.New(bilateralrpc.Config{PublicKey: "#0000" + strings.Repeat("0", 35), PrivateKey: strings.Repeat("0", 40)}); !errors.Is(err, bilateralrpc.ErrBadKey) {
		t.Errorf("the least group that begins with # is a key: %v", err)
	}
}

func TestAllowedKeysAreRead(t *testing.T) {
	dir := ownDir(t)
	path := filepath.Join(dir, "allowed")
	a, _, _ := bilateralrpc.NewKeypair()
	b, _, _ := bilateralrpc.NewKeypair()
	writeFile(t, path, "# of the office\n\n"+a+"\n  "+b+"\t the printer  \r\n#"+a+"\n", 0o644)
	keys, aliases, err := bilateralrpc.LoadAllowedKeys(path)
	if err != nil || len(keys) != 2 || keys[0] != a || keys[1] != b || len(aliases) != 1 || aliases[b] != "the printer" {
		t.Errorf("got %q, %q, %v", keys, aliases, err)
	}
	writeFile(t, path, "nobody\n", 0o600)
	if keys, _, err := bilateralrpc.LoadAllowedKeys(path); err != nil || keys == nil || len(keys) != 0 {
		t.Errorf("nobody is %q, %v; want an empty list, as nil is everybody", keys, err)
	}
	for what, c := range map[string]struct{ content, want string }{
		"empty":       {"", `write "nobody"`},
		"comments":    {"# none yet\n", `write "nobody"`},
		"short key":   {a + "\n" + b[:39] + "\n", "line 2 has 39 characters"},
		"no Z85":      {"\n\n" + strings.Repeat("~", 40), "line 3"},
		"twice":       {a + "\n" + b + "\n" + a + " again", "line 3 has the key of line 1"},
		"nobody else": {a + "\nnobody\n", "beside"},
	} {
		writeFile(t, path, c.content, 0o600)
		_, _, err := bilateralrpc.LoadAllowedKeys(path)
		if !errors.Is(err, bilateralrpc.ErrBadKey) || !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), path) {
			t.Errorf("%s: %v, want ErrBadKey with %q and the path", what, err, c.want)
		}
	}
	if _, _, err := bilateralrpc.LoadAllowedKeys(filepath.Join(dir, "absent")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a file that is not there: %v", err)
	}
}

func TestAllowedKeysFileOfANode(t *testing.T) {
	path := filepath.Join(ownDir(t), "allowed")
	public, private, err := bilateralrpc.NewKeypair()
	if err != nil {
		t.Fatal(err)
	}
	config := bilateralrpc.Config{PublicKey: public, PrivateKey: private, AllowedKeysFile: path}
	if _, err := bilateralrpc.New(config); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("without the file: %v", err)
	}
	writeFile(t, path, "nobody", 0o600)
	both := config
	both.AllowedKeys = []string{public}
	if _, err := bilateralrpc.New(both); err == nil || !strings.Contains(err.Error(), "both") {
		t.Errorf("with two lists: %v", err)
	}
	if _, err := bilateralrpc.New(bilateralrpc.Config{Name: "plain", AllowedKeysFile: path}); !errors.Is(err, bilateralrpc.ErrBadKey) {
		t.Errorf("in plaintext: %v", err)
	}
	b, err := bilateralrpc.New(config)
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	writeFile(t, path, "", 0o600)
	if err := b.ReloadAllowedKeys(); !errors.Is(err, bilateralrpc.ErrBadKey) {
		t.Errorf("a file that was cut short is taken: %v", err)
	}
	if err := plaintext(t, "n").ReloadAllowedKeys(); err == nil {
		t.Error("a node without a file reads one")
	}
}
