// Activations, alone and as gates, and soft caps; the kernels of operations.h.

// tanh(u) to about 2 ulp: by exponentials, and for small u, where these cancel, by its Taylor
// polynomial of degree 9, whose remainder is below 2^-26 of u there.
CK_INLINE f32v hyperbolic_tangent(f32v u) {
    f32v square = u * u;
    f32v p = square * (62.0f / 2835.0f) - (17.0f / 315.0f);
    p = p * square + (2.0f / 15.0f);
    p = p * square - (1.0f / 3.0f);
    f32v large = 1.0f - 2.0f / (exponential(u + u) + 1.0f);
    return select_f32(square < 0.0625f, u + u * square * p, large);
}

// The distribution function of the standard normal, to 1e-7.
// Source: Abramowitz and Stegun 1964, 7.1.26, for erf(|x| / sqrt 2).
CK_INLINE f32v normal_distribution(f32v x) {
    f32v z = select_f32(x < 0.0f, -x, x) * 0.70710678f;
    f32v t = 1.0f / (1.0f + 0.3275911f * z);
    f32v p = t * 1.061405429f - 1.453152027f;
    p = p * t + 1.421413741f;
    p = p * t - 0.284496736f;
    p = p * t + 0.254829592f;
    f32v tail = 0.5f * p * t * exponential(-z * z);
    return select_f32(x < 0.0f, tail, 1.0f - tail);
}

CK_INLINE f32v normal_density(f32v x) { return 0.39894228f * exponential(-0.5f * x * x); }

// x within [-10, 10], beyond which tanh is 1 or -1 in GELU's approximation, and powers of x may be
// infinite.
CK_INLINE f32v within_ten(f32v x) {
    x = larger(x, splat(-10.0f));
    return select_f32(x > 10.0f, splat(10.0f), x);
}

// sqrt(2 / pi) (x + 0.044715 x^3), the argument of the tanh in GELU's approximation, and its slope.
CK_INLINE f32v gelu_argument(f32v x) {
    x = within_ten(x);
    return 0.79788456f * (x + 0.044715f * x * x * x);
}
CK_INLINE f32v gelu_argument_slope(f32v x) {
    x = within_ten(x);
    return 0.79788456f * (1.0f + 0.134145f * x * x);
}

CK_INLINE f32v activation(ck_activation kind, f32v x) {
    switch (kind) {
    case CK_SILU: return x / (1.0f + exponential(-x));
    case CK_GELU: return x * normal_distribution(x);
    case CK_GELU_TANH: return 0.5f * x * (1.0f + hyperbolic_tangent(gelu_argument(x)));
    case CK_RELU: return larger(x, splat(0.0f));
    }
    return x;
}

CK_INLINE f32v activation_slope(ck_activation kind, f32v x) {
    f32v s;
    switch (kind) {
    case CK_SILU:
        s = 1.0f / (1.0f + exponential(-x));
        return s * (1.0f + x * (1.0f - s));
    case CK_GELU: return normal_distribution(x) + x * normal_density(x);
    case CK_GELU_TANH:
        s = hyperbolic_tangent(gelu_argument(x));
        return 0.5f * (1.0f + s) + 0.5f * x * (1.0f - s * s) * gelu_argument_slope(x);
    case CK_RELU: return select_f32(x > 0.0f, splat(1.0f), splat(0.0f));
    }
    return x;
}

// Calls `f` with a constant kind, which compiles it once for each, so that no loop looks at it.
#define WITH_CONSTANT(kind, f, ...)                                                                 \
    switch (kind) {                                                                                 \
    case CK_SILU: f(CK_SILU, __VA_ARGS__); break;                                                   \
    case CK_GELU: f(CK_GELU, __VA_ARGS__); break;                                                   \
    case CK_GELU_TANH: f(CK_GELU_TANH, __VA_ARGS__); break;                                         \
    case CK_RELU: f(CK_RELU, __VA_ARGS__); break;                                                   \
    }

