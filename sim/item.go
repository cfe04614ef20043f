package sim

import "github.com/bitmark-inc/bilateralrpc/sim/events"

// What happens in this world, and what the item's Ref is the number of.
const (
	itemFrame  events.Kind = iota + 1 // a flight
	itemWake                          // a node
	itemServed                        // a service
	itemFault                         // a planned fault
	itemArrive                        // a connection; a dial reaches the listening end
	itemUp                            // a connection; the dialling end learns that it is up
	itemFailed                        // a connection; the dialling end learns that it was refused
	itemExpire                        // a connection; heartbeats have been missing for their timeout
	itemRedial                        // a connection; an old peer's socket dials again
	itemAudit                         // a node; slow checks look at it
)
