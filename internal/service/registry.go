package service

import (
	"errors"
	"fmt"
	"log/slog"
	"reflect"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/bitmark-inc/bilateralrpc/internal/few"
	"github.com/bitmark-inc/bilateralrpc/internal/kind"
)

// Errors of Find, Call and Cast that say what was wrong with a request, for errors.Is. An
// error of the handler itself is none of them.
var (
	ErrNoService = kind.ErrNoService
	ErrNoMethod  = kind.ErrNoMethod
	ErrArgs      = kind.ErrBadArguments
	ErrPanicked  = kind.ErrPanicked
	ErrReply     = kind.ErrBadReply
	// ErrOverloaded means that the charger refused, and the handler did not run.
	ErrOverloaded = kind.ErrOverloaded
	// ErrReplyOverloaded means that the charger refused when the handler had run.
	ErrReplyOverloaded = kind.ErrDropped
)

// Failure is an error in place of a reply. Its text is for the caller, and is never empty.
type Failure struct {
	Text string
	// Cause is the error of the handler, or one of this package's. It is code of the
	// program: to look into it may panic.
	Cause error
}

func (f *Failure) Error() string { return f.Text }

// Unwrap returns the cause.
func (f *Failure) Unwrap() error { return f.Cause }

func failure(cause error, format string, args ...any) error {
	return &Failure{fmt.Sprintf(format, args...), cause}
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

	registering sync.Mutex
	table       atomic.Pointer[table]
}

// table is what is registered. It is replaced, never changed.
type table struct {
	methods  few.Map[string, *Method] // by the name on the wire
	services few.Map[string, bool]    // true where a receiver has the name, false where handlers only
}

// Register serves the suitable methods of receiver under the name of its type.
// It is an error if there are none, if the type is not exported or has no name,
// or if the name is taken. Methods that are not suitable are reported to log at
// debug level; handlers that panic will be, with their stack, at error level. log may be nil.
func (r *Registry) Register(receiver any, log *slog.Logger) error {
	name, err := serviceName(receiver)
	if err != nil {
		return err
	}
	return r.register(name, receiver, log)
}

// RegisterName is Register under a name of the program's choice. The type need not be
// exported.
func (r *Registry) RegisterName(name string, receiver any, log *slog.Logger) error {
	if name == "" {
		return fmt.Errorf("register a %T without a name: pass the one that peers shall call it by", receiver)
	}
	if isReserved(name) {
		return fmt.Errorf("register %q: names that begin with '_' are not for programs: take another one", name)
	}
	if err := checkReceiver(receiver); err != nil {
		return err
	}
	return r.register(name, receiver, log)
}

func (r *Registry) register(name string, receiver any, log *slog.Logger) error {
	log = orSilent(log)
	methods, unsuitable := suitableMethods(receiver, log)
	for _, u := range unsuitable {
		log.Debug("method not served", "service", name, "method", u.name, "reason", u.reason)
	}
	if len(methods) == 0 {
		return noMethodsError(receiver, name, unsuitable)
	}
	return r.add(name, methods)
}

// Handle serves one method by a handler. Other methods of the same service may have
// handlers of their own, or a receiver.
func (r *Registry) Handle(h Handler, log *slog.Logger) error {
	if isReserved(h.Name) {
		return fmt.Errorf("handle %q: names that begin with '_' are not for programs: take another one", h.Name)
	}
	return r.handle(h, log)
}

// handle is Handle for a name that is not for programs.
func (r *Registry) handle(h Handler, log *slog.Logger) error {
	service, method, ok := CutName(h.Name)
	if !ok {
		return fmt.Errorf("handle %q: want a name of the form Service.Method", h.Name)
	}
	m := h.method(method, orSilent(log))
	return r.change(func(t *table) error {
		if _, taken := t.methods.Get(h.Name); taken {
			return fmt.Errorf("handle %s: the method is served already: it can have one handler, or be a receiver's", h.Name)
		}
		if _, ok := t.services.Get(service); !ok {
			t.services.Put(service, false) // there is such a service from here on
		}
		t.methods.Put(h.Name, m)
		return nil
	})
}

