package shape

// MethodName is the method by which a node tells its methods, if it does so. Names that
// begin with '_' are not for programs, so no method of theirs has it.
const MethodName = "_bilateral.methods"

// Version is that of the description. A later one may add fields, which gob ignores, and
// kinds, which a program that does not know them can't use.
const Version = 1

// Query is the argument of MethodName.
type Query struct {
	Version uint // the highest one that the caller knows
}

// Listing is the reply.
type Listing struct {
	Version uint
	Methods []Method
	Types   []Type // Methods, and Types themselves, refer to them by their index
}

// Method is one method.
type Method struct {
	Name        string // Service.Method
	Args, Reply int
}

// Kind says what a type is.
type Kind string

// The kinds that are not called as in Go: int, uint8, float64, complex128 and so on.
const (
	Bytes   Kind = "bytes" // a slice of bytes
	Time    Kind = "time"  // time.Time
	Array   Kind = "array"
	Slice   Kind = "slice"
	Map     Kind = "map"
	Pointer Kind = "pointer"
	Struct  Kind = "struct"
	// Gob and Binary encode themselves: as a GobEncoder, or as a BinaryMarshaler. What is
	// in them only their own code knows.
	Gob    Kind = "gob"
	Binary Kind = "binary"
	// Interface can hold what no description tells. Unknown is what gob does not carry.
	Interface Kind = "interface"
	Unknown   Kind = "unknown"
)

// Type is one type.
type Type struct {
	Kind   Kind
	Name   string  // in Go, for people; empty if it has none
	Elem   int     // of an Array, Slice, Map or Pointer
	Key    int     // of a Map
	Len    int     // of an Array
	Fields []Field // of a Struct: those that gob carries
}

// Field is a field of a Struct. An embedded one has the name of its type.
type Field struct {
	Name string
	Type int
}

// Find returns the method of that name.
func (l *Listing) Find(name string) (Method, bool) {
	for _, m := range l.Methods {
		if m.Name == name {
			return m, true
		}
	}
	return Method{}, false
}
