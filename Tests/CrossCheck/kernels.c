// Prints a fingerprint of what every reproducible kernel makes of many inputs, and checks the others
// against binary64. scripts/test-neon compares the prints of two machines.
// Usage: kernels ISA   (the number of a ck_isa)
#include "CKernels.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { COUNT = 5000, CANDIDATES = 256 };

// xorshift64*, Vigna 2016.
static uint64_t state = 88172645463325252u;
static uint32_t random_word(void) {
    state ^= state >> 12, state ^= state << 25, state ^= state >> 27;
    return (uint32_t)(state * 2685821657736338717u >> 32);
}
static float random_float(void) { return (float)(int32_t)random_word() * 0x1p-31f; }

// FNV-1a of the bits; which NaN a NaN is does not count.
static uint64_t fingerprint(const void *bytes, size_t count, int are_floats) {
    uint64_t hash = 14695981039346656037u;
    for (size_t i = 0; i < count; ++i) {
        uint32_t bits = ((const uint8_t *)bytes)[are_floats ? 0 : i];
        if (are_floats) memcpy(&bits, (const float *)bytes + i, 4);
        if (are_floats && (bits & 0x7FFFFFFF) > 0x7F800000) bits = 0x7FC00000;
        hash = (hash ^ bits) * 1099511628211u;
    }
    return hash;
}

static void print(const char *kernel, int number, const void *bytes, size_t count, int are_floats) {
    printf("%s %d %016llx\n", kernel, number,
           (unsigned long long)fingerprint(bytes, count, are_floats));
}

static void direction(const char *name, ck_direction_kernel *kernel) {
    static float plus[2 * COUNT], coefficients[CANDIDATES];
    static ck_term terms[CANDIDATES];
    for (int number = 0; number < 12; ++number) {
        for (uint32_t k = 0; k < CANDIDATES; ++k) {
            coefficients[k] = random_float();
            terms[k] = (ck_term){k, coefficients[k]};
        }
        ck_range range = {((uint64_t)random_word() << 32) + random_word(), random_word() % 3000,
                          random_word() % COUNT, random_word() % 300};
        ck_combination sum = {coefficients, CANDIDATES, terms, number % 3 ? CANDIDATES : 0};
        ck_term step = {random_word() % CANDIDATES, 1e-3f};
        for (int i = 0; i < 2 * COUNT; ++i) plus[i] = random_float();
        kernel(plus, number % 4 ? plus + COUNT : NULL, &range, &sum, number % 2 ? &step : NULL);
        print(name, number, plus, 2 * COUNT, 1);
    }
}

static void projection(const char *name, ck_projection_kernel *kernel) {
    static float gradient[COUNT], sums[CANDIDATES];
    for (int number = 0; number < 12; ++number) {
        ck_range range = {((uint64_t)random_word() << 32) + random_word(), random_word() % 3000,
                          random_word() % COUNT, random_word() % 300};
        size_t candidates = number % 3 ? CANDIDATES : 4;
        for (int i = 0; i < COUNT; ++i) gradient[i] = random_float();
        for (int k = 0; k < CANDIDATES; ++k) sums[k] = random_float();
        kernel(sums, candidates, gradient, &range);
        print(name, number, sums, CANDIDATES, 1);
    }
}

static void rounding(ck_rounding_kernel *kernel) {
    static float x[COUNT];
    for (int number = 0; number < 12; ++number) {
        ck_range range = {random_word(), random_word() % 3000, random_word() % COUNT, 7};
        for (int i = 0; i < COUNT; ++i) {
            uint32_t bits = random_word();
            memcpy(&x[i], &bits, 4);
        }
        kernel(x, &range, random_word());
        print("round_bf16", number, x, COUNT, 1);
    }
}

// Random bytes: every bit pattern of a scale, also infinities and NaN.
static void load(const char *name, void (*kernel)(float *, const void *, size_t)) {
    static uint8_t bytes[(1 << 18) + 2];
    static float y[1 << 16];
    for (size_t i = 0; i < sizeof bytes; ++i) bytes[i] = (uint8_t)random_word();
    for (int number = 0; number < 3; ++number) {
        kernel(y, bytes + number, 1 << 16);
        print(name, number, y, 1 << 16, 1);
    }
}

