// Package service keeps the receivers a program has registered and runs their
// methods for requests from the wire.
//
// A receiver's methods are served if they look like
//
//	func (r *T) Method(args A, reply *R) error
//	func (r *T) Method(ctx context.Context, args A, reply *R) error
//
// with exported types or built-in ones for A (a value or a pointer) and R. The
// name on the wire is "T.Method", by the name of the receiver's type, or by another one
// that the program gives it. A [Handler] serves one method, by a function.
//
// If the arguments are a struct, or point to one, with a field Bilateral_SENDER
// of a string kind, that field is set to the sender's name after decoding,
// whatever the sender put there.
//
// A request can't do harm here: bytes that are not the arguments of the method
// are an error, and so are arguments that would occupy more than ValueBytesMax or for
// which whoever counts the memory has none left, and a handler that panics.
package service
