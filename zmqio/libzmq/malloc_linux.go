//go:build cgo && libzmq && linux

package libzmq

/*
#include <stddef.h>

// Only glibc has it; others link without.
extern int mallopt(int, int) __attribute__((weak));

static void keep_mmap_threshold(void) {
	if (mallopt != NULL) {
		mallopt(-3, 128 * 1024); // M_MMAP_THRESHOLD
	}
}
*/
import "C"

import "sync"

// giveBackLargeMessages has the allocator of C give a message of 128 KiB and more back to the
// system when libzmq frees it. glibc does so at first, but whenever it has given one back it
// keeps those up to that size from then on, of up to 32 MiB, in heaps that never shrink below
// what is still in use: what peers had libzmq hold once the node would occupy for good, and
// more than its budget. Saying the threshold, which is glibc's own, turns that off: man mallopt.
var giveBackLargeMessages = sync.OnceFunc(func() { C.keep_mmap_threshold() })
