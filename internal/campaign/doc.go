// Package campaign runs seeds of the simulated world as work that many machines can
// share, and puts together what each of them found.
//
// A Campaign says what every seed stands for; a Result is what some ranges of indices
// gave. However a campaign is divided among machines, the merged Result is that of one
// machine which ran all of it: counts are sums, the Digest does not depend on an order,
// and a Finding is known by its property and its shrunk scenario. Results are the summary
// lines of docs/bilsim.schema.json.
//
// # Files
//
//	campaign.go  what a campaign is, and the seed of an index
//	ranges.go    sets of indices
//	digest.go    the digest of a set of seeds, in whatever order they come
//	run.go       runs a range of indices
//	finding.go   failures, told apart by what they are
//	normal.go    a shrunk scenario without what differs by chance
//	result.go    results, and how two become one
//	verdict.go   what a result says: exit status, what was vacuous, what is missing
//	wire.go      results as JSON
//	page.go      a result as an HTML page
//	book.go      findings over many runs: new, ongoing, resolved, regressed
package campaign
