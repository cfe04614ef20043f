package bilateralrpc

import (
	"errors"

	"github.com/bitmark-inc/bilateralrpc/internal/kind"
	"github.com/bitmark-inc/bilateralrpc/zmqio"
)

// RemoteError is an error text that a peer sent: its handler's own, or why the
// peer did not run one, which errors.Is knows: see ErrNoMethod and its like.
type RemoteError string

func (e RemoteError) Error() string { return string(e) }

// Is says whether the text is known as that of target.
func (e RemoteError) Is(target error) bool { return isKind(kind.OfText(string(e)), target) }

// Error is an error with a code, which programs can tell apart: handlers return it, or an
// error that wraps it, and the caller finds it by errors.As, or by errors.Is with an Error
// of the same code. The text is that of the error that was returned.
//
// Between peers of which one knows no codes (older versions, the original) only the text
// arrives, as a RemoteError.
type Error struct {
	Code string
	Text string
}

// NewError returns an error for handlers to return. The code is up to the program, 1 to 64
// bytes; it does not begin with '_', as those of this package do.
func NewError(code, text string) *Error { return &Error{code, text} }

// Error returns the text.
func (e *Error) Error() string { return e.Text }

// Is says whether target is an Error of the same code, or the error that one of this
// package's own codes says.
func (e *Error) Is(target error) bool {
	if other, ok := target.(*Error); ok {
		return other.Code == e.Code
	}
	return isKind(kind.OfCode(e.Code), target)
}

// As makes e a RemoteError for programs that look for one.
func (e *Error) As(target any) bool {
	text, ok := target.(*RemoteError)
	if ok {
		*text = RemoteError(e.Text)
	}
	return ok
}

func isKind(k, target error) bool { return k != nil && errors.Is(k, target) }

// remoteError is the error that a peer has answered with. It is an Error where there is a
// code that says more than the text.
func remoteError(o *zmqio.Outcome) error {
	text := RemoteError(o.Err)
	code := codeOfOutcome(o)
	if code == "" {
		return text
	}
	if k := kind.OfCode(code); k != nil && k == kind.OfText(string(text)) {
		return text
	}
	return &Error{code, string(text)}
}

// codeOfError returns the code that goes with err to the caller, or "".
func codeOfError(err error) (code string) {
	defer func() {
		if recover() != nil { // Is, As and Unwrap are code of the program
			code = ""
		}
	}()
	if own := (*Error)(nil); errors.As(err, &own) {
		return own.Code
	}
	return kind.CodeOf(err)
}
