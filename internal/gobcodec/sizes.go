package gobcodec

import (
	"math/bits"
	"reflect"
	"unsafe"
)

// Memory that the runtime takes for an object of a given size, by the rules of
// runtime.roundupsize (runtime/msize.go) and runtime.mallocgcTiny (runtime/malloc.go).
// They are the same in Go 1.25 and 1.26, and TestHeapBytes holds them against
// the runtime that runs the test.

// sizeClasses are the sizes of the small objects of the heap, from
// internal/runtime/gc/sizeclasses.go. Larger objects take whole pages.
var sizeClasses = [...]uint16{
	0, 8, 16, 24, 32, 48, 64, 80, 96, 112, 128, 144, 160, 176, 192, 208, 224, 240, 256, 288, 320, 352, 384, 416, 448,
	480, 512, 576, 640, 704, 768, 896, 1024, 1152, 1280, 1408, 1536, 1792, 2048, 2304, 2688, 3072, 3200, 3456, 4096,
	4864, 5376, 6144, 6528, 6784, 6912, 8192, 9472, 9728, 10240, 10880, 12288, 13568, 14336, 16384, 18432, 19072,
	20480, 21760, 24576, 27264, 28672, 32768,
}

const (
	smallMax = 32 << 10 // the largest size class
	pageSize = 8 << 10
	// An object with pointers that is larger than headerAbove has a header in front.
	headerSize  = 8
	headerAbove = bits.UintSize / 8 * bits.UintSize
	// Objects without pointers that are smaller than tinyBlock share blocks of this size.
	tinyBlock = 16
)

// classBy8 and classBy128 hold the size class of sizes in steps of 8 up to 1024,
// and in steps of 128 beyond.
var classBy8, classBy128 = classTables()

func classTables() (by8 [1024/8 + 1]uint16, by128 [(smallMax-1024)/128 + 1]uint16) {
	class := 0
	next := func(size int) uint16 {
		for int(sizeClasses[class]) < size {
			class++
		}
		return sizeClasses[class]
	}
	for i := range by8 {
		by8[i] = next(8 * i)
	}
	for i := range by128 {
		by128[i] = next(1024 + 128*i)
	}
	return by8, by128
}

// unpayable stands for every number of bytes that no limit allows. It is small
// enough to be added to another.
const unpayable = int64(1) << 60

// heapBytes returns what an object of size bytes takes in the heap. Objects that
// share a block are counted at twice their size: the runtime begins a new block
// only when the old one is more than half full, or for one that takes most of it.
func heapBytes(size int64, pointers bool) int64 {
	switch {
	case size < tinyBlock && !pointers:
		return min(2*size, tinyBlock)
	case size > smallMax-headerSize:
		return (size + pageSize - 1) &^ (pageSize - 1)
	case size > headerAbove && pointers:
		size += headerSize
	}
	if size <= 1024 {
		return int64(classBy8[(size+7)/8])
	}
	return int64(classBy128[(size-1024+127)/128])
}

// stringBytes returns what a string of n bytes takes. Those of one byte are ready made.
func stringBytes(n int) int64 {
	if n <= 1 {
		return 0
	}
	return heapBytes(int64(n), false)
}

// bytesBytes returns what a slice of n bytes takes.
func bytesBytes(n int) int64 { return heapBytes(int64(n), false) }

// newBytes returns what a new variable of type t takes.
func newBytes(t reflect.Type) int64 { return heapBytes(int64(t.Size()), hasPointers(t)) }

// hasPointers says whether the garbage collector looks into values of type t.
func hasPointers(t reflect.Type) bool {
	switch t.Kind() {
	case reflect.Array:
		return t.Len() > 0 && hasPointers(t.Elem())
	case reflect.Struct:
		for i := range t.NumField() {
			if hasPointers(t.Field(i).Type) {
				return true
			}
		}
		return false
	case reflect.String, reflect.Slice, reflect.Map, reflect.Pointer, reflect.Interface,
		reflect.Chan, reflect.Func, reflect.UnsafePointer:
		return true
	}
	return false
}

// chunk is how much encoding/gob allocates on the strength of a count alone:
// internal/saferio makes what is larger by as much, and appends.
const chunk = 10 << 20

// sliceHeader is what a slice takes when reflect puts its header into the heap.
const sliceHeader = (int64(unsafe.Sizeof([]byte(nil))) + 7) &^ 7

// sliceBytes returns what is allocated until a slice has n elements of size
// bytes, as encoding/gob makes one: at once, or the first chunk, and then more
// each time it is full.
func sliceBytes(n uint64, size int64, pointers bool) int64 {
	high, total := bits.Mul64(n, uint64(size))
	switch {
	case high > 0 || total > uint64(unpayable)/64:
		return unpayable
	case total <= chunk:
		return heapBytes(int64(total), pointers)
	}
	limit := int64(n)
	capacity := max(chunk/size, 1)
	bytes := heapBytes(capacity*size, pointers)
	for capacity < limit {
		room := heapBytes(grown(capacity, capacity+1)*size, pointers)
		capacity = room / size
		bytes += room + sliceHeader
	}
	return bytes
}

// grownBytes returns what is allocated for a slice of n elements of size bytes by
// reflect.Value.Grow, whose capacity is rounded up.
func grownBytes(n uint64, size int64, pointers bool) int64 {
	high, total := bits.Mul64(n, uint64(size))
	switch {
	case high > 0 || total > uint64(unpayable)/64:
		return unpayable
	case total > 0 && total < tinyBlock && !pointers:
		return tinyBlock
	}
	return heapBytes(int64(total), pointers)
}

// grown returns the capacity of a full slice after an append that makes it as
// long as length: runtime.nextslicecap (runtime/slice.go).
func grown(capacity, length int64) int64 {
	const threshold = 256
	if length > 2*capacity {
		return length
	}
	if capacity < threshold {
		return 2 * capacity
	}
	for capacity < length {
		capacity += (capacity + 3*threshold) / 4
	}
	return capacity
}

// messageBytes returns what encoding/gob allocates to read a message of n bytes:
// a buffer for it, which grows by chunks if it is longer than one.
func messageBytes(n int) int64 {
	if n < chunk {
		return heapBytes(int64(n), false)
	}
	bytes, capacity := int64(chunk), int64(0)
	for length := int64(0); length < int64(n); {
		length = min(length+chunk, int64(n))
		if length > capacity {
			capacity = heapBytes(grown(capacity, length), false)
			bytes += capacity
		}
	}
	return bytes
}