static void store(const char *name, void (*kernel)(void *, const float *, size_t)) {
    static float x[1 << 16];
    static uint8_t y[2 << 16];
    for (int number = 0; number < 16; ++number) {
        for (int i = 0; i < 1 << 16; ++i) {
            // All exponents, and around every binary16.
            uint32_t bits = number % 2 ? random_word() : (uint32_t)i << 16 | random_word() >> 24;
            memcpy(&x[i], &bits, 4);
        }
        kernel(y, x, (1 << 16) - number);
        print(name, number, y, 2 * ((1 << 16) - number), 0);
    }
}

static void expect(const char *what, double found, double expected) {
    if (fabs(found - expected) <= 1e-5 * fmax(1, fabs(expected))) return;
    fprintf(stderr, "%s: %g instead of %g\n", what, found, expected);
    exit(1);
}

static double activation(int kind, double x) {
    switch (kind) {
    case CK_SILU: return x / (1 + exp(-x));
    case CK_GELU: return 0.5 * x * erfc(-x / sqrt(2));
    case CK_GELU_TANH: return 0.5 * x * (1 + tanh(sqrt(2 / 3.14159265358979) * (x + 0.044715 * x * x * x)));
    default: return fmax(x, 0);
    }
}

static double slope(int kind, double x) {
    return (activation(kind, x + 1e-6) - activation(kind, x - 1e-6)) / 2e-6;
}

static void activations(const ck_operation_kernels *k, size_t n) {
    float x[400], y[400], p[400], z[400], w[400];
    for (size_t i = 0; i < n; ++i) x[i] = 4 * random_float(), y[i] = random_float(), p[i] = random_float();
    for (int kind = CK_SILU; kind <= CK_RELU; ++kind) {
        k->activate(kind, z, x, n);
        for (size_t i = 0; i < n; ++i) expect("activate", z[i], activation(kind, x[i]));
        k->activate_gradient(kind, z, x, p, n);
        for (size_t i = 0; i < n; ++i) expect("activate_gradient", z[i], p[i] * slope(kind, x[i]));
        k->gate(kind, z, x, y, n);
        for (size_t i = 0; i < n; ++i) expect("gate", z[i], activation(kind, x[i]) * y[i]);
        k->gate_gradient(kind, z, w, x, y, p, n);
        for (size_t i = 0; i < n; ++i) {
            expect("gate_gradient", z[i], (double)p[i] * y[i] * slope(kind, x[i]));
            expect("gate_gradient", w[i], p[i] * activation(kind, x[i]));
        }
    }
    memcpy(z, x, sizeof z);
    k->soft_cap(z, 2, 3, n);
    for (size_t i = 0; i < n; ++i) expect("soft_cap", z[i], 3 * tanh(2 * x[i] / 3.0));
    memcpy(w, p, sizeof w);
    k->soft_cap_gradient(w, z, 2, 3, n);
    for (size_t i = 0; i < n; ++i) expect("soft_cap_gradient", w[i], p[i] * 2 * (1 - pow(z[i] / 3, 2)));
    memcpy(z, x, sizeof z);
    k->add_ramp(z, -0.25f, n);
    for (size_t i = 0; i < n; ++i) expect("add_ramp", z[i], x[i] - 0.25 * (double)i);
}

static void layer_norms(const ck_operation_kernels *k, size_t n) {
    float x[400], y[400], p[400], z[400], w[400] = {0}, b[400] = {0};
    double mean = 0, variance = 0, sum = 0, products = 0;
    for (size_t i = 0; i < n; ++i) x[i] = 4 * random_float(), y[i] = random_float(), p[i] = random_float();
    for (size_t i = 0; i < n; ++i) mean += (double)x[i] / (double)n;
    for (size_t i = 0; i < n; ++i) variance += pow(x[i] - mean, 2) / (double)n;
    double r = 1 / sqrt(variance + 1e-5);
    k->layer_norm(z, x, y, p, 1e-5f, n);
    for (size_t i = 0; i < n; ++i) expect("layer_norm", z[i], (x[i] - mean) * r * y[i] + p[i]);
    for (size_t i = 0; i < n; ++i) {
        sum += (double)y[i] * p[i] / (double)n;
        products += (double)y[i] * p[i] * (x[i] - mean) * r / (double)n;
    }
    memset(z, 0, sizeof z);
    k->layer_norm_gradient(z, w, b, x, y, p, 1e-5f, n);
    for (size_t i = 0; i < n; ++i) {
        double u = (x[i] - mean) * r;
        expect("layer_norm_gradient", z[i], r * ((double)y[i] * p[i] - sum - u * products));
        expect("layer_norm_gradient", w[i], p[i] * u);
        expect("layer_norm_gradient", b[i], p[i]);
    }
}

