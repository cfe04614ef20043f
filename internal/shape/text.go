package shape

import (
	"fmt"
	"strings"
	"time"
)

// shownBytesMax bounds what people are shown of one type.
const shownBytesMax = 4 << 10

// Text returns the type at index as Go has it, on one line; a type that holds itself has its
// name in front the first time, and stands by its name then.
func (l *Listing) Text(index int) string {
	w := writer{Listing: l, recursive: recursive(l), open: map[int]bool{}}
	w.text(index)
	return w.String()
}

// Example returns a value of the type at index in JSON, with one element of everything.
func (l *Listing) Example(index int) string {
	w := writer{Listing: l, open: map[int]bool{}}
	w.example(index)
	return w.String()
}

type writer struct {
	*Listing
	strings.Builder
	recursive []bool
	open      map[int]bool // types that are being written
}

// add adds to the text, if that is not too long. A text that is cut ends with dots.
func (w *writer) add(format string, args ...any) bool {
	if w.Len() > shownBytesMax {
		return false
	}
	fmt.Fprintf(w, format, args...)
	if w.Len() > shownBytesMax {
		w.WriteString(" ...")
	}
	return true
}

func (w *writer) text(index int) {
	t := &w.Types[index]
	if w.open[index] {
		w.add("%s", orText(t.Name, "..."))
		return
	}
	w.open[index] = true
	defer delete(w.open, index)
	if w.recursive[index] && t.Name != "" {
		w.add("%s ", t.Name)
	}
	switch t.Kind {
	case Pointer:
		w.around("*", t.Elem, "")
	case Slice:
		w.around("[]", t.Elem, "")
	case Array:
		w.around(fmt.Sprintf("[%d]", t.Len), t.Elem, "")
	case Map:
		w.around("map[", t.Key, "]")
		w.text(t.Elem)
	case Struct:
		w.add("struct{")
		for i, f := range t.Fields {
			if !w.add("%s%s ", separator(i, "; ", " "), f.Name) {
				return
			}
			w.text(f.Type)
		}
		w.add("%s}", separator(len(t.Fields), " ", ""))
	case Bytes:
		w.add("[]byte")
	case Time:
		w.add("time.Time")
	case Gob, Binary, Interface, Unknown:
		w.add("%s", orText(t.Name, string(t.Kind)))
	default:
		w.add("%.20s", string(t.Kind))
	}
}

func (w *writer) around(before string, index int, after string) {
	if w.add("%s", before) {
		w.text(index)
		w.add("%s", after)
	}
}

func (w *writer) example(index int) {
	t := &w.Types[index]
	if w.open[index] || w.Uncarried(index) != "" {
		w.add("null")
		return
	}
	w.open[index] = true
	defer delete(w.open, index)
	switch t.Kind {
	case Pointer:
		w.example(t.Elem)
	case Slice, Array:
		w.add("[")
		if !w.open[w.Deref(t.Elem)] {
			w.example(t.Elem)
		}
		w.add("]")
	case Map:
		w.add("{")
		if !w.open[w.Deref(t.Elem)] {
			key := "0"
			if w.Types[w.Deref(t.Key)].Kind == "string" {
				key = ""
			}
			w.add("%q: ", key)
			w.example(t.Elem)
		}
		w.add("}")
	case Struct:
		w.structExample(t)
	case Bytes, Gob, Binary, "string":
		w.add(`""`)
	case "bool":
		w.add("false")
	case Time:
		w.add("%q", time.Time{}.Format(time.RFC3339))
	default:
		w.add("0")
	}
}

func (w *writer) structExample(t *Type) {
	w.add("{")
	written := 0
	for _, f := range t.Fields {
		if w.Uncarried(f.Type) != "" {
			continue
		}
		if !w.add("%s%q: ", separator(written, ", ", ""), f.Name) {
			return
		}
		w.example(f.Type)
		written++
	}
	w.add("}")
}

// separator returns s, or first where it is the first.
func separator(i int, s, first string) string {
	if i == 0 {
		return first
	}
	return s
}

func orText(s, other string) string {
	if s == "" {
		return other
	}
	return s
}