func orSilent(log *slog.Logger) *slog.Logger {
	if log == nil {
		return slog.New(slog.DiscardHandler)
	}
	return log
}

// add puts the service of a receiver into the table.
func (r *Registry) add(name string, methods []*Method) error {
	return r.change(func(t *table) error {
		if taken, _ := t.services.Get(name); taken {
			return fmt.Errorf("register %s: the name is taken: register each type once, or another one by RegisterName", name)
		}
		t.services.Put(name, true)
		for _, m := range methods {
			m.wireName = name + "." + m.name
			if _, taken := t.methods.Get(m.wireName); taken {
				return fmt.Errorf("register %s: %s has a handler already: remove one of the two", name, m.wireName)
			}
			t.methods.Put(m.wireName, m)
		}
		return nil
	})
}

// change replaces the table by a copy that f has changed, unless f returns an error.
func (r *Registry) change(f func(*table) error) error {
	r.registering.Lock()
	defer r.registering.Unlock()
	next := new(table)
	if old := r.table.Load(); old != nil {
		for name, m := range old.methods.All() {
			next.methods.Put(name, m)
		}
		for name, taken := range old.services.All() {
			next.services.Put(name, taken)
		}
	}
	if err := f(next); err != nil {
		return err
	}
	r.table.Store(next)
	return nil
}

// CutName returns the service and the method that a name on the wire means. The part
// behind the last dot is the method: a service of a generic type has dots in its own name.
func CutName(name string) (service, method string, ok bool) {
	dot := strings.LastIndexByte(name, '.')
	if dot < 0 {
		return "", "", false
	}
	return name[:dot], name[dot+1:], true
}

// Find finds the method that a name on the wire means.
func (r *Registry) Find(name []byte) (*Method, error) {
	t := r.table.Load()
	if t == nil {
		t = new(table)
	}
	if m, ok := few.Find(&t.methods, name); ok {
		return m, nil
	}
	service, _, ok := CutName(string(name))
	if !ok {
		return nil, failure(ErrNoService, "no such service: %q is not of the form Service.Method", name)
	}
	if _, ok := t.services.Get(service); !ok {
		return nil, failure(ErrNoService, "no such service: %q", service)
	}
	return nil, failure(ErrNoMethod, "no such method: %q", name)
}

// serviceName returns the name of the receiver's type if it can be registered.
func serviceName(receiver any) (string, error) {
	if err := checkReceiver(receiver); err != nil {
		return "", err
	}
	t := reflect.TypeOf(receiver)
	if t.Kind() == reflect.Pointer {
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

// checkReceiver says what is wrong with a receiver that is nil.
func checkReceiver(receiver any) error {
	if receiver == nil {
		return errors.New("register nil: pass a value or pointer with exported methods")
	}
	if v := reflect.ValueOf(receiver); v.Kind() == reflect.Pointer && v.IsNil() {
		return fmt.Errorf("register a nil %s: pass a pointer to a value", v.Type())
	}
	return nil
}

// noMethodsError says why a receiver has nothing to serve.
func noMethodsError(receiver any, name string, unsuitable []unsuitableMethod) error {
	t := reflect.TypeOf(receiver)
	if t.Kind() != reflect.Pointer && countSuitable(reflect.PointerTo(t)) > 0 {
		return fmt.Errorf("register %s: its methods have pointer receivers: pass a pointer to it", name)
	}
	if len(unsuitable) > 0 {
		u := unsuitable[0]
		return fmt.Errorf("register %s: no suitable method: want "+wantMethod+" with exported types; %s %s", name, u.name, u.reason)
	}
	return fmt.Errorf("register %s: no suitable method: want "+wantMethod+" with exported types", name)
}
