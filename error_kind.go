package bilateralrpc

import (
	"context"
	"errors"
	"strings"

	"github.com/bitmark-inc/bilateralrpc/internal/kind"
)

// errorKinds names the errors of this package that a peer does not report. The first match
// counts: a call that was cancelled is ErrNoReply too, and so may be one whose deadline was
// that of its context.
var errorKinds = [...]struct {
	err  error
	name string
}{
	{ErrQuorum, "quorum"},
	{context.Canceled, "canceled"},
	{ErrNoReply, "no-reply"},
	{ErrNotConnected, "not-connected"},
	{ErrDisconnected, "disconnected"},
	{ErrRestarted, "restarted"},
	{ErrUnserved, "unserved"},
	{ErrWouldBlock, "would-block"},
	{ErrUnroutable, "unroutable"},
	{ErrTooLarge, "too-large"},
	{ErrClosed, "closed"},
	{ErrBusy, "busy"},
	{ErrOwnName, "own-name"},
	{ErrBadMethod, "bad-method"},
	{ErrBadMetadata, "bad-metadata"},
	{ErrBadResults, "bad-results"},
	{ErrTimeoutTooShort, "timeout-too-short"},
	{ErrTwoTimeouts, "two-timeouts"},
	{context.DeadlineExceeded, "deadline-exceeded"},
}

// ErrorKind names what kind of error a call or a handler has ended with, for the labels of
// metrics: "" for nil; else one of a fixed set, such as "no-reply", "not-connected",
// "no-method", "overloaded" and "canceled"; or "other", which is what handlers and
// interceptors return of their own, with or without the code of an [Error]. No peer can make
// it another one. The names do not change.
func ErrorKind(err error) string {
	if err == nil {
		return ""
	}
	for i := range errorKinds {
		if errors.Is(err, errorKinds[i].err) {
			return errorKinds[i].name
		}
	}
	if code := kind.CodeOf(err); code != "" {
		return strings.TrimPrefix(code, "_")
	}
	return "other"
}
