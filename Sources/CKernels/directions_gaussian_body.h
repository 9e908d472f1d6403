// gaussian: Box and Muller (1958) on the words of Philox. Element i takes output i / 16 mod 4 of the
// counter (16 (i / 64) + i mod 16, k): 16 counters fill 64 elements, without a transposition.
//
// A normal is one long chain of dependent operations. So several groups of 64 are made side by side,
// step by step: their chains fill each other's waiting times.

#define NORMALS 64

// Groups that are made by one call, so that what they share is prepared seldom.
#define BATCH 16

// As many groups as the registers hold.
#if CK_LANES == 16
#define GROUPS 2
#else
#define GROUPS 1
#endif

// Vectors of counters side by side, and vectors of pairs of words that become two normals each.
#define COUNTERS GROUPS
#define PAIRS (2 * COUNTERS)

// For each vector `v` of `n` side by side.
#define SIDE_BY_SIDE(n) CK_UNROLL for (int v = 0; v < n; ++v)

// p = c[0] x^degree + … + c[degree], by Horner's rule.
CK_INLINE void polynomial(f32v p[PAIRS], const f32v x[PAIRS], const float *c,
                                   const int degree) {
    SIDE_BY_SIDE(PAIRS) p[v] = x[v] * c[0] + c[1];
    CK_UNROLL
    for (int i = 2; i <= degree; ++i) SIDE_BY_SIDE(PAIRS) p[v] = p[v] * x[v] + c[i];
}

// r = √(−2 ln u), u = ((x >> 8) + 1) / 2^24.
CK_INLINE void radius(f32v r[PAIRS], const u32v x[PAIRS]) {
    // −2 ln(1 − g) = g R(g)
    static const float c[] = {0x1.9d053cp-3f, 0x1.4b5e58p-2f, 0x1.612134p-2f, 0x1.97b198p-2f,
                              0x1.ff6976p-2f, 0x1.5558f4p-1f, 0x1.00006cp+0f, 2.0f};
    f32v e[PAIRS], g[PAIRS], p[PAIRS];
    SIDE_BY_SIDE(PAIRS) {
        // u in (0, 1] is 2^e m with m in [√½, √2), and g = 1 − m is exact.
        f32v n = __builtin_convertvector((i32v)(x[v] >> 8) + 1, f32v);
        i32v offset = (i32v)n - 0x3F3504F3 - (24 << 23);
        e[v] = __builtin_convertvector(offset >> 23, f32v);
        g[v] = 1.0f - (f32v)((offset & 0x7FFFFF) + 0x3F3504F3);
    }
    polynomial(p, g, c, 7);
    // r² = g R(g) − e 2 ln 2
    SIDE_BY_SIDE(PAIRS) r[v] = __builtin_elementwise_sqrt(p[v] * g[v] - e[v] * 0x1.62e430p+0f);
}

// cosine = r cos θ, sine = r sin θ, θ = (q + t) π/2, q the upper two bits of x and t in [−½, ½).
CK_INLINE void turn(f32v cosine[PAIRS], f32v sine[PAIRS], const f32v r[PAIRS],
                             const u32v x[PAIRS]) {
    static const float sine_c[] = {-0x1.33198ep-8f, 0x1.4680a4p-4f, -0x1.4abc24p-1f,
                                   0x1.921fb6p+0f};
    static const float cosine_c[] = {-0x1.4e78bep-6f, 0x1.03b058p-2f, -0x1.3bd39cp+0f, 1.0f};
    f32v t[PAIRS], y[PAIRS], s[PAIRS], c[PAIRS];
    SIDE_BY_SIDE(PAIRS) {
        t[v] = __builtin_convertvector((i32v)(x[v] << 2) >> 8, f32v) * 0x1p-24f;
        y[v] = t[v] * t[v];
    }
    polynomial(s, y, sine_c, 3);
    polynomial(c, y, cosine_c, 3);
    SIDE_BY_SIDE(PAIRS) {
        s[v] = s[v] * t[v];
        // An odd quadrant swaps the two; then the signs.
        u32v odd = (u32v)((i32v)(x[v] << 1) >> 31);
        u32v change = ((u32v)c[v] ^ (u32v)s[v]) & odd;
        cosine[v] = r[v] * (f32v)((u32v)c[v] ^ change ^ ((x[v] ^ x[v] << 1) & 0x80000000u));
        sine[v] = r[v] * (f32v)((u32v)s[v] ^ change ^ (x[v] & 0x80000000u));
    }
}

