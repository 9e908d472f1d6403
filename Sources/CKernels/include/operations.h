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

// s(x) = 1 / (1 + exp(-x)) and P the distribution function of the standard normal.
typedef enum ck_activation {
    CK_SILU,      // x s(x)
    CK_GELU,      // x P(x)
    CK_GELU_TANH, // 0.5 x (1 + tanh(sqrt(2 / pi) (x + 0.044715 x^3)))
    CK_RELU,      // max(x, 0)
} ck_activation;

typedef struct ck_operation_kernels {
    // y[i] = x[i] * weight[i] / sqrt(mean of x^2 + epsilon) for i in 0..<n.
    void (*rms_norm)(float *y, const float *x, const float *weight, float epsilon, size_t n);

    // y[i] = (x[i] - mean) / sqrt(variance + epsilon) * weight[i] + bias[i], both of x.
    void (*layer_norm)(float *y, const float *x, const float *weight, const float *bias,
                       float epsilon, size_t n);

    // Rotary embedding of one head, in place: (x[i], x[i + half]) turns by the angle whose cosine
    // and sine are cosine[i] and sine[i]. cosine and sine have `half` elements.
    void (*rotate)(float *x, const float *cosine, const float *sine, size_t half);

    // y[i] = activation(x[i]); y may be x.
    void (*activate)(ck_activation kind, float *y, const float *x, size_t n);

    // y[i] = activation(gate[i]) * up[i]; y may be gate.
    void (*gate)(ck_activation kind, float *y, const float *gate, const float *up, size_t n);

    // x[i] = exp(scale * x[i]) / sum of all exp(scale * x[j]), in place.
    void (*softmax)(float *x, float scale, size_t n);

    // *maximum = the largest x[i]; returns the sum of exp(x[i] - *maximum). n is at least 1.
    float (*sum_exp)(const float *x, size_t n, float *maximum);

    // x[i] = cap * tanh(scale * x[i] / cap), in place.
    void (*soft_cap)(float *x, float scale, float cap, size_t n);

    // x[i] += slope * i.
    void (*add_ramp)(float *x, float slope, size_t n);

    // Gradient of rms_norm, with r = 1 / sqrt(mean of x^2 + epsilon):
    //     dx[i] += r * (weight[i] * dy[i] - x[i] * r^2 * mean of all weight[j] * dy[j] * x[j]),
    //     dweight[i] += dy[i] * x[i] * r.
    void (*rms_norm_gradient)(float *dx, float *dweight, const float *x, const float *weight,
                              const float *dy, float epsilon, size_t n);

    // Gradient of layer_norm, with u = (x - mean) / sqrt(variance + epsilon), r the latter's inverse:
    //     dx[i] += r * (weight[i] * dy[i] - mean of weight * dy - u[i] * mean of weight * dy * u),
    //     dweight[i] += dy[i] * u[i], dbias[i] += dy[i].
    void (*layer_norm_gradient)(float *dx, float *dweight, float *dbias, const float *x,
                                const float *weight, const float *dy, float epsilon, size_t n);

    // dx[i] = dy[i] * activation'(x[i]); dx may be x or dy.
    void (*activate_gradient)(ck_activation kind, float *dx, const float *x, const float *dy,
                              size_t n);

    // Gradient of gate: dgate[i] = dy[i] * up[i] * activation'(gate[i]),
    // dup[i] = dy[i] * activation(gate[i]); dgate may be gate, and dup may be up.
    void (*gate_gradient)(ck_activation kind, float *dgate, float *dup, const float *gate,
                          const float *up, const float *dy, size_t n);

    // Gradient of softmax, in place; y is its result:
    //     dy[i] = scale * y[i] * (dy[i] - sum of all y[j] * dy[j]).
    void (*softmax_gradient)(float *dy, const float *y, float scale, size_t n);

    // Gradient of soft_cap, in place; y is its result: dy[i] *= scale * (1 - (y[i] / cap)^2).
    void (*soft_cap_gradient)(float *dy, const float *y, float scale, float cap, size_t n);

    // x[i] = factor * exp(x[i] - shift), in place: with the logarithm of the sum of exponentials as
    // shift, the gradient of a cross-entropy but for the target's -factor.
    void (*scaled_exp)(float *x, float shift, float factor, size_t n);
} ck_operation_kernels;
