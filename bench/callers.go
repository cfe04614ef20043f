package main

import "sync"

// parallel is the load of a client that goroutines may share: each caller is a
// goroutine that waits for its reply before it calls again.
func parallel(callers int, done func(caller int) bool, call func(Operands) (Results, error)) (int, error) {
	return parallelFor(callers, done, func(_ int, args Operands) (Results, error) { return call(args) })
}

// parallelFor is parallel for a client that has something of its own for each caller.
func parallelFor(callers int, done func(caller int) bool, call func(caller int, args Operands) (Results, error)) (int, error) {
	var (
		wg    sync.WaitGroup
		mu    sync.Mutex
		total int
		first error
	)
	for caller := range callers {
		wg.Go(func() {
			calls := 0
			var err error
			for !done(caller) && err == nil {
				args := Operands{A: 1000*caller + calls, B: calls}
				var reply Results
				if reply, err = call(caller, args); err == nil {
					err = check(args, reply)
				}
				calls++
			}
			mu.Lock()
			defer mu.Unlock()
			total += calls
			if first == nil {
				first = err
			}
		})
	}
	wg.Wait()
	return total, first
}
