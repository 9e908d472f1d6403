// rademacher: element i of z_k is ±1 by bit i mod 128 of the output for counter (i / 128, k).

// How many accumulators stay in registers, and how many elements and words of signs that is.
#define ACCUMULATORS 8
#define SPAN (ACCUMULATORS * CK_LANES)

// delta[0 ..< SPAN] += Σ_t coefficients[t] · z_t, t ascending; words[w][t] holds signs 32w ..< 32w + 32.
CK_INLINE void add_signs(float *delta, const float *coefficients,
                                  const uint32_t words[][CK_LANES], size_t count) {
    f32v sum[ACCUMULATORS];
    CK_UNROLL
    for (int v = 0; v < ACCUMULATORS; ++v) sum[v] = load(delta + v * CK_LANES);
    for (size_t t = 0; t < count; ++t) {
        u32v coefficient = (u32v)splat(coefficients[t]);
        CK_UNROLL
        for (uint32_t v = 0; v < ACCUMULATORS; ++v) {
            uint32_t bit = v * CK_LANES;
            sum[v] += (f32v)(coefficient ^ sign_bits(words[bit / 32][t], bit % 32));
        }
    }
    CK_UNROLL
    for (int v = 0; v < ACCUMULATORS; ++v) store(delta + v * CK_LANES, sum[v]);
}

// delta = Σ over all terms for one group of 128; Philox runs CK_LANES candidates at a time.
static void rademacher_delta(float *delta, uint64_t group, const ck_combination *sum,
                                      philox_stream stream) {
    memset(delta, 0, SIGNS * sizeof *delta);
    for (size_t first = 0; first < sum->term_count; first += CK_LANES) {
        size_t count = min_size(CK_LANES, sum->term_count - first);
        uint32_t words[4][CK_LANES];
        float coefficients[CK_LANES];
        u32v output[4], candidates = {0};
        for (size_t t = 0; t < count; ++t) {
            candidates[t] = sum->terms[first + t].candidate;
            coefficients[t] = sum->terms[first + t].coefficient;
        }
        philox(output, (u32v){0} + (uint32_t)group, candidates, stream);
        memcpy(words, output, sizeof words);
        for (size_t j = 0; j < SIGNS; j += SPAN)
            add_signs(delta + j, coefficients, words + j / 32, count);
    }
}

static void rademacher(float *plus, float *minus, const ck_range *range,
                                const ck_combination *combination, const ck_term *perturbation) {
    philox_key key = philox_key_of(range->seed);
    philox_stream stream = {&key, range->tensor, RADEMACHER};
    sign_batch batch;
    _Alignas(64) float sum[SIGNS], epsilon[SIGNS], step[SIGNS];
    for (int j = 0; j < SIGNS; ++j) epsilon[j] = perturbation ? perturbation->coefficient : 0;

    uint64_t first = range->first / SIGNS, end = (range->first + range->count + SIGNS - 1) / SIGNS;
    for (uint64_t group = first; group < end; ++group) {
        if (combination->term_count) rademacher_delta(sum, group, combination, stream);
        if (perturbation) {
            if ((group - first) % CK_LANES == 0)
                fill_signs(&batch, group, perturbation->candidate, stream);
            flip(step, epsilon, signs_of(&batch, group), SIGNS);
        }
        move_group(plus, minus, range, combination->term_count ? sum : zeros,
                            perturbation ? step : NULL, group * SIGNS, SIGNS);
    }
}
