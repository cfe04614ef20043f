package bilateralrpc

import (
	"errors"
	"fmt"
	"strings"

	"github.com/bitmark-inc/bilateralrpc/internal/ownfile"
)

// nobodyWord is the line of a file that allows nobody.
const nobodyWord = "nobody"

// LoadAllowedKeys returns the public keys in the file at path, for Config.AllowedKeys and
// SetAllowedKeys, and the aliases of those that have one. Config.AllowedKeysFile does that
// by itself, and ReloadAllowedKeys does it again.
//
// The file is text: a key on each line, and behind it, after a space, its alias, if it is
// to have one. Empty lines, and lines that begin with #, mean nothing. A file without any
// key may have been cut short, so it is an error, unless its one line is
//
//	nobody
//
// which allows nobody. A key that is there twice is an error too. Errors name the line. On Unix a file
// that others can change is refused. Who edits the file while a node runs should put the new one in its
// place by renaming it, so that the node never sees half of it.
func LoadAllowedKeys(path string) (keys []string, aliases map[string]string, err error) {
	content, err := ownfile.ReadTrusted(path)
	if err != nil {
		return nil, nil, fmt.Errorf("bilateralrpc: the file of allowed keys: %w", err)
	}
	keys, aliases, err = parseAllowedKeys(string(content))
	if err != nil {
		return nil, nil, fmt.Errorf("%w (file %s)", err, path)
	}
	return keys, aliases, nil
}

// parseAllowedKeys reads the content of a file of allowed keys.
func parseAllowedKeys(content string) (keys []string, aliases map[string]string, err error) {
	keys, aliases = []string{}, map[string]string{} // not nil, which would allow everybody
	nobody := false
	lines := map[string]int{}
	for n, line := range textLines(content) {
		key, alias := line, ""
		if i := strings.IndexAny(line, " \t"); i >= 0 {
			key, alias = line[:i], strings.TrimSpace(line[i:])
		}
		switch {
		case line == nobodyWord:
			nobody = true
			continue
		case lines[key] != 0:
			return nil, nil, fmt.Errorf("%w: line %d has the key of line %d again", ErrBadKey, n, lines[key])
		}
		if _, err := parseKey(fmt.Sprintf("allowed key in line %d", n), key); err != nil {
			return nil, nil, err
		}
		lines[key] = n
		keys = append(keys, key)
		if alias != "" {
			aliases[key] = alias
		}
	}
	switch {
	case nobody && len(keys) > 0:
		return nil, nil, fmt.Errorf("%w: there are keys beside %q: take one of the two away", ErrBadKey, nobodyWord)
	case !nobody && len(keys) == 0:
		return nil, nil, fmt.Errorf("%w: there is no key: write %q on a line if nobody is to be allowed", ErrBadKey, nobodyWord)
	}
	return keys, aliases, nil
}

// loadAllowedKeys takes the allowed keys from Config.AllowedKeysFile, if there is one.
func (b *Bilateral) loadAllowedKeys(config *Config) error {
	if b.keysFile = config.AllowedKeysFile; b.keysFile == "" {
		return nil
	}
	if config.AllowedKeys != nil {
		return errors.New("bilateralrpc: bad Config: AllowedKeys and AllowedKeysFile are both set: put the keys into the file")
	}
	keys, aliases, err := LoadAllowedKeys(b.keysFile)
	if err != nil {
		return err
	}
	config.AllowedKeys = keys
	b.names.ofKeys.Store(&aliases)
	return nil
}

// ReloadAllowedKeys reads Config.AllowedKeysFile again, and does with the keys there what
// SetAllowedKeys does. If it returns an error, the keys are those of before. A program calls
// it when it is told to, by SIGHUP for example; the node does not watch the file.
func (b *Bilateral) ReloadAllowedKeys() error {
	if b.broken != nil {
		return b.broken
	}
	if b.keysFile == "" {
		return errors.New("bilateralrpc: no file of allowed keys to read again: set Config.AllowedKeysFile")
	}
	keys, aliases, err := LoadAllowedKeys(b.keysFile)
	if err != nil {
		return err
	}
	b.names.ofKeys.Store(&aliases)
	return b.SetAllowedKeys(keys)
}
