package zmtp_test

import (
	"fmt"

	"github.com/bitmark-inc/bilateralrpc/zmtp"
)

// Two ends of a connection without a network between them: what one has to
// write is what the other has read.
func Example() {
	bob := zmtp.Accept(&zmtp.Config{Identity: "bob", PayloadBytesMax: 1 << 20}, new(zmtp.Entropy), 0)
	ann := zmtp.Dial(&zmtp.Config{Identity: "ann", PayloadBytesMax: 1 << 20}, nil, new(zmtp.Entropy), 0)

	toBob, toAnn := ann.Start(nil), bob.Start(nil)
	for len(toBob)+len(toAnn) > 0 {
		toBob, toAnn = feed(ann, "ann", toAnn), feed(bob, "bob", toBob)
	}
	frames := zmtp.AppendMessage(nil, "TICK", nil, []byte("12345678"))
	feed(bob, "bob", ann.Sealer().Seal(nil, frames, nil))
	// Output:
	// bob: ann knocks
	// ann: up, with a ROUTER
	// bob: TICK 12345678
}

// feed gives an end bytes it has read, and returns what it wants written.
func feed(c *zmtp.Conn, name string, read []byte) (out []byte) {
	for {
		got, more, err := c.Receive(0, out, read)
		if err != nil {
			fmt.Println(err)
			return nil
		}
		out, read = more, read[got.N:]
		switch got.Kind {
		case zmtp.None:
			return out
		case zmtp.Knock:
			fmt.Printf("%s: %s knocks\n", name, c.PeerIdentity())
			out = c.Admit(0, out, true)
		case zmtp.Risen:
			fmt.Printf("%s: up, with a %s\n", name, c.PeerSocketType())
		case zmtp.Message:
			fmt.Printf("%s: %s %s\n", name, got.Command.Bytes(), got.Payload)
		}
	}
}
