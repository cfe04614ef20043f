// Package kind knows the kinds of failures that a peer may report in place of a reply:
// the error of each, for errors.Is; the code that says it between two of ours; and how
// the texts begin by which it is known without a code.
package kind

import (
	"errors"
	"fmt"
	"strings"
)

// The kinds. A text that a peer sends is more precise than these, and is what its caller
// reads; these are what a program compares with.
var (
	ErrOverloaded   = errors.New("overloaded: too much to do")
	ErrNoService    = errors.New("bilateralrpc: the peer has no such service: register it there, or mind its spelling")
	ErrNoMethod     = errors.New("bilateralrpc: the peer has no such method: mind its spelling, and the peer's version")
	ErrBadArguments = errors.New("bilateralrpc: bad arguments")
	ErrPanicked     = errors.New("bilateralrpc: the handler panicked: the peer's log has the stack")
	ErrBadReply     = errors.New("bilateralrpc: the reply is not of the expected type")
	ErrReplyLost    = errors.New("bilateralrpc: the method has run, or may have, and its reply is lost: don't call again unless it may run twice")
	ErrLeaving      = errors.New("bilateralrpc: the peer is shutting down; the method has not run: call another peer")

	// ErrDropped is ErrOverloaded and ErrReplyLost in one.
	ErrDropped = fmt.Errorf("%w: %w", ErrOverloaded, ErrReplyLost)
)

// row is what is known of one kind.
type row struct {
	err error
	// code says it between two of ours. Codes of programs do not begin with '_'.
	code string
	// beginnings are those of the texts that say it, and ending is that of another one.
	beginnings []string
	ending     string
}

// rows is the table, in which the first match counts. The texts are those of this
// version and of earlier ones, and those of net/rpc, whose errors handlers pass on. The
// original sends no text where it could not run a method.
var rows = [...]row{
	{ErrDropped, "_reply-dropped", []string{"overloaded: the handler has run"}, ""},
	{ErrOverloaded, "_overloaded", []string{"overloaded: "}, ""},
	{ErrReplyLost, "_reply-lost", []string{"this call has been run already"}, ""},
	{ErrNoService, "_no-service", []string{"no such service: ", "this node serves no methods", "rpc: can't find service ", "rpc: service/method request ill-formed"}, ""},
	{ErrNoMethod, "_no-method", []string{"no such method: ", "the request can't be decoded: no method name", "the method name is too long", "rpc: can't find method "}, ""},
	{ErrBadArguments, "_bad-arguments", []string{"can't decode the arguments"}, ""},
	{ErrPanicked, "_panicked", []string{"handler panicked", "the handler panicked: ", "the handler ended without a reply"}, ""},
	{ErrBadReply, "_bad-reply", []string{"can't encode the reply"}, "bytes, more than this node sends"},
	{ErrLeaving, "_leaving", []string{"the node is closing"}, ""},
}

// OfText returns the kind that a text says, or nil.
func OfText(text string) error {
	for i := range rows {
		for _, b := range rows[i].beginnings {
			if strings.HasPrefix(text, b) {
				return rows[i].err
			}
		}
		if end := rows[i].ending; end != "" && strings.HasSuffix(text, end) {
			return rows[i].err
		}
	}
	return nil
}

// OfCode returns the kind that a code says, or nil.
func OfCode(code string) error {
	if !strings.HasPrefix(code, "_") {
		return nil
	}
	for i := range rows {
		if rows[i].code == code {
			return rows[i].err
		}
	}
	return nil
}

// CodeOf returns the code of the kind that err is, by errors.Is, or "".
func CodeOf(err error) string {
	for i := range rows {
		if errors.Is(err, rows[i].err) {
			return rows[i].code
		}
	}
	return ""
}
