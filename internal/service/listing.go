package service

import (
	"context"
	"log/slog"
	"maps"
	"reflect"
	"slices"
	"strings"

	"github.com/bitmark-inc/bilateralrpc/internal/shape"
)

// isReserved says whether a service, or the method of one, is not for programs.
func isReserved(name string) bool { return strings.HasPrefix(name, "_") }

// ServeListing serves the method by which peers ask for the others: shape.MethodName.
func (r *Registry) ServeListing(log *slog.Logger) error {
	return r.handle(Handler{
		Name:  shape.MethodName,
		Args:  reflect.TypeFor[shape.Query](),
		Reply: reflect.TypeFor[shape.Listing](),
		Run: func(_ context.Context, _, reply any) error {
			*reply.(*shape.Listing) = *r.listing()
			return nil
		},
	}, log)
}

// listing describes the methods for programs that are registered.
func (r *Registry) listing() *shape.Listing {
	var d shape.Describer
	if t := r.table.Load(); t != nil {
		all := maps.Collect(t.methods.All())
		for _, name := range slices.Sorted(maps.Keys(all)) {
			if m := all[name]; !isReserved(name) {
				d.Add(name, m.args, m.reply)
			}
		}
	}
	return d.Listing()
}
