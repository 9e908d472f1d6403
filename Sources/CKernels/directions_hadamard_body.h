// hadamard: in block b of B = K elements, z_k[j] = s[j] t[k] (−1)^popcount(j & k), so that
// Σ_k A_k z_k = s ∘ FWHT(A ∘ t), a fast Walsh–Hadamard transform.

// How many vectors the transform keeps in registers: half of them all.
#if CK_LANES == 16
#define RADIX 16
#else
#define RADIX 8
#endif

// How many elements of a transform stay in the first cache.
#define PART 4096

// (a, b) → (a + b, a − b) for lanes `stride` apart.
CK_INLINE f32v lane_butterfly(f32v x, uint32_t stride) {
    u32v lanes = lane_numbers();
    f32v partner = __builtin_shufflevector(x, lanes ^ stride);
    u32v sign = (lanes & stride) * (0x80000000u / stride);  // set in the lanes that hold a b
    return partner + (f32v)((u32v)x ^ sign);
}

// The same for vectors 1, 2, … radix / 2 apart.
CK_INLINE void butterflies(f32v *x, int radix) {
    CK_UNROLL
    for (int stride = 1; stride < radix; stride *= 2) {
        CK_UNROLL
        for (int i = 0; i < radix; ++i) {
            if (i & stride) continue;
            f32v a = x[i], b = x[i + stride];
            x[i] = a + b;
            x[i + stride] = a - b;
        }
    }
}

// The stages of stride 1 ..< RADIX · CK_LANES.
static void first_stages(float *y, size_t n) {
    for (size_t i = 0; i < n; i += RADIX * CK_LANES) {
        f32v x[RADIX];
        CK_UNROLL
        for (int v = 0; v < RADIX; ++v) {
            x[v] = load(y + i + v * CK_LANES);
            CK_UNROLL
            for (uint32_t stride = 1; stride < CK_LANES; stride *= 2)
                x[v] = lane_butterfly(x[v], stride);
        }
        butterflies(x, RADIX);
        CK_UNROLL
        for (int v = 0; v < RADIX; ++v) store(y + i + v * CK_LANES, x[v]);
    }
}

// The stages of stride, 2 stride, … radix / 2 · stride; stride is a multiple of CK_LANES.
CK_INLINE void stages(float *y, size_t n, size_t stride, const int radix) {
    for (size_t block = 0; block < n; block += stride * radix) {
        for (size_t i = block; i < block + stride; i += CK_LANES) {
            f32v x[RADIX];
            CK_UNROLL
            for (int v = 0; v < radix; ++v) x[v] = load(y + i + v * stride);
            butterflies(x, radix);
            CK_UNROLL
            for (int v = 0; v < radix; ++v) store(y + i + v * stride, x[v]);
        }
    }
}

// The transform as it is defined, for blocks too short for vectors.
static void short_transform(float *y, size_t n) {
    for (size_t stride = 1; stride < n; stride *= 2) {
        for (size_t i = 0; i < n; ++i) {
            if (i & stride) continue;
            float a = y[i], b = y[i + stride];
            y[i] = a + b;
            y[i + stride] = a - b;
        }
    }
}

// The stages of stride, 2 stride, … n / 2; stride is a multiple of CK_LANES.
static void stages_from(float *y, size_t n, size_t stride) {
    while (stride < n) {
        size_t radix = min_size(RADIX, n / stride);
        if (radix == RADIX) stages(y, n, stride, RADIX);
        else if (radix == 8) stages(y, n, stride, 8);
        else if (radix == 4) stages(y, n, stride, 4);
        else stages(y, n, stride, 2);
        stride *= radix;
    }
}

// The fast Walsh–Hadamard transform of y, in place: stages of stride 1, 2, 4, … n / 2, in this order.
// Part by part as long as butterflies stay within a part: a part is 16 KiB, so that it stays in the
// first cache. (K = 65,536 with AVX-512: 0.70 ns a weight, 0.79 without parts.)
static void transform(float *y, size_t n) {
    if (n < RADIX * CK_LANES) {
        short_transform(y, n);
        return;
    }
    const size_t part = min_size(n, PART);
    for (size_t i = 0; i < n; i += part) {
        first_stages(y + i, part);
        stages_from(y + i, part, RADIX * CK_LANES);
    }
    stages_from(y, n, part);
}

