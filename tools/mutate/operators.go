package main

import (
	"fmt"
	"go/ast"
	"go/constant"
	"go/token"
	"go/types"
	"slices"
)

// The operators. None of them makes what another one makes as well: an operand
// of && or || is dropped, not negated besides.
const (
	opNegate    = "negate"
	opBoundary  = "move the boundary"
	opDropLeft  = "drop the left operand"
	opDropRight = "drop the right operand"
	opSwap      = "swap the operator" // + -, * /, & |, << >>, ++ --, += -=, min max
	opConstant  = "add 1"             // to a constant; durations are doubled
	opFlip      = "flip"              // true, false
	opRemove    = "remove"            // a statement
	opCase      = "empty the case"
	opZero      = "return zero"
)

var operators = []string{opNegate, opBoundary, opDropLeft, opDropRight, opSwap, opConstant, opFlip, opRemove, opCase, opZero}

// boundaries and arithmetic name the functions in place of operators.
var boundaries = map[token.Token]string{
	token.LSS: "mutantLess", token.LEQ: "mutantLessEqual", token.GTR: "mutantMore", token.GEQ: "mutantMoreEqual",
}

var arithmetic = map[token.Token]string{
	token.ADD: "mutantAdd", token.SUB: "mutantSub", token.MUL: "mutantMul", token.QUO: "mutantQuo", token.REM: "mutantRem",
	token.AND: "mutantAnd", token.OR: "mutantOr", token.XOR: "mutantXor", token.SHL: "mutantShl", token.SHR: "mutantShr",
}

var assignments = map[token.Token]token.Token{
	token.ADD_ASSIGN: token.SUB_ASSIGN, token.SUB_ASSIGN: token.ADD_ASSIGN,
	token.INC: token.DEC, token.DEC: token.INC,
}

func (w *weaver) expression(e ast.Expr) {
	tv := w.info.Types[e]
	if tv.IsType() {
		w.quietBelow(e)
		return
	}
	if tv.Value != nil {
		w.constant(e, tv)
		w.quietBelow(e)
		return
	}
	if w.negatable(e) {
		w.wrap("((", fmt.Sprintf(") != %s)", on(w.mutant(e, opNegate))))
	}
	switch e := e.(type) {
	case *ast.BinaryExpr:
		w.binary(e)
	case *ast.CallExpr:
		w.minmax(e)
	}
}

// negatable says that e is a condition as a whole.
func (w *weaver) negatable(e ast.Expr) bool {
	compares := false
	if b, ok := e.(*ast.BinaryExpr); ok {
		switch b.Op {
		case token.LAND, token.LOR:
			return false
		case token.EQL, token.NEQ, token.LSS, token.LEQ, token.GTR, token.GEQ:
			compares = true
		}
	}
	if _, paren := e.(*ast.ParenExpr); paren {
		return false
	}
	switch p := w.parent().(type) {
	case *ast.BinaryExpr:
		return compares && p.Op != token.LAND && p.Op != token.LOR
	case *ast.UnaryExpr:
		return false
	case *ast.IfStmt:
		return e == p.Cond
	case *ast.ForStmt:
		return e == p.Cond
	case *ast.CaseClause:
		return types.Identical(w.info.TypeOf(e), types.Typ[types.Bool]) || compares
	}
	return compares
}

func (w *weaver) binary(e *ast.BinaryExpr) {
	switch e.Op {
	case token.LAND, token.LOR:
		// a && b becomes (a || on) && (b || on), a || b likewise
		join := map[token.Token]string{token.LAND: "|| ", token.LOR: "&& !"}[e.Op]
		left, right := on(w.mutant(e, opDropLeft)), on(w.mutant(e, opDropRight))
		w.wrap("((", fmt.Sprintf(" %s%s))", join, right))
		w.replace(e.OpPos, e.OpPos+2, fmt.Sprintf(" %s%s) %s (", join, left, e.Op))
		return
	}
	if name := boundaries[e.Op]; name != "" {
		w.call(name, w.mutant(e, opBoundary), e)
	} else if name := arithmetic[e.Op]; name != "" && integer(w.info.TypeOf(e)) {
		w.call(name, w.mutant(e, opSwap), e)
	}
}

// call replaces an operator by a call.
func (w *weaver) call(name string, id int, e *ast.BinaryExpr) {
	w.wrap(fmt.Sprintf("%s(%d, ", name, id), ")")
	w.replace(e.OpPos, e.OpPos+token.Pos(len(e.Op.String())), ",")
}

func (w *weaver) minmax(e *ast.CallExpr) {
	fun, ok := e.Fun.(*ast.Ident)
	if !ok || !w.info.Types[e.Fun].IsBuiltin() || len(e.Args) != 2 {
		return
	}
	name := map[string]string{"min": "mutantMin", "max": "mutantMax"}[fun.Name]
	if name != "" {
		w.replace(fun.Pos(), e.Lparen+1, fmt.Sprintf("%s(%d, ", name, w.mutant(e, opSwap)))
	}
}

