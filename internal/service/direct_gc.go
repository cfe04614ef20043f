//go:build gc && !purego

package service

import (
	"context"
	"reflect"
	"runtime"
	"unsafe"
)

// directCall calls a receiver's method with pointers to the arguments and to the reply.
type directCall func(ctx context.Context, args, reply reflect.Value) error

// directOf returns how to call m without reflection, or nil if only reflection can.
// It costs two allocations and a third of a microsecond less than reflect.Value.Call.
//
// A method that reflection shows is a function whose first parameter is the receiver.
// Here a pointer to a variable of the function's type is read as a pointer to one of
// another type, which has parameters that are passed alike, and that function is called.
// This is sound because of rules of the gc toolchain, and so built with it only
// (Go's cmd/compile/abi-internal.md; reflect computes by the same rules for its calls):
//
//   - Where a parameter is passed depends on its basic values, from the first to the
//     last: a struct is passed as its fields are, a string as two words, a slice as three,
//     an interface as two. A value of one word that is an integer or a pointer, whatever to,
//     goes into the next integer register. If not all of a parameter fits into the
//     registers that are left, the whole goes onto the stack, as it lies in memory. So
//     parameters with as many words, all of them integers or pointers, are passed alike.
//   - What of its parameters are pointers the function called says, to the garbage
//     collector and when its stack is moved. The caller keeps args and with it all that its
//     words point to, which is on the heap.
//   - The result is an error in both types.
//
// Other parameters (numbers that are not a word, floating point, arrays) are left to
// reflection, and so are long ones, for which there is no type here. The method of a receiver
// that is no pointer is called by way of a pointer to a copy: the compiler has made such a
// method for each, and it copies the receiver for each call, as reflection does.
func directOf(receiver reflect.Value, m reflect.Method) directCall {
	if receiver.Kind() != reflect.Pointer {
		p := reflect.New(receiver.Type())
		p.Elem().Set(receiver)
		var ok bool
		if m, ok = p.Type().MethodByName(m.Name); !ok {
			return nil
		}
		receiver = p
	}
	variable := reflect.New(m.Type)
	variable.Elem().Set(m.Func)
	at, on := variable.UnsafePointer(), receiver.UnsafePointer()
	first := 1
	if takesContext(m.Type) {
		first = 2
	}
	args := m.Type.In(first)
	if args.Kind() == reflect.Pointer {
		return withPointer(at, on, first == 2)
	}
	n, ok := wordsOf(args)
	if !ok || n == 0 || n > len(withValue) {
		return nil
	}
	return withValue[n-1](at, on, first == 2)
}

// withPointer calls a function at at that takes a pointer to its arguments.
func withPointer(at, receiver unsafe.Pointer, contextual bool) directCall {
	if contextual {
		call := *(*func(_ unsafe.Pointer, _ context.Context, args, reply unsafe.Pointer) error)(at)
		return func(ctx context.Context, args, reply reflect.Value) error {
			return call(receiver, ctx, args.UnsafePointer(), reply.UnsafePointer())
		}
	}
	call := *(*func(_, args, reply unsafe.Pointer) error)(at)
	return func(_ context.Context, args, reply reflect.Value) error {
		return call(receiver, args.UnsafePointer(), reply.UnsafePointer())
	}
}

// withValue calls a function that takes its arguments by value: by how many words they have.
var withValue = [...]func(at, receiver unsafe.Pointer, contextual bool) directCall{
	withWords[struct{ a uintptr }],
	withWords[struct{ a, b uintptr }],
	withWords[struct{ a, b, c uintptr }],
	withWords[struct{ a, b, c, d uintptr }],
	withWords[struct{ a, b, c, d, e uintptr }],
	withWords[struct{ a, b, c, d, e, f uintptr }],
}

func withWords[Words any](at, receiver unsafe.Pointer, contextual bool) directCall {
	if contextual {
		call := *(*func(_ unsafe.Pointer, _ context.Context, args Words, reply unsafe.Pointer) error)(at)
		return func(ctx context.Context, args, reply reflect.Value) error {
			p := args.UnsafePointer()
			err := call(receiver, ctx, *(*Words)(p), reply.UnsafePointer())
			runtime.KeepAlive(p)
			return err
		}
	}
	call := *(*func(_ unsafe.Pointer, args Words, reply unsafe.Pointer) error)(at)
	return func(_ context.Context, args, reply reflect.Value) error {
		p := args.UnsafePointer()
		err := call(receiver, *(*Words)(p), reply.UnsafePointer())
		runtime.KeepAlive(p)
		return err
	}
}

// wordsOf returns how many words a value of type t consists of, if each is an integer of
// that size or a pointer.
func wordsOf(t reflect.Type) (n int, ok bool) {
	switch t.Kind() {
	case reflect.Int, reflect.Uint, reflect.Uintptr, reflect.Int64, reflect.Uint64,
		reflect.Pointer, reflect.UnsafePointer, reflect.Map, reflect.Chan, reflect.Func:
		n = 1
	case reflect.String, reflect.Interface:
		n = 2
	case reflect.Slice:
		n = 3
	case reflect.Struct:
		for i := range t.NumField() {
			f := t.Field(i)
			words, ok := wordsOf(f.Type)
			if !ok || f.Name == "_" {
				return 0, false
			}
			n += words
		}
	default:
		return 0, false
	}
	return n, t.Size() == uintptr(n)*unsafe.Sizeof(uintptr(0))
}
