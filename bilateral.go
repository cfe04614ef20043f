package bilateralrpc

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"

	"github.com/bitmark-inc/bilateralrpc/internal/service"
	"github.com/bitmark-inc/bilateralrpc/zmqio"
)

// Bilateral is one node: it listens, connects, calls and serves. All methods may
// be called concurrently, from inside handlers too.
type Bilateral struct {
	driver   *zmqio.Driver
	services service.Registry
	allowed  allowList
	keysFile string  // Config.AllowedKeysFile
	names    aliases // of peers, for people
	// interceptors are those of the Config.
	interceptors interceptors
	curve        bool
	self         NodeStatus // what never changes of it
	clock        Clock      // Config.Clock; nil is the system's
	recorder     *Recorder  // Config.Recorder; nil for none
	// valueBytesMax is Limits.ValueBytesMax, for replies.
	valueBytesMax int64
	// broken is set, and driver nil, where an old constructor failed.
	broken error
}

// New makes a node. It does nothing until it is told to listen or to connect,
// and should be closed when it is no longer needed.
func New(config Config) (*Bilateral, error) {
	b := &Bilateral{self: selfOf(&config), clock: config.Clock, recorder: config.Recorder}
	driver, err := b.configure(&config)
	if err != nil {
		return nil, err
	}
	b.driver, err = zmqio.New(driver)
	if err != nil {
		return nil, err
	}
	b.services.ReplyBytesMax = int64(b.driver.BodyBytesMax())
	if config.ListMethods {
		if err = b.services.ServeListing(b.driver.Logger()); err != nil {
			b.driver.Close()
			return nil, err
		}
	}
	return b, nil
}

func (b *Bilateral) configure(config *Config) (driver zmqio.Config, err error) {
	if config.Seed == 0 {
		config.Seed = randomUint64()
	}
	if err = b.loadAllowedKeys(config); err != nil {
		return driver, err
	}
	driver = config.driver()
	driver.Handler = b.serve
	if b.names.user = config.Alias; b.names.user != nil || b.keysFile != "" {
		driver.Node.Logger = b.names.logger(config.Logger)
	}
	b.interceptors = interceptors{slices.Clone(config.CallInterceptors), slices.Clone(config.ServeInterceptors)}
	if config.SendQueueMax < 0 {
		return driver, fmt.Errorf("bilateralrpc: bad Config: SendQueueMax is %d: want more than 0", config.SendQueueMax)
	}
	if b.valueBytesMax, err = config.Limits.valueBytesMax(); err != nil {
		return driver, err
	}
	if err = config.Limits.check(); err != nil {
		return driver, err
	}
	b.services.ValueBytesMax = b.valueBytesMax
	if config.PublicKey == "" && config.PrivateKey == "" {
		if config.AllowedKeys != nil {
			return driver, fmt.Errorf("%w: AllowedKeys need a PublicKey and a PrivateKey: names prove nothing in plaintext", ErrBadKey)
		}
		return driver, nil
	}
	if config.Name != "" && config.Name != config.PublicKey {
		return driver, errors.New("bilateralrpc: bad Config: Name and PublicKey are both set: leave Name empty, the public key is the name")
	}
	b.curve = true
	driver.Node.Admit = b.allowed.admit
	if err = b.allowed.set(config.AllowedKeys); err != nil {
		return driver, err
	}
	return driver, setKeys(&driver, config.PublicKey, config.PrivateKey)
}

// NewPlaintext makes a node without encryption. If the name is not legal, every
// method of the node returns that error. New is the constructor to prefer.
//
// Anybody who can reach a plaintext node can claim any name and read everything.
func NewPlaintext(networkName string, serverName string) *Bilateral {
	return orBroken(New(Config{Network: networkName, Name: serverName}))
}

// NewEncrypted makes a node whose connections are encrypted; its name is the
// public key. If the keys are not a pair from NewKeypair, every method of the
// node returns that error. New is the constructor to prefer.
func NewEncrypted(networkName string, publicKey string, privateKey string) *Bilateral {
	if publicKey == "" && privateKey == "" {
		publicKey = "-" // or New would take it for plaintext
	}
	return orBroken(New(Config{Network: networkName, PublicKey: publicKey, PrivateKey: privateKey}))
}

func orBroken(b *Bilateral, err error) *Bilateral {
	if err != nil {
		return &Bilateral{broken: err}
	}
	return b
}

