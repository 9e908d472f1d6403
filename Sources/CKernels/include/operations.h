// The element-wise and row-wise operations of a transformer.
//
// NOT reproducible across instruction sets: sums run in lanes, products and sums may fuse. On one
// machine and instruction set a result depends on the arguments only.
//
// Kernels named *_gradient take dy, the derivatives of a loss with respect to the results of an
// operation, and make those with respect to its arguments. Rotation has none: its gradient is the
// rotation by the opposite angle, `rotate` with the sine negated.
#pragma once

#include <stddef.h>

typedef struct ck_operation_kernels {
    // y[i] = x[i] * weight[i] / sqrt(mean of x^2 + epsilon) for i in 0..<n.
    void (*rms_norm)(float *y, const float *x, const float *weight, float epsilon, size_t n);

    // Rotary embedding of one head, in place: (x[i], x[i + half]) turns by the angle whose cosine
    // and sine are cosine[i] and sine[i]. cosine and sine have `half` elements.
    void (*rotate)(float *x, const float *cosine, const float *sine, size_t half);

    // y[i] = gate[i] / (1 + exp(-gate[i])) * up[i]; y may be gate.
    void (*swiglu)(float *y, const float *gate, const float *up, size_t n);

    // x[i] = exp(scale * x[i]) / sum of all exp(scale * x[j]), in place.
    void (*softmax)(float *x, float scale, size_t n);

    // *maximum = the largest x[i]; returns the sum of exp(x[i] - *maximum). n is at least 1.
    float (*sum_exp)(const float *x, size_t n, float *maximum);

    // Gradient of rms_norm, with r = 1 / sqrt(mean of x^2 + epsilon):
    //     dx[i] += r * (weight[i] * dy[i] - x[i] * r^2 * mean of all weight[j] * dy[j] * x[j]),
    //     dweight[i] += dy[i] * x[i] * r.
    void (*rms_norm_gradient)(float *dx, float *dweight, const float *x, const float *weight,
                              const float *dy, float epsilon, size_t n);

    // Gradient of swiglu, with s = 1 / (1 + exp(-gate[i])):
    //     dgate[i] = dy[i] * up[i] * s * (1 + gate[i] * (1 - s)), dup[i] = dy[i] * gate[i] * s;
    // dgate may be gate, and dup may be up.
    void (*swiglu_gradient)(float *dgate, float *dup, const float *gate, const float *up,
                            const float *dy, size_t n);

    // Gradient of softmax, in place; y is its result:
    //     dy[i] = scale * y[i] * (dy[i] - sum of all y[j] * dy[j]).
    void (*softmax_gradient)(float *dy, const float *y, float scale, size_t n);

    // x[i] = factor * exp(x[i] - shift), in place: with the logarithm of the sum of exponentials as
    // shift, the gradient of a cross-entropy but for the target's -factor.
    void (*scaled_exp)(float *x, float shift, float factor, size_t n);
} ck_operation_kernels;
