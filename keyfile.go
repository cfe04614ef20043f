package bilateralrpc

import (
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"strings"

	"github.com/bitmark-inc/bilateralrpc/internal/ownfile"
)

// keyFileHeader is the first line of a file of keys that is no comment: what it is, and
// the version of what follows.
const keyFileHeader = "bilateralrpc-keypair 1"

// LoadOrCreateKeypair returns the pair of keys that the file at path holds. If there is no
// file, it makes a pair, and the file with it, for its owner only (mode 0600). The file
// appears as a whole or not at all, and of several processes that start together all return
// the same pair.
//
// A file that others can read or write is refused, and so is one in a directory where
// others can replace it; the error says what to run. Both hold on Unix: on Windows put the
// file into a directory that others can't read. A file that is damaged is refused
// too, as ErrBadKey, and never overwritten: another pair would be another name, which the
// peers don't know.
//
// The file is text. Empty lines, and lines that begin with #, mean nothing; the others are
//
//	bilateralrpc-keypair 1
//	public  THE 40 CHARACTERS OF THE PUBLIC KEY
//	private THE 40 CHARACTERS OF THE PRIVATE KEY
func LoadOrCreateKeypair(path string) (publicKey, privateKey string, err error) {
	content, err := ownfile.ReadPrivate(path)
	if errors.Is(err, fs.ErrNotExist) {
		err = createKeypair(path)
		if err == nil || errors.Is(err, fs.ErrExist) { // another process was faster
			content, err = ownfile.ReadPrivate(path)
		}
	}
	if err != nil {
		return "", "", fmt.Errorf("bilateralrpc: the file of keys: %w", err)
	}
	publicKey, privateKey, err = parseKeypair(string(content))
	if err != nil {
		return "", "", fmt.Errorf("%w (file %s: restore it, or move it away to have a new pair made, which is a new name)", err, path)
	}
	return publicKey, privateKey, nil
}

// createKeypair makes a pair, and a file that holds it.
func createKeypair(path string) error {
	publicKey, privateKey, err := NewKeypair()
	if err != nil {
		return err
	}
	return ownfile.CreatePrivate(path, []byte("# The keys of a node. Who can read the private key can be that node: keep it secret.\n"+
		keyFileHeader+"\npublic  "+publicKey+"\nprivate "+privateKey+"\n"))
}

// parseKeypair reads the content of a file of keys. The errors show no key.
func parseKeypair(content string) (publicKey, privateKey string, err error) {
	header := false
	keys := map[string]string{}
	for n, line := range textLines(content) {
		word, key, _ := strings.Cut(line, " ")
		key = strings.TrimSpace(key)
		switch {
		case !header && line == keyFileHeader:
			header = true
		case !header:
			return "", "", fmt.Errorf("%w: line %d is not %q: this is no file of keys, or one of a later version", ErrBadKey, n, keyFileHeader)
		case word != "public" && word != "private":
			return "", "", fmt.Errorf("%w: line %d is neither a public nor a private key", ErrBadKey, n)
		case keys[word] != "":
			return "", "", fmt.Errorf("%w: line %d is a second %s key", ErrBadKey, n, word)
		default:
			if _, err := parseKey(fmt.Sprintf("%s key in line %d", word, n), key); err != nil {
				return "", "", err
			}
			keys[word] = key
		}
	}
	if keys["public"] == "" || keys["private"] == "" {
		return "", "", fmt.Errorf("%w: it is not whole: want a public and a private key", ErrBadKey)
	}
	if _, _, err := parsePair(keys["public"], keys["private"]); err != nil {
		return "", "", err
	}
	return keys["public"], keys["private"], nil
}

// textLines visits the lines of a text that are neither empty nor comments, by their
// numbers, without the space around them. No key begins with the # of a comment: the first
// of five characters of Z85 stands for a number too small for that.
func textLines(content string) iter.Seq2[int, string] {
	return func(yield func(int, string) bool) {
		n := 0
		for line := range strings.Lines(content) {
			n++
			line = strings.TrimSpace(line)
			if line != "" && line[0] != '#' && !yield(n, line) {
				return
			}
		}
	}
}
