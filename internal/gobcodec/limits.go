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
	// definitionsMax and definitionBytesMax bound the definitions of one value.
	definitionsMax     = 1024
	definitionBytesMax = 64 << 10
	// compiledBytesMax bounds what is allocated to compile the definitions of one
	// value. A decoder compiles a type anew for each field of it that the local
	// type lacks, which 64 KiB of definitions can turn into 500 MB. The largest that
	// definitionBytesMax allows to an honest program take a quarter of this.
	compiledBytesMax = 16 << 20
	// depthMax bounds the nesting of a value, wherever it is decoded to or if it is
	// skipped. Decoding recurses, and Go ends the process when a stack exceeds 1 GB,
	// which a list of a few MB would reach. The nesting of definitions is bounded by
	// definitionsMax.
	depthMax = 1000
)
