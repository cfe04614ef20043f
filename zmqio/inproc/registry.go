package inproc

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"sync"
)

// scheme is what the addresses of this transport begin with.
const scheme = "inproc://"

// placeBytesMax bounds the name behind the scheme.
const placeBytesMax = 255

// registry says who listens where in this process.
type registry struct {
	mu     sync.Mutex
	places map[string]*inbox
	wilds  uint64 // names given to wildcards so far
}

var places = registry{places: make(map[string]*inbox)}

// ErrInUse is what Listen answers for an address that a node listens on already.
var ErrInUse = errors.New("inproc: address in use")

// bind takes a place; "*" is one that nobody has.
func (r *registry) bind(place string, in *inbox) (bound string, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for place == "*" {
		r.wilds++
		place = "auto-" + strconv.FormatUint(r.wilds, 10)
		if r.places[place] != nil {
			place = "*"
		}
	}
	if r.places[place] != nil {
		return "", fmt.Errorf("%w: %s%s", ErrInUse, scheme, place)
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

// parse returns what stands behind the scheme of address.
func parse(address string) (place string, err error) {
	place, ok := strings.CutPrefix(address, scheme)
	if !ok || place == "" || len(place) > placeBytesMax {
		return "", fmt.Errorf("inproc: address %q: want %sNAME with a name of 1 to %d bytes", address, scheme, placeBytesMax)
	}
	return place, nil
}