func (w *weaver) constant(e ast.Expr, tv types.TypeAndValue) {
	t := types.Default(tv.Type)
	switch {
	case tv.Value.Kind() == constant.Bool:
		w.wrap("(", fmt.Sprintf(" != %s)", on(w.mutant(e, opFlip))))
	case integer(t):
		name := w.aliases.name(t)
		if name == "" {
			return
		}
		change := "mutantConst"
		if types.TypeString(t, nil) == "time.Duration" {
			change = "mutantDuration"
		}
		w.wrap(fmt.Sprintf("%s(%d, %s(", change, w.mutant(e, opConstant), name), "))")
	}
}

func integer(t types.Type) bool {
	b, ok := t.Underlying().(*types.Basic)
	return ok && b.Info()&types.IsInteger != 0
}

// quietBelow leaves everything in e as it is.
func (w *weaver) quietBelow(e ast.Expr) {
	ast.Inspect(e, func(n ast.Node) bool {
		if n != nil && n != e {
			w.quiet[n] = true
		}
		return true
	})
}

func (w *weaver) statement(s ast.Stmt) {
	if end := w.caseEnds[s]; end != "" {
		w.wrap("", end)
	}
	switch w.parent().(type) {
	case *ast.BlockStmt, *ast.CaseClause:
	default:
		return // a part of another statement
	}
	switch s := s.(type) {
	case *ast.ExprStmt:
		if call, ok := s.X.(*ast.CallExpr); ok && !skipped(call) {
			w.remove(s)
		}
	case *ast.AssignStmt:
		if s.Tok == token.DEFINE {
			return
		}
		w.remove(s)
		if swapped, ok := assignments[s.Tok]; ok && integer(w.info.TypeOf(s.Lhs[0])) {
			w.either(s, fmt.Sprintf("%s %s %s", w.text(s.Lhs[0]), swapped, w.text(s.Rhs[0])))
		}
	case *ast.IncDecStmt:
		w.remove(s)
		w.either(s, w.text(s.X)+assignments[s.Tok].String())
	case *ast.BranchStmt:
		if s.Tok == token.BREAK || s.Tok == token.CONTINUE {
			w.remove(s)
		}
	case *ast.ReturnStmt:
		w.returns(s)
	}
}

func (w *weaver) remove(s ast.Stmt) {
	w.wrap(fmt.Sprintf("if !%s { ", on(w.mutant(s, opRemove))), " }")
}

func (w *weaver) either(s ast.Stmt, other string) {
	w.wrap(fmt.Sprintf("if %s { %s } else { ", on(w.mutant(s, opSwap)), other), " }")
}

// returns changes what a function returns to zeroes, where no other operator
// changes it and it is not zero already; a return without results is removed.
func (w *weaver) returns(s *ast.ReturnStmt) {
	results := w.results[len(w.results)-1]
	if results == nil {
		w.remove(s)
		return
	}
	if len(s.Results) == 0 || w.plain(s.Results) {
		return
	}
	var zeroes, names string
	for i := range results.NumFields() {
		name := w.aliases.name(w.info.TypeOf(resultType(results, i)))
		if name == "" {
			return
		}
		zeroes += fmt.Sprintf("var zero%d %s; ", i, name)
		names += fmt.Sprintf(", zero%d", i)
	}
	w.wrap(fmt.Sprintf("if %s { %sreturn %s }; ", on(w.mutant(s, opZero)), zeroes, names[2:]), "")
}

// resultType returns the type of the i-th result.
func resultType(results *ast.FieldList, i int) ast.Expr {
	for _, field := range results.List {
		n := max(1, len(field.Names))
		if i < n {
			return field.Type
		}
		i -= n
	}
	return nil
}

// plain says that zeroes would be no change, or that it is one operator's already.
func (w *weaver) plain(results []ast.Expr) bool {
	if len(results) == 1 {
		if b, ok := results[0].(*ast.BinaryExpr); ok && types.Identical(types.Default(w.info.TypeOf(b)), types.Typ[types.Bool]) {
			return true
		}
		if v := w.info.Types[results[0]].Value; v != nil && v.Kind() != constant.String {
			return true
		}
	}
	return !slices.ContainsFunc(results, func(e ast.Expr) bool {
		tv := w.info.Types[e]
		switch {
		case tv.IsNil():
			return false
		case tv.Value == nil:
			lit, empty := e.(*ast.CompositeLit)
			return !empty || len(lit.Elts) > 0
		}
		switch tv.Value.Kind() {
		case constant.Bool:
			return constant.BoolVal(tv.Value)
		case constant.String:
			return constant.StringVal(tv.Value) != ""
		}
		return constant.Sign(tv.Value) != 0
	})
}

// caseBody empties a case of several statements; of a single one this is the
// same as its removal.
func (w *weaver) caseBody(c *ast.CaseClause) {
	if len(c.Body) < 2 {
		return
	}
	last := c.Body[len(c.Body)-1]
	if r, ok := last.(*ast.ReturnStmt); ok && len(r.Results) > 0 {
		return // the function might end without one
	}
	id := w.mutant(c.Body[0], opCase)
	w.insert(c.Body[0].Pos(), rankBefore, fmt.Sprintf("if !%s { ", on(id)))
	w.caseEnds[last] = " }"
}