// Register serves the suitable methods of receiver to peers, as "Type.Method"
// by the name of the receiver's type. A suitable method looks like one of
//
//	func (r *T) Method(args A, reply *R) error
//	func (r *T) Method(ctx context.Context, args A, reply *R) error
//
// with exported or built-in types. A handler runs concurrently with all others,
// of the same peer too; its error goes to the caller as text (and a code: see
// NewError), and so does a panic. The context ends when nobody waits for the reply any
// more, and knows who calls: PeerOf. If the arguments have a string field
// Bilateral_SENDER, it is set to the name of the peer that called.
//
// A [Method] and its Handle serve the same callers by a function.
func (b *Bilateral) Register(receiver interface{}) error {
	return b.serving(func(log *slog.Logger) error { return b.services.Register(receiver, log) })
}

// RegisterName is Register under a name of your choice in place of the type's, which need
// not be exported: two values of one type can so be served. It must not begin with '_'.
func (b *Bilateral) RegisterName(name string, receiver any) error {
	return b.serving(func(log *slog.Logger) error { return b.services.RegisterName(name, receiver, log) })
}

// serving has register change what is served.
func (b *Bilateral) serving(register func(*slog.Logger) error) error {
	if b.broken != nil {
		return b.broken
	}
	if err := b.driver.Err(); err != nil {
		return err
	}
	if err := register(b.driver.Logger()); err != nil {
		return fmt.Errorf("bilateralrpc: %w", err)
	}
	return nil
}

// ListenOn binds address, for example tcp://127.0.0.1:5555, tcp://*:5555 or, for
// a free port, tcp://127.0.0.1:*. It may be called several times. The host * is
// every interface, by IPv4 and IPv6; 0.0.0.0 is every interface by IPv4 only. A
// plaintext node that other machines can reach is a warning in the log.
func (b *Bilateral) ListenOn(address string) error {
	if b.broken != nil {
		return b.broken
	}
	_, err := b.driver.Listen(address)
	return err
}

// ListenAddresses returns the addresses that the node listens on, with the real
// ports in place of wildcards.
func (b *Bilateral) ListenAddresses() []string {
	if b.broken != nil {
		return nil
	}
	return b.driver.Addresses()
}

// ConnectTo connects to the node called name at address, and again whenever the
// connection is lost. With keys, name is the other node's public key, and no
// other node can take its place; it need not be one of Config.AllowedKeys, but a
// later SetAllowedKeys may end the connection. It returns at once: see WaitPeers.
func (b *Bilateral) ConnectTo(name string, address string) error {
	if b.broken != nil {
		return b.broken
	}
	if b.curve {
		if _, err := parseKey("peer's name", name); err != nil {
			return err
		}
	}
	return b.driver.Connect(name, address)
}

// DisconnectFrom forgets the node called name and takes leave of it. Pending
// calls end there with ErrDisconnected. If that node connects to this one, it
// may come back.
func (b *Bilateral) DisconnectFrom(name string) error {
	if b.broken != nil {
		return b.broken
	}
	return b.driver.Disconnect(name)
}

// SetAllowedKeys replaces Config.AllowedKeys: nil admits everybody. It is for both
// directions: peers whose keys are not among them are neither served nor called any
// more when it returns, those too that this node has connected to. These are dialled
// again when a later list has their keys.
func (b *Bilateral) SetAllowedKeys(keys []string) error {
	if b.broken != nil {
		return b.broken
	}
	if !b.curve {
		return fmt.Errorf("%w: only a node with keys has allowed keys", ErrBadKey)
	}
	if err := b.allowed.set(keys); err != nil {
		return err
	}
	b.driver.Readmit()
	return nil
}

// Close takes leave of the peers, ends pending calls with ErrClosed, waits for
// running handlers and for queued messages at most LINGER_TIME each, and closes
// everything. It may be called at any time, repeatedly, and by a handler.
func (b *Bilateral) Close() {
	if b.broken == nil {
		b.driver.Close()
	}
}

// Shutdown is Close that waits for running handlers, and sends their replies,
// until ctx is done; it then closes all the same and returns ctx's error. A handler
// that calls it waits for ctx, since it is one of those that are waited for.
func (b *Bilateral) Shutdown(ctx context.Context) error {
	if b.broken != nil {
		return b.broken
	}
	return b.driver.Shutdown(ctx)
}
