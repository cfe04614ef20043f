package service

import (
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"reflect"
	"strings"
	"sync"
	"sync/atomic"
)

// Errors of Call and Cast that say what was wrong with a request. Their texts
// go to the caller. An error of the handler itself is none of them.
var (
	ErrNoService = errors.New("no such service")
	ErrNoMethod  = errors.New("no such method")
	ErrArgs      = errors.New("can't decode the arguments")
	ErrPanicked  = errors.New("handler panicked")
	ErrReply     = errors.New("can't encode the reply")
	// ErrOverloaded means that the charger refused, and the handler did not run.
	ErrOverloaded = errors.New("overloaded: no memory is left for the arguments")
	// ErrReplyOverloaded means that the charger refused when the handler had run.
	ErrReplyOverloaded = errors.New("overloaded: the handler has run, but no memory is left for the reply")
)

// Gate lets in few at a time who do work that peers can make large: see package bulk.
type Gate interface {
	Enter(peer string)
	Leave()
}

// Registry holds the receivers of a node. The zero value is an empty one, ready
// for use. It is safe for concurrent use, and requests take no lock.
type Registry struct {
	// ValueBytesMax is how much memory the decoded arguments of one request may
	// take. Zero is as much as there is. It must be set before the first request.
	ValueBytesMax int64
	// ReplyBytesMax is how many bytes an encoded reply may have. One that is longer may
	// be encoded all the same. Zero is as many as there are. It must be set before the
	// first request.
	ReplyBytesMax int64
	// Gate, unless it is nil, is gone through to decode large arguments. It must be set
	// before the first request.
	Gate Gate

	registering sync.Mutex
	table       atomic.Pointer[table]
}

// table is what is registered. It is replaced, never changed.
type table struct {
	methods  map[string]*method // by the name on the wire
	services map[string]bool    // by the name of the receiver's type
}

// Register serves the suitable methods of receiver under the name of its type.
// It is an error if there are none, if the type is not exported or has no name,
// or if the name is taken. Methods that are not suitable are reported to log at
// debug level; handlers that panic will be, with their stack, at error level. log may be nil.
func (r *Registry) Register(receiver any, log *slog.Logger) error {
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	name, err := serviceName(receiver)
	if err != nil {
		return err
	}
	methods, unsuitable := suitableMethods(receiver, log)
	for _, u := range unsuitable {
		log.Debug("method not served", "service", name, "method", u.name, "reason", u.reason)
	}
	if len(methods) == 0 {
		return noMethodsError(receiver, name, unsuitable)
	}
	return r.add(name, methods)
}

// add puts a service into the table.
func (r *Registry) add(name string, methods []*method) error {
	r.registering.Lock()
	defer r.registering.Unlock()
	next := table{methods: make(map[string]*method), services: make(map[string]bool)}
	if old := r.table.Load(); old != nil {
		if old.services[name] {
			return fmt.Errorf("register %s: the name is taken: register each type once", name)
		}
		maps.Copy(next.methods, old.methods)
		maps.Copy(next.services, old.services)
	}
	next.services[name] = true
	for _, m := range methods {
		m.wireName = name + "." + m.name
		next.methods[m.wireName] = m
	}
	r.table.Store(&next)
	return nil
}

// lookup finds the method that wireName means. The part behind the last dot is the
// method: a service of a generic type has dots in its own name.
func (r *Registry) lookup(wireName []byte) (*method, error) {
	t := r.table.Load()
	if t == nil {
		t = new(table)
	}
	if m, ok := t.methods[string(wireName)]; ok {
		return m, nil
	}
	name := string(wireName)
	dot := strings.LastIndexByte(name, '.')
	if dot < 0 {
		return nil, fmt.Errorf("%w: %q is not of the form Service.Method", ErrNoService, name)
	}
	if !t.services[name[:dot]] {
		return nil, fmt.Errorf("%w: %q", ErrNoService, name[:dot])
	}
	return nil, fmt.Errorf("%w: %q", ErrNoMethod, name)
}

// serviceName returns the name of the receiver's type if it can be registered.
func serviceName(receiver any) (string, error) {
	if receiver == nil {
		return "", errors.New("register nil: pass a value or pointer with exported methods")
	}
	v := reflect.ValueOf(receiver)
	t := v.Type()
	if t.Kind() == reflect.Pointer {
		if v.IsNil() {
			return "", fmt.Errorf("register a nil %s: pass a pointer to a value", t)
		}
		t = t.Elem()
	}
	if t.Name() == "" {
		return "", fmt.Errorf("register %s: the type has no name: declare one", t)
	}
	if !isExportedName(t.Name()) {
		return "", fmt.Errorf("register %s: the type is not exported: let its name begin with a capital", t.Name())
	}
	return t.Name(), nil
}

// noMethodsError says why a receiver has nothing to serve.
func noMethodsError(receiver any, name string, unsuitable []unsuitableMethod) error {
	t := reflect.TypeOf(receiver)
	if t.Kind() != reflect.Pointer && countSuitable(reflect.PointerTo(t)) > 0 {
		return fmt.Errorf("register %s: its methods have pointer receivers: pass a pointer to it", name)
	}
	if len(unsuitable) > 0 {
		u := unsuitable[0]
		return fmt.Errorf("register %s: no suitable method: want M(args, *reply) error with exported types; %s %s", name, u.name, u.reason)
	}
	return fmt.Errorf("register %s: no suitable method: want M(args, *reply) error with exported types", name)
}