// The normals of COUNTERS vectors of counters: z[4 v] … z[4 v + 3] are the outputs of (c0[v], c1[v]).
CK_INLINE void normals(f32v z[4 * COUNTERS], const u32v c0[COUNTERS], const u32v c1[COUNTERS],
                       philox_stream stream) {
    u32v x[COUNTERS][4], radial[PAIRS], angular[PAIRS];
    f32v r[PAIRS], cosine[PAIRS], sine[PAIRS];
    philox_side_by_side(x, c0, c1, COUNTERS, stream);
    SIDE_BY_SIDE(PAIRS) {
        radial[v] = x[v / 2][v % 2 * 2];
        angular[v] = x[v / 2][v % 2 * 2 + 1];
    }
    radius(r, radial);
    turn(cosine, sine, r, angular);
    SIDE_BY_SIDE(PAIRS) {
        z[2 * v] = cosine[v];
        z[2 * v + 1] = sine[v];
    }
}

// sum = start + Σ coefficient · z from `group` on, in the order of the terms; `groups` is a multiple of
// GROUPS.
static void add_normals(float *restrict sum, float start, uint64_t group, size_t groups,
                                 const ck_term *restrict terms, size_t count,
                                 philox_stream stream) {
    const philox_key key = *stream.key;
    stream.key = &key;
    for (uint64_t end = group + groups; group < end; group += GROUPS, sum += GROUPS * NORMALS) {
        for (uint32_t place = 0; place < 16; place += CK_LANES) {
            u32v c0[COUNTERS];
            f32v total[4 * COUNTERS];
            SIDE_BY_SIDE(COUNTERS)
                c0[v] = lane_numbers() + (((uint32_t)group + (uint32_t)v) * 16 + place);
            SIDE_BY_SIDE(4 * COUNTERS) total[v] = splat(start);
            for (size_t t = 0; t < count; ++t) {
                u32v c1[COUNTERS];
                f32v z[4 * COUNTERS];
                SIDE_BY_SIDE(COUNTERS) c1[v] = (u32v){0} + terms[t].candidate;
                normals(z, c0, c1, stream);
                SIDE_BY_SIDE(4 * COUNTERS) total[v] += z[v] * terms[t].coefficient;
            }
            SIDE_BY_SIDE(4 * COUNTERS) store(sum + 16 * v + place, total[v]);
        }
    }
}

static void gaussian(float *plus, float *minus, const ck_range *range,
                              const ck_combination *combination, const ck_term *perturbation) {
    philox_key key = philox_key_of(range->seed);
    philox_stream stream = {&key, range->tensor, GAUSSIAN};
    _Alignas(64) float sum[BATCH * NORMALS], step[BATCH * NORMALS];
    if (!combination->term_count) memset(sum, 0, sizeof sum);

    uint64_t end = (range->first + range->count + NORMALS - 1) / NORMALS;
    for (uint64_t group = range->first / NORMALS; group < end; group += BATCH) {
        size_t groups = min_size(BATCH, (end - group + GROUPS - 1) / GROUPS * GROUPS);
        if (combination->term_count)
            add_normals(sum, 0, group, groups, combination->terms,
                                 combination->term_count, stream);
        // −0 is the neutral element of addition: −0 + εz is εz, whatever its sign.
        if (perturbation)
            add_normals(step, -0.0f, group, groups, perturbation, 1, stream);
        move_group(plus, minus, range, sum, perturbation ? step : NULL,
                            group * NORMALS, groups * NORMALS);
    }
}
