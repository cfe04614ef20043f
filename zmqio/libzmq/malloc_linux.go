//go:build cgo && libzmq && linux

package libzmq

/*
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#ifdef __GLIBC__
#include <malloc.h>
#endif

#ifdef __GLIBC__
#if __GLIBC_PREREQ(2, 33) // in a line of its own: others don't have the macro
#define CAN_BE_ASKED
#endif
#endif

#ifdef CAN_BE_ASKED
enum { WATCHED = 1 };

static void use(size_t *used, size_t *free) {
	struct mallinfo2 m = mallinfo2();
	*used = m.uordblks + m.hblkhd;
	*free = m.fordblks;
}
#else
enum { WATCHED = 0 };
static void use(size_t *used, size_t *free) {}
#endif

static void keep(size_t large, size_t top, int heaps) {
#ifdef __GLIBC__
	mallopt(M_MMAP_THRESHOLD, large);
	mallopt(M_TRIM_THRESHOLD, top);
	mallopt(M_ARENA_MAX, heaps);
#endif
}

static void trim(void) {
#ifdef __GLIBC__
	malloc_trim(0);
#endif
}

// Gives the pages back that lie wholly in these bytes.
static void give_back(void *data, size_t size, size_t page) {
	uintptr_t from = ((uintptr_t)data + page - 1) & ~(page - 1), to = ((uintptr_t)data + size) & ~(page - 1);
	if (from < to)
		madvise((void *)from, to - from, MADV_DONTNEED);
}
*/
import "C"

import (
	"os"
	"unsafe"
)

const (
	// cLargeMin and cLargeMax are from where on glibc has memory of its own for a piece, which goes back
	// to the system when that is freed: its default, and the most that it can be told. By itself
	// it begins with the first and follows what is freed.
	cLargeMin, cLargeMax = 128 << 10, 32 << 20
	// cTopMax is how much may lie free at the end of one of glibc's heaps, where only a piece that is freed
	// next to it has it given back. By itself glibc has a heap for each thread, up to eight
	// for each processor.
	cTopMax   = 16 << 20
	cHeapsMax = 4
)

// cWatched says whether the heap of C can be asked, which depends on glibc's version. Where it can't, nothing large is kept.
const cWatched = C.WATCHED != 0

// cKeep says whether glibc is to keep what is large and freed.
func cKeep(yes bool) {
	if yes {
		C.keep(cLargeMax, cTopMax, cHeapsMax)
	} else {
		C.keep(cLargeMin, cLargeMin, cHeapsMax)
	}
}

// cUse returns how many bytes of C's heap are in use, and how many are free.
func cUse() (used, free int64) {
	var u, f C.size_t
	C.use(&u, &f)
	return int64(u), int64(f)
}

// cTrim gives the pages of all that is free back to the system, but for cTopMax of each heap.
func cTrim() { C.trim() }

// cGiveBack does so with b, which is C's: nobody will read it again.
func cGiveBack(b []byte) {
	C.give_back(unsafe.Pointer(unsafe.SliceData(b)), C.size_t(len(b)), C.size_t(os.Getpagesize()))
}
