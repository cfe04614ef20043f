//go:build !gc || purego

package service

import (
	"context"
	"reflect"
)

// directCall calls a receiver's method with pointers to the arguments and to the reply.
type directCall func(ctx context.Context, args, reply reflect.Value) error

// directOf returns nil: methods are called by reflection.
func directOf(reflect.Value, reflect.Method) directCall { return nil }
