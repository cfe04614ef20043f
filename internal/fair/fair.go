// Package fair has a queue in which those who wait take turns.
package fair

// Queue holds items of many owners. Each owner has a queue of its own, and one item of
// every owner that has any is taken before a second one of any: who puts in a hundred
// delays who puts in one by one. It is the fair queueing of Nagle, "On Packet Switches
// with Infinite Storage", RFC 970, 1985.
//
// The zero value is empty. It allocates nothing once it has been as long as it gets, and
// must not be used by several goroutines at a time.
type Queue[T any] struct {
	first, last *turn[T]            // whose turn it is, and whose it was last
	waiting     map[string]*turn[T] // all of them, while there are several
	turns       *turn[T]            // to be used again, linked by next
	items       *item[T]            // to be used again, linked by next
}

// turn is an owner that has items.
type turn[T any] struct {
	owner       string
	first, last *item[T]
	next        *turn[T]
}

type item[T any] struct {
	value T
	next  *item[T]
}

// Empty says whether there is nothing in it.
func (q *Queue[T]) Empty() bool { return q.first == nil }

// Len returns how many items are in it.
func (q *Queue[T]) Len() (n int) {
	for t := q.first; t != nil; t = t.next {
		for i := t.first; i != nil; i = i.next {
			n++
		}
	}
	return n
}

// Push adds an item of owner.
func (q *Queue[T]) Push(owner string, value T) {
	i := q.items
	if i == nil {
		i = new(item[T])
	} else {
		q.items = i.next
	}
	*i = item[T]{value: value}
	t := q.of(owner)
	if t.first == nil {
		t.first = i
	} else {
		t.last.next = i
	}
	t.last = i
}

// Pop takes the next item. The queue must not be empty.
func (q *Queue[T]) Pop() T {
	t := q.first
	i := t.first
	value := i.value
	q.first, t.first = t.next, i.next
	*i = item[T]{next: q.items}
	q.items = i
	if t.first != nil {
		q.push(t)
		return value
	}
	delete(q.waiting, t.owner)
	*t = turn[T]{next: q.turns}
	q.turns = t
	return value
}

// of returns the turn of an owner, a new one at the end if it has none.
func (q *Queue[T]) of(owner string) *turn[T] {
	if q.first != nil && q.first.owner == owner {
		return q.first
	}
	if t := q.waiting[owner]; t != nil {
		return t
	}
	t := q.turns
	if t == nil {
		t = new(turn[T])
	} else {
		q.turns = t.next
	}
	*t = turn[T]{owner: owner}
	if q.first != nil { // where only one waits, the map is not needed
		if q.waiting == nil {
			q.waiting = make(map[string]*turn[T])
		}
		q.waiting[q.first.owner], q.waiting[owner] = q.first, t
	}
	q.push(t)
	return t
}

// push puts t at the end.
func (q *Queue[T]) push(t *turn[T]) {
	t.next = nil
	if q.first == nil {
		q.first, q.last = t, t
		return
	}
	q.last.next, q.last = t, t
}
