package zmtp

import (
	"encoding/hex"
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write testdata/vectors.txt anew")

// The test vectors: a whole NULL and a whole CURVE connection from fixed keys
// and entropy. A change of a byte on the wire shows as a change of that file.
func TestVectors(t *testing.T) {
	t.Parallel()
	got := vectors(t)
	const file = "testdata/vectors.txt"
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("the wire has changed: run `go test ./zmtp -run TestVectors -update` and read the diff. Got:\n%s", got)
	}
}

// docs/ZMTP.md shows the vectors as they are.
func TestVectorsInDocs(t *testing.T) {
	t.Parallel()
	doc, err := os.ReadFile("../docs/ZMTP.md")
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(doc), vectors(t)) {
		t.Error("docs/ZMTP.md does not show testdata/vectors.txt")
	}
}

// countingBytes returns start, start+1, ...
func countingBytes(start byte, n int) []byte {
	b := make([]byte, n)
	for i := range b {
		b[i] = start + byte(i)
	}
	return b
}

func countingKeys(start byte) *Keys {
	k := &Keys{Secret: [KeyBytes]byte(countingBytes(start, KeyBytes))}
	k.Public = PublicKey(&k.Secret)
	return k
}

func vectors(t *testing.T) string {
	var b strings.Builder
	b.WriteString("# NULL: ann dials bob, JOIN, STAY\n")
	writeVector(t, &b, testConfig("ann", nil), testConfig("bob", nil))
	client, server := countingKeys(0x01), countingKeys(0x41)
	b.WriteString("\n# CURVE: secret keys are counting bytes from 01 (ann) and from 41 (bob),\n" +
		"# entropy is counting bytes from 81 (ann) and from 91 (bob)\n")
	writeBytes(&b, "ann public", client.Public[:])
	writeBytes(&b, "bob public", server.Public[:])
	writeVector(t, &b, testConfig("ann", client), testConfig("bob", server))
	return b.String()
}

// writeVector writes what each end sends, in turns, until both are up and have
// said one thing.
func writeVector(t *testing.T, b *strings.Builder, client, server *Config) {
	var serverKey *[KeyBytes]byte
	if server.Curve != nil {
		serverKey = &server.Curve.Public
	}
	p := newPairOf(t, client, server, serverKey)
	e1, e2 := Entropy(countingBytes(0x81, entropyBytes)), Entropy(countingBytes(0x91, entropyBytes))
	p.dial.conn = Dial(client, serverKey, &e1, 0)
	p.listen.conn = Accept(server, &e2, 0)
	said := false
	for turn := 0; ; turn++ {
		from, to, name := p.dial, p.listen, "ann sends"
		if turn%2 == 1 {
			from, to, name = p.listen, p.dial, "bob sends"
		}
		if len(from.out) == 0 && p.dial.conn.Up() && p.listen.conn.Up() && !said {
			p.dial.send("JOIN", []byte("net"))
			p.listen.send("STAY", nil)
			said = true
			continue
		}
		if len(p.dial.out)+len(p.listen.out) == 0 {
			return
		}
		if len(from.out) > 0 {
			writeBytes(b, name, from.out)
			p.move(from, to)
		}
	}
}

func writeBytes(b *strings.Builder, what string, bytes []byte) {
	fmt.Fprintf(b, "%s\n", what)
	for len(bytes) > 0 {
		n := min(len(bytes), 32)
		fmt.Fprintf(b, "  %s\n", hex.EncodeToString(bytes[:n]))
		bytes = bytes[n:]
	}
}
