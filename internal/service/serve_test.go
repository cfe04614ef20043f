package service_test

import (
	"context"

	"github.com/bitmark-inc/bilateralrpc/internal/service"
)

// serve finds a method and calls it, as a node does.
func serve(r *service.Registry, dst []byte, sender string, method, args []byte, payer service.Payer) ([]byte, error) {
	m, err := r.Find(method)
	if err != nil {
		return dst, err
	}
	return r.Call(context.Background(), m, dst, sender, args, payer)
}

// cast is serve for a request that nobody awaits.
func cast(r *service.Registry, sender string, method, args []byte, payer service.Payer) error {
	m, err := r.Find(method)
	if err != nil {
		return err
	}
	return r.Cast(context.Background(), m, sender, args, payer)
}
