package gobcodec

// The bounds on what a peer can make this process keep or do. They are far from
// what a program's own types need.
const (
	// prefixesMax bounds the runs of definitions remembered for one local type.
	// Each program that defines the type in its own way takes one; when all are
	// taken a new one replaces any other.
	prefixesMax = 64
	// prefixBytesMax bounds a remembered run of definitions. A struct of two
	// integers has 32 bytes. Longer runs are decoded afresh each time.
	prefixBytesMax = 4 << 10
	// pooledBytesMax bounds a value after which its encoder or decoder is pooled:
	// both keep a buffer as large as their largest value.
	pooledBytesMax = 64 << 10
	// definitionsMax and definitionBytesMax bound the definitions of one value:
	// a decoder spends some fifty times their bytes on compiling them.
	definitionsMax     = 1024
	definitionBytesMax = 64 << 10
	// depthMax bounds the nesting of a value. Decoding recurses, and Go ends the
	// process when a stack exceeds 1 GB, which a list of a few MB would reach.
	depthMax = 1000
)