// y = ±x by the signs of block b, from its start.
static void flip_block(float *y, const float *x, size_t n, uint32_t b,
                                philox_stream stream) {
    sign_batch batch;
    for (size_t j = 0; j < n; j += SIGNS) {
        if (j / SIGNS % CK_LANES == 0) fill_signs(&batch, j / SIGNS, b, stream);
        group_signs signs = signs_of(&batch, j / SIGNS);
        flip(y + j, x + j, signs, min_size(SIGNS, n - j));
    }
}

// ε z_k for the elements of a group, but for the signs s of the elements.
//
// −1 to the popcount of j & k splits: the low bits of j give the same pattern in every group, computed
// once; the high bits, and t[k], give one sign for the whole group.
typedef struct {
    float pattern[SIGNS];
    uint32_t candidate;
    uint32_t block_sign;
} hadamard_direction;

static void fill_pattern(hadamard_direction *direction, const ck_term *term) {
    direction->candidate = term->candidate;
    for (uint32_t j = 0; j < SIGNS; ++j) {
        bool negative = __builtin_parity(j & term->candidate);
        direction->pattern[j] = negative ? -term->coefficient : term->coefficient;
    }
}

// Sets block_sign to the bits of t[k]: all ones for −1.
static void enter_block(hadamard_direction *direction, uint32_t b, philox_stream stream) {
    uint32_t k = direction->candidate;
    sign_batch batch;
    fill_signs(&batch, k / SIGNS, b, stream);
    direction->block_sign = -(batch.word[k % SIGNS / 32][0] >> k % 32 & 1);
}

CK_INLINE void hadamard_step(float *step, const hadamard_direction *direction,
                                      group_signs signs, uint32_t j, size_t n) {
    uint32_t sign = direction->block_sign ^ -(uint32_t)__builtin_parity(j & direction->candidate);
    CK_UNROLL
    for (int w = 0; w < 4; ++w) signs.word[w] ^= sign;
    flip(step, direction->pattern, signs, n);
}

// Elements of block b, group by group: delta = s ∘ y.
static void move_block(float *plus, float *minus, const ck_range *range, const float *y,
                                size_t block_size, uint64_t b, const hadamard_direction *direction,
                                philox_stream elements) {
    sign_batch batch;
    _Alignas(64) float delta[SIGNS], step[SIGNS];
    uint64_t start = b * block_size;
    size_t first = start < range->first ? (range->first - start) / SIGNS * SIGNS : 0;
    size_t end = min_size(block_size, range->first + range->count - start);
    for (size_t j = first; j < end; j += SIGNS) {
        size_t count = min_size(SIGNS, block_size - j);
        if ((j - first) / SIGNS % CK_LANES == 0)
            fill_signs(&batch, j / SIGNS, (uint32_t)b, elements);
        group_signs signs = signs_of(&batch, j / SIGNS);
        if (y) flip(delta, y + j, signs, count);
        if (direction) hadamard_step(step, direction, signs, (uint32_t)j, count);
        move_group(plus, minus, range, y ? delta : zeros, direction ? step : NULL,
                            start + j, count);
    }
}

static void hadamard(float *plus, float *minus, const ck_range *range,
                              const ck_combination *combination, const ck_term *perturbation) {
    philox_key key = philox_key_of(range->seed);
    philox_stream elements = {&key, range->tensor, HADAMARD_ELEMENT};
    philox_stream candidates = {&key, range->tensor, HADAMARD_CANDIDATE};
    size_t block_size = combination->candidate_count;
    _Alignas(64) float y[CK_MAX_CANDIDATES];
    hadamard_direction direction;
    if (perturbation) fill_pattern(&direction, perturbation);

    for (uint64_t b = range->first / block_size; b * block_size < range->first + range->count; ++b) {
        if (combination->term_count) {
            flip_block(y, combination->coefficients, block_size, (uint32_t)b, candidates);
            transform(y, block_size);
        }
        if (perturbation) enter_block(&direction, (uint32_t)b, candidates);
        move_block(plus, minus, range, combination->term_count ? y : NULL, block_size, b,
                            perturbation ? &direction : NULL, elements);
    }
}
