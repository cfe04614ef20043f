package zmqio

import "unsafe"

// overlap says whether a and b have memory in common. A handler that answers with bytes of
// the request itself, though it was told not to, is no reason to send others.
func overlap(a, b []byte) bool {
	if cap(a) == 0 || cap(b) == 0 {
		return false
	}
	from, to := uintptr(unsafe.Pointer(unsafe.SliceData(a))), uintptr(unsafe.Pointer(unsafe.SliceData(b)))
	return from < to+uintptr(cap(b)) && to < from+uintptr(cap(a))
}
