// Layer normalisation and its gradient; the kernels of operations.h.

CK_INLINE float row_sum(const float *x, size_t n) {
    f32v sum = {0};
    size_t i = 0;
    for (; i + CK_LANES <= n; i += CK_LANES) sum += load(x + i);
    return sum_of_lanes(sum + load_part(x + i, n - i, 0));
}

// The mean of a row, and what scales its distance from it. Two passes: squares of distances, as a
// mean far from zero would cancel otherwise.
CK_INLINE float row_moments(const float *x, float epsilon, size_t n, float *scale) {
    float mean = row_sum(x, n) / (float)n;
    f32v squares = {0};
    size_t i = 0;
    for (; i + CK_LANES <= n; i += CK_LANES) {
        f32v distance = load(x + i) - mean;
        squares += distance * distance;
    }
    f32v tail = load_part(x + i, n - i, mean) - mean;
    *scale = 1.0f / sqrtf(sum_of_lanes(squares + tail * tail) / (float)n + epsilon);
    return mean;
}

static void layer_norm(float *y, const float *x, const float *weight, const float *bias,
                       float epsilon, size_t n) {
    float scale, mean = row_moments(x, epsilon, n, &scale);
    for (size_t i = 0; i < n; ++i) y[i] = (x[i] - mean) * scale * weight[i] + bias[i];
}

static void layer_norm_gradient(float *dx, float *dweight, float *dbias, const float *x,
                                const float *weight, const float *dy, float epsilon, size_t n) {
    float scale, mean = row_moments(x, epsilon, n, &scale);
    f32v sum = {0}, products = {0};
    size_t i = 0;
    for (; i + CK_LANES <= n; i += CK_LANES) {
        f32v d = load(weight + i) * load(dy + i);
        sum += d;
        products += d * (load(x + i) - mean);
    }
    f32v d = load_part(weight + i, n - i, 0) * load_part(dy + i, n - i, 0);
    sum += d;
    products += d * (load_part(x + i, n - i, mean) - mean);
    float shift = sum_of_lanes(sum) / (float)n;
    float tilt = sum_of_lanes(products) / (float)n * scale;
    for (i = 0; i < n; ++i) {
        float normalised = (x[i] - mean) * scale;
        dx[i] += scale * (weight[i] * dy[i] - shift - normalised * tilt);
        dweight[i] += dy[i] * normalised;
        dbias[i] += dy[i];
    }
}
