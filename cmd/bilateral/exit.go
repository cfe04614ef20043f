package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/bitmark-inc/bilateralrpc"
)

// The exit codes. docs/COMMAND.md has this table for users.
const (
	exitDone         = 0
	exitFailed       = 1 // a peer, or its handler, has answered with an error
	exitUsage        = 2 // the command line, the JSON or a file is wrong; nothing was sent
	exitNotConnected = 3
	exitNoReply      = 4 // in time
	exitNoMethod     = 5 // there, or not told
	exitInterrupted  = 130
)

// kinds are the words for exit codes in JSON.
var kinds = map[int]string{
	exitFailed: "failed", exitUsage: "usage", exitNotConnected: "not-connected",
	exitNoReply: "no-reply", exitNoMethod: "no-method", exitInterrupted: "interrupted",
}

// failure is an error with its exit code. Without an error, all has been said already.
type failure struct {
	code int
	err  error
}

func (f *failure) Error() string {
	if f.err == nil {
		return ""
	}
	return f.err.Error()
}

func (f *failure) Unwrap() error { return f.err }

// usage is an error that the user can mend before anything is sent.
func usage(format string, args ...any) error {
	return &failure{exitUsage, fmt.Errorf(format, args...)}
}

// errUntold is the error of a peer that does not say which methods it has.
var errUntold = errors.New("it does not tell its methods: set Config.ListMethods there, or let its interceptors allow it; nodes of the original package can't")

// codeOf returns the exit code of an error.
func codeOf(err error) int {
	var f *failure
	var missing *bilateralrpc.MissingError
	switch {
	case err == nil:
		return exitDone
	case errors.As(err, &f):
		return f.code
	case errors.Is(err, errUntold), errors.Is(err, bilateralrpc.ErrNoMethod), errors.Is(err, bilateralrpc.ErrNoService):
		return exitNoMethod
	case errors.As(err, &missing), errors.Is(err, bilateralrpc.ErrNotConnected), errors.Is(err, bilateralrpc.ErrDisconnected),
		errors.Is(err, bilateralrpc.ErrRestarted), errors.Is(err, bilateralrpc.ErrWouldBlock), errors.Is(err, bilateralrpc.ErrUnroutable):
		return exitNotConnected
	case errors.Is(err, bilateralrpc.ErrNoReply), errors.Is(err, context.DeadlineExceeded):
		return exitNoReply
	}
	return exitFailed
}
