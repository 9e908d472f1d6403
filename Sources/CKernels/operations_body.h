// The kernels of operations.h.

#pragma clang fp contract(fast)

// exp(x) to about 2 ulp for x in [-87, 88]; arguments outside are clamped to that range.
// x = k ln 2 + r with |r| <= ln 2 / 2 (Cody and Waite's two-part ln 2), exp(r) by its Taylor
// polynomial of degree 7, whose remainder is below 2^-27 there; 2^k is added to the exponent field.
CK_INLINE f32v exponential(f32v x) {
    x = larger(x, splat(-87.0f));
    x = select_f32(x > 88.0f, splat(88.0f), x);
    f32v magic = splat(12582912.0f); // 1.5 * 2^23: adding it rounds to an integer
    f32v rounded = x * 1.44269504f + magic;
    f32v k = rounded - magic;
    f32v r = x - k * 0.693359375f + k * 2.12194440e-4f;
    f32v p = r * (1.0f / 5040.0f) + (1.0f / 720.0f);
    p = p * r + (1.0f / 120.0f);
    p = p * r + (1.0f / 24.0f);
    p = p * r + (1.0f / 6.0f);
    p = p * r + 0.5f;
    p = p * r * r + r + 1.0f;
    return (f32v)((i32v)p + ((i32v)rounded << 23));
}

static void rms_norm(float *y, const float *x, const float *weight, float epsilon, size_t n) {
    f32v squares = {0};
    size_t i = 0;
    for (; i + CK_LANES <= n; i += CK_LANES) squares += load(x + i) * load(x + i);
    f32v tail = load_part(x + i, n - i, 0);
    float scale = 1.0f / sqrtf(sum_of_lanes(squares + tail * tail) / (float)n + epsilon);
    for (i = 0; i + CK_LANES <= n; i += CK_LANES)
        store(y + i, load(x + i) * scale * load(weight + i));
    for (; i < n; ++i) y[i] = x[i] * scale * weight[i];
}

static void rotate(float *x, const float *cosine, const float *sine, size_t half) {
    for (size_t i = 0; i < half; ++i) {
        float a = x[i], b = x[i + half];
        x[i] = a * cosine[i] - b * sine[i];
        x[i + half] = b * cosine[i] + a * sine[i];
    }
}

#include "operations_activations_body.h"
#include "operations_layer_norm_body.h"

CK_INLINE float row_maximum(const float *x, size_t n) {
    f32v m = splat(-INFINITY);
    size_t i = 0;
    for (; i + CK_LANES <= n; i += CK_LANES) m = larger(load(x + i), m);
    return largest_lane(larger(load_part(x + i, n - i, -INFINITY), m));
}

static float sum_exp(const float *x, size_t n, float *maximum) {
    float m = row_maximum(x, n);
    f32v sum = {0};
    size_t i = 0;
    for (; i + CK_LANES <= n; i += CK_LANES) sum += exponential(load(x + i) - m);
    float total = sum_of_lanes(sum);
    f32v tail = exponential(load_part(x + i, n - i, m) - m);
    for (size_t j = 0; j < n - i; ++j) total += tail[j];
    *maximum = m;
    return total;
}

static void softmax(float *x, float scale, size_t n) {
    float m = row_maximum(x, n), total = 0;
    f32v sum = {0};
    size_t i = 0;
    for (; i + CK_LANES <= n; i += CK_LANES) {
        f32v e = exponential((load(x + i) - m) * scale);
        store(x + i, e);
        sum += e;
    }
    f32v tail = exponential((load_part(x + i, n - i, m) - m) * scale);
    store_part(x + i, tail, n - i);
    total = sum_of_lanes(sum);
    for (size_t j = i; j < n; ++j) total += x[j];
    float inverse = 1.0f / total;
    for (size_t j = 0; j < n; ++j) x[j] *= inverse;
}

static void rms_norm_gradient(float *dx, float *dweight, const float *x, const float *weight,
                              const float *dy, float epsilon, size_t n) {
    f32v squares = {0}, products = {0};
    size_t i = 0;
    for (; i + CK_LANES <= n; i += CK_LANES) {
        squares += load(x + i) * load(x + i);
        products += load(weight + i) * load(dy + i) * load(x + i);
    }
    f32v tail = load_part(x + i, n - i, 0);
    squares += tail * tail;
    products += load_part(weight + i, n - i, 0) * load_part(dy + i, n - i, 0) * tail;
    float r = 1.0f / sqrtf(sum_of_lanes(squares) / (float)n + epsilon);
    float mean = sum_of_lanes(products) / (float)n * r * r;
    for (i = 0; i + CK_LANES <= n; i += CK_LANES) {
        f32v a = load(x + i), d = load(dy + i);
        store(dx + i, load(dx + i) + r * (load(weight + i) * d - a * mean));
        store(dweight + i, load(dweight + i) + d * a * r);
    }
    for (; i < n; ++i) {
        dx[i] += r * (weight[i] * dy[i] - x[i] * mean);
        dweight[i] += dy[i] * x[i] * r;
    }
}

static void softmax_gradient(float *dy, const float *y, float scale, size_t n) {
    f32v sum = {0};
    size_t i = 0;
    for (; i + CK_LANES <= n; i += CK_LANES) sum += load(y + i) * load(dy + i);
    sum += load_part(y + i, n - i, 0) * load_part(dy + i, n - i, 0);
    float total = sum_of_lanes(sum);
    for (i = 0; i + CK_LANES <= n; i += CK_LANES)
        store(dy + i, scale * load(y + i) * (load(dy + i) - total));
    for (; i < n; ++i) dy[i] = scale * y[i] * (dy[i] - total);
}

static void scaled_exp(float *x, float shift, float factor, size_t n) {
    size_t i = 0;
    for (; i + CK_LANES <= n; i += CK_LANES)
        store(x + i, factor * exponential(load(x + i) - shift));
    store_part(x + i, factor * exponential(load_part(x + i, n - i, shift) - shift), n - i);
}

static void add_ramp(float *x, float slope, size_t n) {
    for (size_t i = 0; i < n; ++i) x[i] += slope * (float)i;
}

#define OPERATION_KERNELS                                                                           \
    {rms_norm,          layer_norm,          rotate,        activate,         gate,                  \
     softmax,           sum_exp,             soft_cap,      add_ramp,         rms_norm_gradient,     \
     layer_norm_gradient, activate_gradient, gate_gradient, softmax_gradient, soft_cap_gradient,     \
     scaled_exp}
