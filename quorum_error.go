package bilateralrpc

import (
	"fmt"
	"strings"
)

// QuorumError says why a Quorum or a First has too few replies. It is ErrQuorum, and every
// error that a peer has: errors.Is finds them.
type QuorumError struct {
	Method  string
	Want    int       // replies without an error
	Replied []string  // the peers that gave one
	Failed  []Outcome // the others that answered, and what became of the call at each
	Waiting int       // peers that were not waited for, as their replies would not have been enough

	called func(name string) string // what people call a peer; nil shows names
}

// Error names the peers, up to 16 of them, and what they said. Those that have an alias are
// shown by it.
func (e *QuorumError) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "bilateralrpc: %s: %d replies, want %d", e.Method, len(e.Replied), e.Want)
	if len(e.Replied)+len(e.Failed)+e.Waiting == 0 {
		b.WriteString(": no peer was asked, as none is connected")
	}
	for i, o := range e.Failed {
		if i == missingMax {
			fmt.Fprintf(&b, "; and %d more failed", len(e.Failed)-i)
			break
		}
		name := o.From
		if e.called != nil {
			name = e.called(name)
		}
		fmt.Fprintf(&b, "; %s: %v", name, o.Err)
	}
	if e.Waiting > 0 {
		fmt.Fprintf(&b, "; %d more would not have been enough", e.Waiting)
	}
	return b.String()
}

// Unwrap returns ErrQuorum and the errors of the peers.
func (e *QuorumError) Unwrap() []error {
	errs := []error{ErrQuorum}
	for _, o := range e.Failed {
		errs = append(errs, o.Err)
	}
	return errs
}
