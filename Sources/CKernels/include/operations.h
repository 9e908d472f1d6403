// The element-wise and row-wise operations of a transformer.
//
// NOT reproducible across instruction sets: sums run in lanes, products and sums may fuse. On one
// machine and instruction set a result depends on the arguments only.
#pragma once

#include <stddef.h>

typedef struct ck_operation_kernels {
    // y[i] = x[i] * weight[i] / sqrt(mean of x^2 + epsilon) for i in 0..<n.
    void (*rms_norm)(float *y, const float *x, const float *weight, float epsilon, size_t n);

    // Rotary embedding of one head, in place: (x[i], x[i + half]) turns by the angle whose cosine
    // and sine are cosine[i] and sine[i].
    void (*rotate)(float *x, const float *cosine, const float *sine, size_t half);

    // y[i] = gate[i] / (1 + exp(-gate[i])) * up[i]; y may be gate.
    void (*swiglu)(float *y, const float *gate, const float *up, size_t n);

    // x[i] = exp(scale * x[i]) / sum of all exp(scale * x[j]), in place.
    void (*softmax)(float *x, float scale, size_t n);

    // *maximum = the largest x[i]; returns the sum of exp(x[i] - *maximum). n is at least 1.
    float (*sum_exp)(const float *x, size_t n, float *maximum);
} ck_operation_kernels;
