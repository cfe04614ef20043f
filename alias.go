package bilateralrpc

import (
	"context"
	"log/slog"
	"sync/atomic"
)

// aliases are what people call peers. They stand in log lines, in the texts of errors and in
// what Called returns, and nowhere else: not on the wire, and in no field that a program compares.
type aliases struct {
	user   func(name string) string          // Config.Alias, or nil
	ofKeys atomic.Pointer[map[string]string] // those in the file of allowed keys, if there is one
}

// keyShown is how much of a key stands beside its alias: enough to tell those apart that
// somebody has given one alias by mistake, or that claim it in plaintext.
const keyShown = 8

// called returns what people call a peer: its alias with the beginning of its key, or the
// name itself, as a whole, if it has no alias.
func (a *aliases) called(name string) string {
	alias := ""
	if a.user != nil {
		alias = a.user(name)
	}
	if keys := a.ofKeys.Load(); alias == "" && keys != nil {
		alias = (*keys)[name]
	}
	switch {
	case alias == "" || alias == name:
		return name
	case len(name) == keyBytes/4*5:
		name = name[:keyShown] + "..."
	}
	return alias + " (" + name + ")"
}

// logger returns a logger in whose lines peers have their aliases; nil for nil.
func (a *aliases) logger(l *slog.Logger) *slog.Logger {
	if l == nil {
		return nil
	}
	return slog.New(aliasHandler{l.Handler(), a})
}

// aliasHandler gives the attribute "peer" of lines its alias.
type aliasHandler struct {
	slog.Handler
	names *aliases
}

func (h aliasHandler) attr(a slog.Attr) slog.Attr {
	if a.Key == "peer" {
		a.Value = slog.StringValue(h.names.called(a.Value.String()))
	}
	return a
}

func (h aliasHandler) Handle(ctx context.Context, r slog.Record) error {
	named := slog.NewRecord(r.Time, r.Level, r.Message, r.PC)
	r.Attrs(func(a slog.Attr) bool {
		named.AddAttrs(h.attr(a))
		return true
	})
	return h.Handler.Handle(ctx, named)
}

func (h aliasHandler) WithAttrs(attrs []slog.Attr) slog.Handler {
	named := make([]slog.Attr, len(attrs))
	for i, a := range attrs {
		named[i] = h.attr(a)
	}
	h.Handler = h.Handler.WithAttrs(named)
	return h
}

func (h aliasHandler) WithGroup(name string) slog.Handler {
	h.Handler = h.Handler.WithGroup(name)
	return h
}
