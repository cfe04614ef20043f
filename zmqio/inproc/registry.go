package inproc

import (
	"errors"
	"net"
	"strconv"
	"sync"

	"github.com/bitmark-inc/bilateralrpc/zmqio/internal/endpoint"
)

// registry says who listens where in this process.
type registry struct {
	mu     sync.Mutex
	places map[string]*inbox
	wilds  uint64 // names given to wildcards so far
}

var places = registry{places: make(map[string]*inbox)}

// ErrInUse is what Listen answers for an address that a node listens on already.
var ErrInUse = errors.New("bilateralrpc: address in use")

// bind takes a place; the wildcard is one that nobody has.
func (r *registry) bind(place string, in *inbox) (bound string, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if in.over() {
		return "", net.ErrClosed // release has been, or comes next
	}
	for place == endpoint.Wildcard {
		r.wilds++
		place = "auto-" + strconv.FormatUint(r.wilds, 10)
		if r.places[place] != nil {
			place = endpoint.Wildcard
		}
	}
	if r.places[place] != nil {
		return "", ErrInUse
	}
	r.places[place] = in
	return place, nil
}

// find returns the inbox of the node that listens at place, or nil.
func (r *registry) find(place string) *inbox {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.places[place]
}

// release frees every place of in.
func (r *registry) release(in *inbox) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for place, owner := range r.places {
		if owner == in {
			delete(r.places, place)
		}
	}
}
