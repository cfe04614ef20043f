package main

import (
	"context"
	"fmt"

	"github.com/bitmark-inc/bilateralrpc"
)

// quorum is how many of five replicas are more than half.
const quorum = 3

// Front reads and writes at replicas. There may be several fronts to the same ones.
type Front struct {
	node     *bilateralrpc.Bilateral
	name     string
	replicas []string
}

// Write has three replicas keep text, under a version that is newer than all that three
// replicas know. If it returns an error, some may have it all the same.
func (f *Front) Write(ctx context.Context, key, text string) error {
	newest, _, err := f.newest(ctx, key)
	if err != nil {
		return fmt.Errorf("write %s: %w", key, err)
	}
	version := Version{newest.Version.Number + 1, f.name}
	// Quorum does not wait for the other two, and gives the call up there: they may have
	// the value or not. Reads mend those that do not.
	if _, err = f.put(ctx, Entry{key, Value{text, version}}); err != nil {
		return fmt.Errorf("write %s: %w", key, err)
	}
	return nil
}

// Read returns the newest value of key. Before it does, three replicas have it, so that no
// later read finds an older one; those that were behind are mended by that.
func (f *Front) Read(ctx context.Context, key string) (string, error) {
	newest, replies, err := f.newest(ctx, key)
	if err != nil {
		return "", fmt.Errorf("read %s: %w", key, err)
	}
	for _, r := range replies {
		if newest.Version.Newer(r.Value.Version) {
			if _, err = f.put(ctx, Entry{key, newest}); err != nil {
				return "", fmt.Errorf("repair %s: %w", key, err)
			}
			break
		}
	}
	return newest.Text, nil
}

// newest asks until three replicas have answered, and returns the newest of their values.
func (f *Front) newest(ctx context.Context, key string) (Value, []bilateralrpc.Reply[Value], error) {
	replies, err := get.Quorum(ctx, f.node, f.replicas, quorum, Key{key})
	var newest Value
	for _, r := range replies {
		if r.Value.Version.Newer(newest.Version) {
			newest = r.Value
		}
	}
	return newest, replies, err
}

func (f *Front) put(ctx context.Context, entry Entry) ([]bilateralrpc.Reply[struct{}], error) {
	// A put may run twice without harm, so it may be sent again when a connection is lost.
	return put.Quorum(ctx, f.node, f.replicas, quorum, entry, bilateralrpc.Idempotent())
}
