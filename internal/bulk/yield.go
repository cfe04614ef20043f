package bulk

import (
	"runtime"
	"sync"
	"sync/atomic"
	"time"
)

// YieldAfter is how long a goroutine works, about, before others have their turn.
const YieldAfter = 500 * time.Microsecond

// looking is held by who has Go look at the network, and wanted is set meanwhile. They are
// one for the process, as that is.
var (
	looking sync.RWMutex
	wanted  atomic.Bool
)

// Yield lets other goroutines go first, those among them for which something has arrived
// on the network: it has Go look there, which a processor that has enough to do never
// does. It takes a few microseconds, or as long as the others take. A goroutine calls it
// that has worked for YieldAfter without waiting, or finds Wanted.
//
// Where nothing but such goroutines is busy, what has arrived is found each time. Others
// keep a processor until Go takes it from them, after up to 10 ms.
func Yield() {
	if looking.TryLock() {
		wanted.Store(true)
		look()
		wanted.Store(false)
		looking.Unlock()
	} else {
		lookedAt()
	}
	runtime.Gosched() // who was found is behind this goroutine in the queue
}

// Wanted says that somebody waits in Yield. Go looks at the network once nobody is left who
// wants the processor, so whoever has much to do should call Yield too.
func Wanted() bool { return wanted.Load() }

// lookedAt waits for the one who has Go look at the network.
func lookedAt() {
	looking.RLock()
	defer looking.RUnlock()
}
