package main

import (
	"fmt"
	"sync"
	"time"
	"unicode/utf8"
)

const (
	progressAfter = 500 * time.Millisecond // is how long something takes before its progress is shown
	progressEvery = 200 * time.Millisecond
)

// progress shows what state returns, on a terminal, until stop is called, which takes it away
// again. state is called by another goroutine.
func (a *app) progress(state func() string) (stop func()) {
	if a.terminal == nil {
		return func() {}
	}
	var (
		done  = make(chan struct{})
		ended sync.WaitGroup
	)
	ended.Go(func() {
		wait := time.NewTimer(progressAfter)
		defer wait.Stop()
		for {
			select {
			case <-done:
				return
			case <-wait.C:
			}
			a.draw(clean(state()))
			wait.Reset(progressEvery)
		}
	})
	return sync.OnceFunc(func() {
		close(done)
		ended.Wait()
		a.draw("")
	})
}

// draw shows a line of progress in place of the one before.
func (a *app) draw(line string) {
	a.writing.Lock()
	defer a.writing.Unlock()
	a.erase()
	fmt.Fprint(a.terminal, line)
	a.drawn = utf8.RuneCountInString(line)
}

// erase takes the line of progress away, if there is one. It is called with writing held.
func (a *app) erase() {
	if a.drawn > 0 {
		fmt.Fprintf(a.terminal, "\r%*s\r", a.drawn, "")
		a.drawn = 0
	}
}
