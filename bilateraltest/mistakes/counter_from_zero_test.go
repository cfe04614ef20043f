package mistakes_test

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"strconv"
	"sync"
	"time"

	"github.com/bitmark-inc/bilateralrpc"
	"github.com/bitmark-inc/bilateralrpc/bilateraltest"
)

var counterFromZero = mistake{
	name: "a counter that a restart resets",
	file: "counter_from_zero_test.go",
	story: "A desk gives out numbers, one after the other, from a variable: after a restart it begins anew. " +
		"Mended: the number is on the disk before it is given out.",
	claim:   `Always "no number is given out twice"`,
	program: numbers,
}

var nextNumber = bilateralrpc.NewMethod[nothing, int]("Desk.Next")

// desk is the process of the desk.
func desk(h *bilateraltest.Host, mistaken bool) error {
	var mu sync.Mutex
	disk, latest := h.Disk(), 0
	if !mistaken {
		text, err := disk.Read("latest")
		if err == nil {
			latest, err = strconv.Atoi(string(text))
		}
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return nextNumber.Handle(h.Node(), func(context.Context, nothing) (int, error) {
		mu.Lock()
		defer mu.Unlock()
		latest++
		if mistaken {
			return latest, nil
		}
		// A new file is synced before it takes the place of the old one.
		return latest, errors.Join(disk.Write("new", []byte(strconv.Itoa(latest))), disk.Sync(), disk.Rename("new", "latest"), disk.Sync())
	})
}

func numbers(w *bilateraltest.World, mistaken bool) {
	w.Host("desk", func(h *bilateraltest.Host) error { return desk(h, mistaken) })
	w.Host("hall", idle)
	w.Connect("hall", "desk")
	var mu sync.Mutex
	given := map[int]bool{}
	var twice error
	w.Go("visitors", func(ctx context.Context) {
		every(ctx, time.Second, func(int) {
			n := askUntilAnswered(w, nextNumber, "hall", "desk", nothing{})
			mu.Lock()
			defer mu.Unlock()
			if given[n] {
				twice = fmt.Errorf("number %d", n)
			}
			given[n] = true
		})
	})
	w.Always("no number is given out twice", func() error {
		mu.Lock()
		defer mu.Unlock()
		return twice
	})
}
