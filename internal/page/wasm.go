package page

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"strings"
)

// module is the path of the module that this package is in.
const module = "github.com/bitmark-inc/bilateralrpc"

// Wasm returns the simulation for pages, compressed by gzip. The first time for each
// build of the running program it is built from the module's source, by the go command,
// and then kept in the user's cache. An error says why there is none, as a clause: a page
// without it can still be looked at.
func Wasm() ([]byte, error) {
	name, err := cached()
	if err != nil {
		return nil, err
	}
	if packed, err := os.ReadFile(name); err == nil {
		return packed, nil
	}
	dir, err := Source()
	if err != nil {
		return nil, err
	}
	packed, err := build(dir)
	if err != nil {
		return nil, err
	}
	keep(name, packed)
	return packed, nil
}

// cached returns the name of the file that the simulation of this program is kept in: a
// program that was built from other sources has another one.
func cached() (string, error) {
	folder, err := os.UserCacheDir()
	if err != nil {
		return "", fmt.Errorf("there is no folder to keep the simulation in: %w", err)
	}
	self, err := os.Executable()
	if err != nil {
		return "", err
	}
	f, err := os.Open(self)
	if err != nil {
		return "", err
	}
	defer f.Close()
	h := sha256.New()
	if _, err := io.Copy(h, f); err != nil {
		return "", err
	}
	return filepath.Join(folder, "bilsim", hex.EncodeToString(h.Sum(nil)[:12])+".wasm.gz"), nil
}

// Source returns the folder that the module's source is in: where this program was
// compiled from, or in the module cache.
func Source() (string, error) {
	if _, file, _, ok := runtime.Caller(0); ok {
		dir := filepath.Dir(filepath.Dir(filepath.Dir(file)))
		if _, err := os.Stat(filepath.Join(dir, "internal", "page", "wasm", "main.go")); err == nil {
			return dir, nil
		}
	}
	version := ""
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, m := range append(info.Deps, &info.Main) {
			if m.Path == module {
				version = m.Version
			}
		}
	}
	if version == "" || version == "(devel)" {
		return "", errors.New("the source that this program was built from is not here, and it has no version to fetch")
	}
	out, err := command("", "mod", "download", "-json", module+"@"+version).Output()
	if err != nil {
		return "", fmt.Errorf("the source of %s can't be fetched by the go command: %w", version, err)
	}
	var found struct{ Dir string }
	if err := json.Unmarshal(out, &found); err != nil {
		return "", err
	}
	return found.Dir, nil
}

// build builds the simulation from the module's source.
func build(dir string) ([]byte, error) {
	if _, err := exec.LookPath("go"); err != nil {
		return nil, errors.New("the simulation for it is built by the go command, which is not installed here")
	}
	to, err := os.MkdirTemp("", "bilsim")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(to)
	file := filepath.Join(to, "sim.wasm")
	c := command(dir, "build", "-trimpath", "-buildvcs=false", "-ldflags=-s -w", "-o", file, "./internal/page/wasm")
	c.Env = append(c.Env, "GOOS=wasip1", "GOARCH=wasm", "CGO_ENABLED=0")
	if out, err := c.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("the simulation for it can't be built: %w: %s", err, strings.TrimSpace(string(out)))
	}
	wasm, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	return compress(wasm)
}

// command returns a go command, free of what the environment says of other builds.
func command(dir string, args ...string) *exec.Cmd {
	c := exec.Command("go", args...)
	c.Dir = dir
	c.Env = append(os.Environ(), "GOWORK=off", "GOFLAGS=", "GOEXPERIMENT=")
	return c
}

// keep puts the simulation into its file, whole or not at all. That it can't be kept is
// no failure: it is built again.
func keep(name string, packed []byte) {
	if os.MkdirAll(filepath.Dir(name), 0o755) != nil {
		return
	}
	f, err := os.CreateTemp(filepath.Dir(name), "new")
	if err != nil {
		return
	}
	_, err = f.Write(packed)
	err = errors.Join(err, f.Close())
	if err != nil || os.Rename(f.Name(), name) != nil {
		_ = os.Remove(f.Name())
	}
}
