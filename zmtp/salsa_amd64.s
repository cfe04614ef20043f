//go:build gc && !purego

#include "textflag.h"

// Salsa20 of six blocks, after D. J. Bernstein, "The Salsa20 family of stream ciphers".
//
// Of a block, seen as a matrix of 4 by 4 words x0 to x15, a register holds a diagonal:
//
//	first  x0  x5  x10 x15
//	second x4  x9  x14 x3
//	third  x8  x13 x2  x7
//	fourth x12 x1  x6  x11
//
// and its upper half the same of another block. So one instruction does a step of the
// four quarter-rounds of two blocks. Y0 to Y3, Y4 to Y7 and Y8 to Y11 are the diagonals
// of two blocks each, Y12 to Y15 hold what lives for a few instructions.
//
// There is no branch but the count of rounds, and no address depends on what a block holds.

// STEP is z ^= (x + y) <<< n.
#define STEP(x, y, z, n) \
	VPADDD x, y, Y12           \
	VPSLLD $n, Y12, Y13        \
	VPSRLD $(32-n), Y12, Y12   \
	VPXOR  Y13, z, z           \
	VPXOR  Y12, z, z

// ROUND is the four quarter-rounds of the columns: a, b, c and d are first to fourth.
// It then turns the diagonals so that ROUND(a, d, c, b) is those of the rows, and turns
// them back.
#define ROUND(a, b, c, d) \
	STEP(a, d, b, 7)     \
	STEP(b, a, c, 9)     \
	STEP(c, b, d, 13)    \
	STEP(d, c, a, 18)    \
	VPSHUFD $0x93, b, b  \
	VPSHUFD $0x4E, c, c  \
	VPSHUFD $0x39, d, d

// DIAGONALS makes rows into diagonals. DIAGONALS(a, d, c, b) is the reverse.
#define DIAGONALS(a, b, c, d) \
	VPBLENDD $0xAA, b, a, Y12    \
	VPBLENDD $0xAA, d, c, Y13    \
	VPBLENDD $0xAA, c, b, Y14    \
	VPBLENDD $0xAA, a, d, Y15    \
	VPBLENDD $0xCC, Y13, Y12, a  \
	VPBLENDD $0xCC, Y15, Y14, b  \
	VPBLENDD $0xCC, Y12, Y13, c  \
	VPBLENDD $0xCC, Y14, Y15, d

// LOAD reads a row of the block at at, and of the one behind it. x is the lower half of y.
#define LOAD(at, x, y) \
	VMOVDQU     (at)(DI), x            \
	VINSERTI128 $1, (at+64)(DI), y, y

// ADD adds what the row was to it, and writes it there.
#define ADD(at, x, y) \
	LOAD(at, X12, Y12)              \
	VPADDD       Y12, y, y          \
	VMOVDQU      x, (at)(DI)        \
	VEXTRACTI128 $1, y, (at+64)(DI)

// func salsaBlocksAVX2(blocks *[lanes * blockBytes]byte)
TEXT ·salsaBlocksAVX2(SB), NOSPLIT, $0-8
	MOVQ blocks+0(FP), DI

	LOAD(0, X0, Y0)
	LOAD(16, X1, Y1)
	LOAD(32, X2, Y2)
	LOAD(48, X3, Y3)
	LOAD(128, X4, Y4)
	LOAD(144, X5, Y5)
	LOAD(160, X6, Y6)
	LOAD(176, X7, Y7)
	LOAD(256, X8, Y8)
	LOAD(272, X9, Y9)
	LOAD(288, X10, Y10)
	LOAD(304, X11, Y11)
	DIAGONALS(Y0, Y1, Y2, Y3)
	DIAGONALS(Y4, Y5, Y6, Y7)
	DIAGONALS(Y8, Y9, Y10, Y11)

	MOVL $10, CX

rounds:
	ROUND(Y0, Y1, Y2, Y3)
	ROUND(Y4, Y5, Y6, Y7)
	ROUND(Y8, Y9, Y10, Y11)
	ROUND(Y0, Y3, Y2, Y1)
	ROUND(Y4, Y7, Y6, Y5)
	ROUND(Y8, Y11, Y10, Y9)
	DECL CX
	JNZ  rounds

	DIAGONALS(Y0, Y3, Y2, Y1)
	DIAGONALS(Y4, Y7, Y6, Y5)
	DIAGONALS(Y8, Y11, Y10, Y9)
	ADD(0, X0, Y0)
	ADD(16, X1, Y1)
	ADD(32, X2, Y2)
	ADD(48, X3, Y3)
	ADD(128, X4, Y4)
	ADD(144, X5, Y5)
	ADD(160, X6, Y6)
	ADD(176, X7, Y7)
	ADD(256, X8, Y8)
	ADD(272, X9, Y9)
	ADD(288, X10, Y10)
	ADD(304, X11, Y11)
	VZEROUPPER
	RET
