// Elements as weight files store them, to and from binary32.
#pragma once

#include <stddef.h>

// Kernels for one instruction set. All are REPRODUCIBLE, except for which NaN an arithmetic NaN is.
//
// load_* write n floats from stored elements. The types q8_0, q4_0 and q4_1 store blocks of 32
// elements (n is a multiple of 32) and begin with a binary16 scale d:
//   q8_0: d, then 32 signed bytes q:              d * q
//   q4_0: d, then 16 bytes:                       d * (q - 8)
//   q4_1: d and a binary16 m, then 16 bytes:      d * q + m, product and sum each rounded
// The low nibbles of the 16 bytes are elements 0..15, the high nibbles elements 16..31.
//
// store_* write n elements, rounded to nearest, ties to even; too large becomes infinite, NaN stays
// NaN (quiet, upper payload bits kept), subnormal results are exact like all others.
typedef struct ck_storage_kernels {
    void (*load_f32)(float *y, const void *x, size_t n);
    void (*load_f16)(float *y, const void *x, size_t n);
    void (*load_bf16)(float *y, const void *x, size_t n);
    void (*load_q8_0)(float *y, const void *x, size_t n);
    void (*load_q4_0)(float *y, const void *x, size_t n);
    void (*load_q4_1)(float *y, const void *x, size_t n);
    void (*store_f16)(void *y, const float *x, size_t n);
    void (*store_bf16)(void *y, const float *x, size_t n);
} ck_storage_kernels;
