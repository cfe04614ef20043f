package zmqio

import "sync/atomic"

// stack is a list that any goroutine may push on and one takes whole. The link
// from one element to the next is part of the elements.
type stack[T any, E interface {
	*T
	after() **T
}] struct{ top atomic.Pointer[T] }

func (s *stack[T, E]) push(e *T) {
	for {
		top := s.top.Load()
		*E(e).after() = top
		if s.top.CompareAndSwap(top, e) {
			return
		}
	}
}

func (s *stack[T, E]) empty() bool { return s.top.Load() == nil }

// take empties the stack. It returns what was pushed first, linked to what was
// pushed next.
func (s *stack[T, E]) take() *T {
	var first *T
	for e := s.top.Swap(nil); e != nil; {
		after := E(e).after()
		first, e, *after = e, *after, first
	}
	return first
}