CK_INLINE void activate_as(ck_activation kind, float *y, const float *x, size_t n) {
    size_t i = 0;
    for (; i + CK_LANES <= n; i += CK_LANES) store(y + i, activation(kind, load(x + i)));
    store_part(y + i, activation(kind, load_part(x + i, n - i, 0)), n - i);
}

static void activate(ck_activation kind, float *y, const float *x, size_t n) {
    WITH_CONSTANT(kind, activate_as, y, x, n)
}

CK_INLINE void activate_gradient_as(ck_activation kind, float *dx, const float *x, const float *dy,
                                    size_t n) {
    size_t i = 0;
    for (; i + CK_LANES <= n; i += CK_LANES)
        store(dx + i, load(dy + i) * activation_slope(kind, load(x + i)));
    f32v slope = activation_slope(kind, load_part(x + i, n - i, 0));
    store_part(dx + i, load_part(dy + i, n - i, 0) * slope, n - i);
}

static void activate_gradient(ck_activation kind, float *dx, const float *x, const float *dy,
                              size_t n) {
    WITH_CONSTANT(kind, activate_gradient_as, dx, x, dy, n)
}

CK_INLINE void gate_as(ck_activation kind, float *y, const float *gate, const float *up, size_t n) {
    size_t i = 0;
    for (; i + CK_LANES <= n; i += CK_LANES)
        store(y + i, activation(kind, load(gate + i)) * load(up + i));
    f32v tail = activation(kind, load_part(gate + i, n - i, 0)) * load_part(up + i, n - i, 0);
    store_part(y + i, tail, n - i);
}

static void gate(ck_activation kind, float *y, const float *gate, const float *up, size_t n) {
    WITH_CONSTANT(kind, gate_as, y, gate, up, n)
}

// The derivatives of activation(gate) * up, each times dy.
CK_INLINE void gated_slopes(ck_activation kind, f32v *dgate, f32v *dup, f32v gate, f32v up, f32v dy) {
    if (kind == CK_SILU) { // One exponential serves both.
        f32v s = 1.0f / (1.0f + exponential(-gate));
        *dgate = dy * up * s * (1.0f + gate * (1.0f - s));
        *dup = dy * gate * s;
    } else {
        *dgate = dy * up * activation_slope(kind, gate);
        *dup = dy * activation(kind, gate);
    }
}

CK_INLINE void gate_gradient_as(ck_activation kind, float *dgate, float *dup, const float *gate,
                                const float *up, const float *dy, size_t n) {
    f32v a, b;
    size_t i = 0;
    for (; i + CK_LANES <= n; i += CK_LANES) {
        gated_slopes(kind, &a, &b, load(gate + i), load(up + i), load(dy + i));
        store(dgate + i, a);
        store(dup + i, b);
    }
    gated_slopes(kind, &a, &b, load_part(gate + i, n - i, 0), load_part(up + i, n - i, 0),
                 load_part(dy + i, n - i, 0));
    store_part(dgate + i, a, n - i);
    store_part(dup + i, b, n - i);
}

static void gate_gradient(ck_activation kind, float *dgate, float *dup, const float *gate,
                          const float *up, const float *dy, size_t n) {
    WITH_CONSTANT(kind, gate_gradient_as, dgate, dup, gate, up, dy, n)
}

static void soft_cap(float *x, float scale, float cap, size_t n) {
    float inner = scale / cap;
    size_t i = 0;
    for (; i + CK_LANES <= n; i += CK_LANES)
        store(x + i, cap * hyperbolic_tangent(load(x + i) * inner));
    store_part(x + i, cap * hyperbolic_tangent(load_part(x + i, n - i, 0) * inner), n - i);
}

static void soft_cap_gradient(float *dy, const float *y, float scale, float cap, size_t n) {
    float inverse = 1.0f / cap;
    for (size_t i = 0; i < n; ++i) {
        float t = y[i] * inverse;
        dy[i] *= scale * (1.0f - t * t);
    }
}
