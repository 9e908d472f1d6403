// gaussian: Box and Muller (1958) on the words of Philox. Element i takes output i / 16 mod 4 of the
// counter (16 (i / 64) + i mod 16, k): 16 counters fill 64 elements, without a transposition.

#define NORMALS 64

// Two standard normals from two words: r cos θ and r sin θ.
CK_INLINE void CK_NAME(box_muller)(f32v *cosine, f32v *sine, u32v x0, u32v x1) {
    // u = N / 2^24 in (0, 1] is 2^e m with m in [√½, √2), and g = 1 − m is exact.
    f32v n = __builtin_convertvector((i32v)(x0 >> 8) + 1, f32v);
    i32v offset = (i32v)n - 0x3F3504F3 - (24 << 23);
    f32v e = __builtin_convertvector(offset >> 23, f32v);
    f32v g = 1.0f - (f32v)((offset & 0x7FFFFF) + 0x3F3504F3);

    // r² = −2 ln u = g R(g) − e 2 ln 2
    f32v p = g * 0x1.9d053cp-3f + 0x1.4b5e58p-2f;
    p = p * g + 0x1.612134p-2f;
    p = p * g + 0x1.97b198p-2f;
    p = p * g + 0x1.ff6976p-2f;
    p = p * g + 0x1.5558f4p-1f;
    p = p * g + 0x1.00006cp+0f;
    p = p * g + 2.0f;
    f32v r = __builtin_elementwise_sqrt(p * g - e * 0x1.62e430p+0f);

    // θ = (q + t) π/2, t in [−½, ½)
    f32v t = __builtin_convertvector((i32v)(x1 << 2) >> 8, f32v) * 0x1p-24f;
    f32v y = t * t;
    f32v s = y * -0x1.33198ep-8f + 0x1.4680a4p-4f;
    s = s * y + -0x1.4abc24p-1f;
    s = s * y + 0x1.921fb6p+0f;
    s = s * t;
    f32v c = y * -0x1.4e78bep-6f + 0x1.03b058p-2f;
    c = c * y + -0x1.3bd39cp+0f;
    c = c * y + 1.0f;

    // An odd quadrant swaps the two; then the signs.
    u32v odd = (u32v)((i32v)(x1 << 1) >> 31);
    u32v change = ((u32v)c ^ (u32v)s) & odd;
    *cosine = r * (f32v)((u32v)c ^ change ^ ((x1 ^ x1 << 1) & 0x80000000u));
    *sine = r * (f32v)((u32v)s ^ change ^ (x1 & 0x80000000u));
}

// The normals of CK_LANES counters.
CK_INLINE void CK_NAME(normals)(f32v z[4], u32v c0, uint32_t candidate, philox_stream stream) {
    u32v x[4];
    CK_NAME(philox)(x, c0, (u32v){0} + candidate, stream);
    CK_NAME(box_muller)(&z[0], &z[1], x[0], x[1]);
    CK_NAME(box_muller)(&z[2], &z[3], x[2], x[3]);
}

// sum = start + Σ coefficient · z for one group of 64, in the order of the terms.
static void CK_NAME(add_normals)(float *sum, float start, uint64_t group, const ck_term *terms,
                                 size_t count, philox_stream stream) {
    for (uint32_t place = 0; place < 16; place += CK_LANES) {
        u32v c0 = CK_NAME(lanes)() + ((uint32_t)group * 16 + place);
        f32v total[4];
        CK_UNROLL
        for (int j = 0; j < 4; ++j) total[j] = CK_NAME(splat)(start);
        for (size_t t = 0; t < count; ++t) {
            f32v z[4];
            CK_NAME(normals)(z, c0, terms[t].candidate, stream);
            CK_UNROLL
            for (int j = 0; j < 4; ++j) total[j] += z[j] * terms[t].coefficient;
        }
        CK_UNROLL
        for (int j = 0; j < 4; ++j) CK_NAME(store)(sum + 16 * j + place, total[j]);
    }
}

static void CK_NAME(gaussian)(float *plus, float *minus, const ck_range *range,
                              const ck_combination *combination, const ck_term *perturbation) {
    philox_key key = philox_key_of(range->seed);
    philox_stream stream = {&key, range->tensor, GAUSSIAN};
    _Alignas(64) float sum[NORMALS], step[NORMALS];

    uint64_t end = (range->first + range->count + NORMALS - 1) / NORMALS;
    for (uint64_t group = range->first / NORMALS; group < end; ++group) {
        if (combination->term_count)
            CK_NAME(add_normals)(sum, 0, group, combination->terms, combination->term_count, stream);
        // −0 is the neutral element of addition: −0 + εz is εz, whatever its sign.
        if (perturbation) CK_NAME(add_normals)(step, -0.0f, group, perturbation, 1, stream);
        CK_NAME(move_group)(plus, minus, range, combination->term_count ? sum : zeros,
                            perturbation ? step : NULL, group * NORMALS, NORMALS);
    }
}

#undef NORMALS
