package mistakes_test

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"sync"
	"time"

	"github.com/bitmark-inc/bilateralrpc"
	"github.com/bitmark-inc/bilateralrpc/bilateraltest"
)

var replyBeforeSync = mistake{
	name: "reply before the write is synced",
	file: "reply_before_sync_test.go",
	story: "An archive keeps a letter in a file of its own, and says so. The disk is synced every two seconds, which is fast: " +
		"a crash takes letters that were confirmed. Mended: the disk is synced before the reply.",
	claim:   `Finally "a letter that was confirmed is kept"`,
	program: letters,
}

type letter struct{ Name, Text string }

var (
	keep  = bilateralrpc.NewMethod[letter, bool]("Archive.Keep")
	fetch = bilateralrpc.NewMethod[letter, string]("Archive.Fetch")
)

// archive is the process of the archive.
func archive(h *bilateraltest.Host, mistaken bool) error {
	disk := h.Disk()
	err := errors.Join(
		keep.Handle(h.Node(), func(_ context.Context, l letter) (bool, error) {
			err := disk.Write(l.Name, []byte(l.Text))
			if err == nil && !mistaken {
				err = disk.Sync()
			}
			return err == nil, err
		}),
		fetch.Handle(h.Node(), func(_ context.Context, l letter) (string, error) {
			text, err := disk.Read(l.Name)
			if errors.Is(err, fs.ErrNotExist) {
				return "", nil
			}
			return string(text), err
		}))
	for mistaken && err == nil && h.Context().Err() == nil {
		time.Sleep(2 * time.Second)
		err = disk.Sync()
	}
	return err
}

func letters(w *bilateraltest.World, mistaken bool) {
	var mu sync.Mutex
	var confirmed []letter
	w.Host("archive", func(h *bilateraltest.Host) error { return archive(h, mistaken) })
	w.Host("office", idle)
	w.Connect("office", "archive")
	w.Go("clerk", func(ctx context.Context) {
		every(ctx, time.Second/4, func(n int) {
			l := letter{fmt.Sprint("letter", n), "dear all"}
			askUntilAnswered(w, keep, "office", "archive", l)
			mu.Lock()
			defer mu.Unlock()
			confirmed = append(confirmed, l)
		})
	})
	w.Finally("a letter that was confirmed is kept", func() error {
		mu.Lock()
		defer mu.Unlock()
		for _, l := range confirmed {
			if text := askUntilAnswered(w, fetch, "office", "archive", l); text != l.Text {
				return fmt.Errorf("%s has the text %q", l.Name, text)
			}
		}
		return nil
	})
}
