// Elements as weight files store them, to and from binary32.
#pragma once

#include <stddef.h>

// Kernels for one instruction set. All are REPRODUCIBLE, except for which NaN an arithmetic NaN is.
//
// load_* write n floats from stored elements. Quantised types store blocks; n is a whole number of them.
// Every product and every sum is rounded. d and m are binary16 unless something else is said, q an
// unsigned number of a few bits; products of d or m and a part's factor are exact.
//
// Blocks of 32 elements, in the order of their bytes; of 16 bytes, the low nibbles are elements 0..15, the
// high ones elements 16..31:
//   q8_0    d, 32 signed bytes q                 d * q
//   q4_0    d, 16 bytes                          d * (q - 8)
//   q4_1    d, m, 16 bytes                       d * q + m
//   q5_0    d, 4 bytes of fifth bits, 16 bytes   d * (q - 16)
//   q5_1    d, m, 4 bytes, 16 bytes              d * q + m
//   iq4_nl  d, 16 bytes                          d * level[q]
//   mxfp4   an exponent e, 16 bytes              2^(e - 127) * number[q]
//
// Blocks of 256 elements, whose parts of 16 or 32 have a factor f (and g) of their own:
//   q2_k    16 bytes of f and g, 64 bytes, d, m            d * f * q - m * g
//   q3_k    32 bytes of third bits, 64, 12 of f, d         d * (f - 32) * (q - 4)
//   q4_k    d, m, 12 bytes of f and g, 128                 d * f * q - m * g
//   q5_k    d, m, 12 bytes, 32 of fifth bits, 128          d * f * q - m * g
//   q6_k    128 bytes, 64 of high bits, 16 signed f, d     d * f * (q - 32)
//   q8_k    a binary32 d, 256 signed bytes q, 32 unread    d * q
//   iq4_xs  d, 2 + 4 bytes of f, 128                       d * (f - 32) * level[q]
//
// Source: the format of ggml, as the Python package gguf reads it (gguf/quants.py).
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
    void (*load_q5_0)(float *y, const void *x, size_t n);
    void (*load_q5_1)(float *y, const void *x, size_t n);
    void (*load_iq4_nl)(float *y, const void *x, size_t n);
    void (*load_mxfp4)(float *y, const void *x, size_t n);
    void (*load_q2_k)(float *y, const void *x, size_t n);
    void (*load_q3_k)(float *y, const void *x, size_t n);
    void (*load_q4_k)(float *y, const void *x, size_t n);
    void (*load_q5_k)(float *y, const void *x, size_t n);
    void (*load_q6_k)(float *y, const void *x, size_t n);
    void (*load_q8_k)(float *y, const void *x, size_t n);
    void (*load_iq4_xs)(float *y, const void *x, size_t n);
    void (*store_f16)(void *y, const float *x, size_t n);
    void (*store_bf16)(void *y, const float *x, size_t n);
} ck_storage_kernels;
