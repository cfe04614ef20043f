package main

import (
	"encoding/binary"
	"errors"
	"fmt"
	"go/ast"
	"go/constant"
	"go/parser"
	"go/token"
	"go/types"
	"math"
	"strings"
)

// version is the first line of a file of seeds that go test writes.
const version = "go test fuzz v1"

// parse reads the arguments of a target, as go test writes them: a conversion a line.
func parse(text string) (values []any, err error) {
	first, rest, _ := strings.Cut(text, "\n")
	if strings.TrimSpace(first) != version {
		return nil, fmt.Errorf("its first line is not %q", version)
	}
	for line := range strings.Lines(rest) {
		if line = strings.TrimSpace(line); line == "" {
			continue
		}
		v, err := value(line)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", line, err)
		}
		values = append(values, v)
	}
	return values, nil
}

// infinite are the numbers that go test writes as no expression has them.
var infinite = map[string]float64{"float64(+Inf)": math.Inf(1), "float64(-Inf)": math.Inf(-1), "float64(NaN)": math.NaN()}

// value reads one argument.
func value(line string) (any, error) {
	e, err := parser.ParseExpr(line)
	if err != nil {
		return nil, err
	}
	call, ok := e.(*ast.CallExpr)
	if !ok || len(call.Args) != 1 {
		return nil, errors.New("it is no conversion")
	}
	if f, ok := infinite[line]; ok {
		return f, nil
	}
	evaluated, err := types.Eval(token.NewFileSet(), nil, token.NoPos, types.ExprString(call.Args[0]))
	if err != nil {
		return nil, err
	}
	v := evaluated.Value
	if v == nil {
		return nil, errors.New("it is no constant")
	}
	u, isUint := constant.Uint64Val(constant.ToInt(v))
	i, isInt := constant.Int64Val(constant.ToInt(v))
	switch kind := types.ExprString(call.Fun); {
	case kind == "[]byte" && v.Kind() == constant.String:
		return []byte(constant.StringVal(v)), nil
	case kind == "string" && v.Kind() == constant.String:
		return constant.StringVal(v), nil
	case kind == "bool" && v.Kind() == constant.Bool:
		return constant.BoolVal(v), nil
	case (kind == "byte" || kind == "uint8") && isUint && u <= math.MaxUint8:
		return uint8(u), nil
	case kind == "uint16" && isUint && u <= math.MaxUint16:
		return uint16(u), nil
	case kind == "uint64" && isUint:
		return u, nil
	case kind == "int64" && isInt:
		return i, nil
	case kind == "float64":
		f, _ := constant.Float64Val(constant.ToFloat(v))
		return f, nil
	case kind == "math.Float64frombits" && isUint:
		return math.Float64frombits(u), nil
	}
	return nil, errors.New("its type is not one that this program knows")
}

// Marks of go-fuzz-headers, which takes the arguments of a target from one input. Behind a
// number an even byte says little-endian and an odd one big-endian; an even byte is true.
const (
	bigEndian = 1
	isTrue    = 0
	isFalse   = 1
)

// encode writes arguments as the input from which the target of libFuzzer takes them again.
// It goes from the last to the first, as an empty []byte needs to know what follows it.
func encode(values []any) ([]byte, error) {
	var input []byte
	for i := len(values) - 1; i >= 0; i-- {
		one, err := encodeOne(values[i], &input)
		if err != nil {
			return nil, err
		}
		input = append(one, input...)
	}
	return input, nil
}

// encodeOne returns the bytes of one argument, behind which rest follows. It may have to
// make the rest longer, by a byte that nobody reads.
func encodeOne(v any, rest *[]byte) ([]byte, error) {
	number := func(u uint64) []byte { return append(binary.BigEndian.AppendUint64(nil, u), bigEndian) }
	length := func(n int) []byte { return binary.BigEndian.AppendUint32(nil, uint32(n)) }
	switch x := v.(type) {
	case []byte:
		if len(x) > 0 {
			return append(length(len(x)), x...), nil
		}
		if len(*rest) == 0 {
			*rest = []byte{0}
		}
		// A length is taken modulo what is left, unless it is just that; 0 means 30.
		return length(2 * len(*rest)), nil
	case string:
		if len(x) == 0 && len(*rest) == 0 {
			*rest = []byte{0}
		}
		return append(length(len(x)), x...), nil
	case bool:
		if x {
			return []byte{isTrue}, nil
		}
		return []byte{isFalse}, nil
	case uint8:
		return []byte{x}, nil
	case uint16:
		return append(binary.BigEndian.AppendUint16(nil, x), bigEndian), nil
	case uint64:
		return number(x), nil
	case int64:
		return number(uint64(x)), nil
	case float64:
		return number(math.Float64bits(x)), nil
	}
	return nil, fmt.Errorf("a %T is not one of the types that this program knows", v)
}
