package main

import (
	"fmt"
	"sync"
	"time"
)

// timeline prints what happens, with the seconds since the start. Several
// goroutines may add to it.
type timeline struct {
	began time.Time
	mu    sync.Mutex
}

func (t *timeline) title() { fmt.Println("seconds  who    what") }

func (t *timeline) add(who, text string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	fmt.Printf("%7.3f  %-5s  %s\n", time.Since(t.began).Seconds(), who, text)
}