static void operations(const ck_operation_kernels *k, size_t n) {
    activations(k, n);
    layer_norms(k, n);
    float x[400], y[400], z[400], maximum;
    double square = 0, sum = 0;
    for (size_t i = 0; i < n; ++i) x[i] = 4 * random_float(), y[i] = random_float();
    for (size_t i = 0; i < n; ++i) square += (double)x[i] * x[i], sum += exp(x[i]);
    k->rms_norm(z, x, y, 1e-5f, n);
    for (size_t i = 0; i < n; ++i) expect("rms_norm", z[i], x[i] * y[i] / sqrt(square / n + 1e-5));
    expect("sum_exp", log(k->sum_exp(x, n, &maximum)) + maximum, log(sum));
    memcpy(z, x, sizeof z);
    k->softmax(z, 1, n);
    for (size_t i = 0; i < n; ++i) expect("softmax", z[i], exp(x[i]) / sum);
    double dot = 0;
    for (size_t i = 0; i < n; ++i) dot += exp(x[i]) / sum * y[i];
    float p[400], w[400] = {0};
    for (size_t i = 0; i < n; ++i) p[i] = (float)(exp(x[i]) / sum);
    memcpy(z, y, sizeof z);
    k->softmax_gradient(z, p, 2, n);
    for (size_t i = 0; i < n; ++i) expect("softmax_gradient", z[i], 2 * p[i] * (y[i] - dot));
    memcpy(z, x, sizeof z);
    k->scaled_exp(z, (float)log(sum), 2, n);
    for (size_t i = 0; i < n; ++i) expect("scaled_exp", z[i], 2 * p[i]);
    double r = 1 / sqrt(square / n + 1e-5), mean = 0;
    for (size_t i = 0; i < n; ++i) mean += (double)y[i] * p[i] * x[i] / n;
    memset(z, 0, sizeof z);
    memset(w, 0, sizeof w);
    k->rms_norm_gradient(z, w, x, y, p, 1e-5f, n);
    for (size_t i = 0; i < n; ++i) {
        expect("rms_norm_gradient", z[i], r * ((double)y[i] * p[i] - x[i] * r * r * mean));
        expect("rms_norm_gradient", w[i], p[i] * x[i] * r);
    }
    size_t half = n / 2;
    memcpy(z, x, sizeof z);
    k->rotate(z, y, y + half, half);
    for (size_t i = 0; i < half; ++i) {
        expect("rotate", z[i], (double)x[i] * y[i] - (double)x[i + half] * y[i + half]);
        expect("rotate", z[i + half], (double)x[i + half] * y[i] + (double)x[i] * y[i + half]);
    }
}

int main(int argc, char **argv) {
    ck_isa isa = argc == 2 ? (ck_isa)atoi(argv[1]) : CK_SCALAR;
    const ck_kernels *kernels = ck_kernels_for(isa);
    if (!kernels) return fprintf(stderr, "no instruction set %d here\n", isa), 2;
    const ck_direction_kernels *directions = &kernels->directions;
    const ck_storage_kernels *storage = &kernels->storage;
    direction("hadamard", directions->hadamard);
    direction("rademacher", directions->rademacher);
    direction("gaussian", directions->gaussian);
    rounding(directions->round_bf16);
    projection("project_hadamard", directions->project_hadamard);
    projection("project_rademacher", directions->project_rademacher);
    projection("project_gaussian", directions->project_gaussian);
    load("load_f32", storage->load_f32);
    load("load_f16", storage->load_f16);
    load("load_bf16", storage->load_bf16);
    load("load_q8_0", storage->load_q8_0);
    load("load_q4_0", storage->load_q4_0);
    load("load_q4_1", storage->load_q4_1);
    load("load_q5_0", storage->load_q5_0);
    load("load_q5_1", storage->load_q5_1);
    load("load_iq4_nl", storage->load_iq4_nl);
    load("load_mxfp4", storage->load_mxfp4);
    load("load_q2_k", storage->load_q2_k);
    load("load_q3_k", storage->load_q3_k);
    load("load_q4_k", storage->load_q4_k);
    load("load_q5_k", storage->load_q5_k);
    load("load_q6_k", storage->load_q6_k);
    load("load_q8_k", storage->load_q8_k);
    load("load_iq4_xs", storage->load_iq4_xs);
    store("store_f16", storage->store_f16);
    store("store_bf16", storage->store_bf16);
    for (size_t n = 2; n <= 400; n += n < 40 ? 2 : 38)
        operations(&kernels->operations, n);
}
