// The operations of operations.h for one instruction set.

#include "internal/vector.h"

#pragma clang fp contract(fast)

// exp(x) to about 2 ulp for x in [-87, 88]; arguments outside are clamped to that range.
// x = k ln 2 + r with |r| <= ln 2 / 2 (Cody and Waite's two-part ln 2), exp(r) by its Taylor
// polynomial of degree 7, whose remainder is below 2^-27 there; 2^k is added to the exponent field.
CK_INLINE VF CK_NAME(exp)(VF x) {
    x = CK_NAME(larger)(x, CK_NAME(broadcast)(-87.0f));
    x = CK_NAME(select)(x > 88.0f, CK_NAME(broadcast)(88.0f), x);
    VF magic = CK_NAME(broadcast)(12582912.0f); // 1.5 * 2^23: adding it rounds to an integer
    VF rounded = x * 1.44269504f + magic;
    VF k = rounded - magic;
    VF r = x - k * 0.693359375f + k * 2.12194440e-4f;
    VF p = r * (1.0f / 5040.0f) + (1.0f / 720.0f);
    p = p * r + (1.0f / 120.0f);
    p = p * r + (1.0f / 24.0f);
    p = p * r + (1.0f / 6.0f);
    p = p * r + 0.5f;
    p = p * r * r + r + 1.0f;
    return (VF)((VI)p + ((VI)rounded << 23));
}

static void CK_NAME(rms_norm)(float *y, const float *x, const float *weight, float epsilon, size_t n) {
    VF squares = {0};
    size_t i = 0;
    for (; i + CK_LANES <= n; i += CK_LANES) squares += CK_NAME(load)(x + i) * CK_NAME(load)(x + i);
    VF tail = CK_NAME(load_part)(x + i, n - i, 0);
    float scale = 1.0f / sqrtf(CK_NAME(sum)(squares + tail * tail) / (float)n + epsilon);
    for (i = 0; i + CK_LANES <= n; i += CK_LANES)
        CK_NAME(store)(y + i, CK_NAME(load)(x + i) * scale * CK_NAME(load)(weight + i));
    for (; i < n; ++i) y[i] = x[i] * scale * weight[i];
}

static void CK_NAME(rotate)(float *x, const float *cosine, const float *sine, size_t half) {
    for (size_t i = 0; i < half; ++i) {
        float a = x[i], b = x[i + half];
        x[i] = a * cosine[i] - b * sine[i];
        x[i + half] = b * cosine[i] + a * sine[i];
    }
}

CK_INLINE VF CK_NAME(silu_times)(VF gate, VF up) { return gate / (1.0f + CK_NAME(exp)(-gate)) * up; }

static void CK_NAME(swiglu)(float *y, const float *gate, const float *up, size_t n) {
    size_t i = 0;
    for (; i + CK_LANES <= n; i += CK_LANES)
        CK_NAME(store)(y + i, CK_NAME(silu_times)(CK_NAME(load)(gate + i), CK_NAME(load)(up + i)));
    VF tail = CK_NAME(silu_times)(CK_NAME(load_part)(gate + i, n - i, 0), CK_NAME(load_part)(up + i, n - i, 0));
    CK_NAME(store_part)(y + i, tail, n - i);
}

CK_INLINE float CK_NAME(row_maximum)(const float *x, size_t n) {
    VF m = CK_NAME(broadcast)(-INFINITY);
    size_t i = 0;
    for (; i + CK_LANES <= n; i += CK_LANES) m = CK_NAME(larger)(CK_NAME(load)(x + i), m);
    return CK_NAME(maximum)(CK_NAME(larger)(CK_NAME(load_part)(x + i, n - i, -INFINITY), m));
}

static float CK_NAME(sum_exp)(const float *x, size_t n, float *maximum) {
    float m = CK_NAME(row_maximum)(x, n);
    VF sum = {0};
    size_t i = 0;
    for (; i + CK_LANES <= n; i += CK_LANES) sum += CK_NAME(exp)(CK_NAME(load)(x + i) - m);
    float total = CK_NAME(sum)(sum);
    VF tail = CK_NAME(exp)(CK_NAME(load_part)(x + i, n - i, m) - m);
    for (size_t j = 0; j < n - i; ++j) total += tail[j];
    *maximum = m;
    return total;
}

static void CK_NAME(softmax)(float *x, float scale, size_t n) {
    float m = CK_NAME(row_maximum)(x, n), total = 0;
    VF sum = {0};
    size_t i = 0;
    for (; i + CK_LANES <= n; i += CK_LANES) {
        VF e = CK_NAME(exp)((CK_NAME(load)(x + i) - m) * scale);
        CK_NAME(store)(x + i, e);
        sum += e;
    }
    VF tail = CK_NAME(exp)((CK_NAME(load_part)(x + i, n - i, m) - m) * scale);
    CK_NAME(store_part)(x + i, tail, n - i);
    total = CK_NAME(sum)(sum);
    for (size_t j = i; j < n; ++j) total += x[j];
    float inverse = 1.0f / total;
    for (size_t j = 0; j < n; ++j) x[j] *= inverse;
}

static const ck_operation_kernels CK_NAME(operations) = {
    CK_NAME(rms_norm), CK_NAME(rotate), CK_NAME(swiglu), CK_NAME(softmax), CK_NAME(sum_exp),
};

#undef VF
#undef VI
#undef CK_INLINE
