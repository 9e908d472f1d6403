// Projections: how far a gradient points along each direction, sums[k] += Σ_j z_k[j] g[j].

// Which elements of first ..< first + count lie in the range, and their gradients.
typedef struct {
    const float *gradient;
    size_t skipped;
    size_t count;
} range_part;

static range_part part_of(const ck_range *range, const float *gradient, uint64_t first,
                          size_t count) {
    uint64_t begin = max_size(first, range->first);
    uint64_t end = min_size(first + count, range->first + range->count);
    return (range_part){gradient + (begin - range->first), begin - first, end - begin};
}

// hadamard: over a block, Σ_j z_k[j] g[j] is t[k] FWHT(s ∘ g)[k], the steps of replay in the opposite
// order. Every block has signs t of its own, so blocks do not share stages of their transforms.

// The signs of consecutive groups, which may belong to many short blocks: a block has 2^shift groups, or
// is shorter than one and has one.
typedef struct {
    philox_stream stream;
    uint32_t shift;
    sign_batch batch;
} group_stream;

static void fill_groups(group_stream *groups, uint64_t first) {
    u32v words[4];
    u32v group = lane_numbers() + (uint32_t)first;
    philox(words, group & ((1u << groups->shift) - 1), group >> groups->shift, groups->stream);
    memcpy(groups->batch.word, words, sizeof words);
    groups->batch.first = first;
}

// `group` is that of the last call or the one after it.
CK_INLINE group_signs next_signs(group_stream *groups, uint64_t group) {
    if (group - groups->batch.first == CK_LANES) fill_groups(groups, group);
    return signs_of(&groups->batch, group);
}

// y = s ∘ g for block b; what lies outside of the range is zero.
static void flip_gradient(float *y, size_t block_size, uint64_t b, range_part part,
                          group_stream *elements) {
    const float *x = part.gradient;
    if (part.count < block_size) {
        memset(y, 0, block_size * sizeof *y);
        memcpy(y + part.skipped, x, part.count * sizeof *y);
        x = y;
    }
    uint64_t group = b << elements->shift;
    for (size_t j = 0; j < block_size; j += SIGNS)
        flip(y + j, x + j, next_signs(elements, group++), min_size(SIGNS, block_size - j));
}

// sums += t ∘ y for block b.
static void add_block(float *restrict sums, const float *restrict y, size_t block_size, uint64_t b,
                      group_stream *candidates) {
    uint64_t group = b << candidates->shift;
    for (size_t k = 0; k < block_size; k += SIGNS) {
        float flipped[SIGNS];
        size_t count = min_size(SIGNS, block_size - k);
        flip(flipped, y + k, next_signs(candidates, group++), count);
        for (size_t i = 0; i < count; ++i) sums[k + i] += flipped[i];
    }
}

static void project_hadamard(float *sums, size_t candidate_count, const float *gradient,
                             const ck_range *range) {
    if (range->count == 0) return;
    const size_t block_size = candidate_count;
    const uint32_t shift = block_size > SIGNS ? (uint32_t)__builtin_ctzll(block_size / SIGNS) : 0;
    philox_key key = philox_key_of(range->seed);
    group_stream elements = {.stream = {&key, range->tensor, HADAMARD_ELEMENT}, .shift = shift};
    group_stream candidates = {.stream = {&key, range->tensor, HADAMARD_CANDIDATE}, .shift = shift};
    _Alignas(64) float y[CK_MAX_CANDIDATES];

    uint64_t b = range->first / block_size;
    fill_groups(&elements, b << shift);
    fill_groups(&candidates, b << shift);
    for (; b * block_size < range->first + range->count; ++b) {
        range_part part = part_of(range, gradient, b * block_size, block_size);
        flip_gradient(y, block_size, b, part, &elements);
        transform(y, block_size);
        add_block(sums, y, block_size, b, &candidates);
    }
}

// rademacher and gaussian: CK_LANES directions at a time, element after element.

static void project_rademacher(float *sums, size_t candidate_count, const float *gradient,
                               const ck_range *range) {
    philox_key key = philox_key_of(range->seed);
    philox_stream stream = {&key, range->tensor, RADEMACHER};
    const uint64_t end = range->first + range->count;
    for (size_t k = 0; k < candidate_count; k += CK_LANES) {
        const size_t count = min_size(CK_LANES, candidate_count - k);
        f32v sum = load_part(sums + k, count, 0);
        for (uint64_t group = range->first / SIGNS; group * SIGNS < end; ++group) {
            range_part part = part_of(range, gradient, group * SIGNS, SIGNS);
            u32v words[4];
            philox(words, (u32v){0} + (uint32_t)group, lane_numbers() + (uint32_t)k, stream);
            for (size_t i = 0; i < part.count; ++i) {
                uint32_t bit = (uint32_t)(part.skipped + i);
                u32v sign = words[bit / 32] << (31 - bit % 32) & 0x80000000u;
                sum += (f32v)((u32v)splat(part.gradient[i]) ^ sign);
            }
        }
        store_part(sums + k, sum, count);
    }
}

// z[i] = the values of CK_LANES directions, from candidate k on, at element i of GROUPS groups.
static void normals_of_candidates(f32v z[GROUPS * NORMALS], uint64_t group, uint32_t k,
                                  philox_stream stream) {
    for (uint32_t place = 0; place < 16; ++place) {
        u32v c0[COUNTERS], c1[COUNTERS];
        f32v outputs[4 * COUNTERS];
        SIDE_BY_SIDE(COUNTERS) {
            c0[v] = (u32v){0} + (((uint32_t)group + (uint32_t)v) * 16 + place);
            c1[v] = lane_numbers() + k;
        }
        normals(outputs, c0, c1, stream);
        SIDE_BY_SIDE(4 * COUNTERS) z[16 * (uint32_t)v + place] = outputs[v];
    }
}

static void project_gaussian(float *sums, size_t candidate_count, const float *gradient,
                             const ck_range *range) {
    philox_key key = philox_key_of(range->seed);
    philox_stream stream = {&key, range->tensor, GAUSSIAN};
    const uint64_t end = range->first + range->count;
    for (size_t k = 0; k < candidate_count; k += CK_LANES) {
        const size_t count = min_size(CK_LANES, candidate_count - k);
        f32v sum = load_part(sums + k, count, 0);
        for (uint64_t group = range->first / NORMALS; group * NORMALS < end; group += GROUPS) {
            range_part part = part_of(range, gradient, group * NORMALS, GROUPS * NORMALS);
            f32v z[GROUPS * NORMALS];
            normals_of_candidates(z, group, (uint32_t)k, stream);
            for (size_t i = 0; i < part.count; ++i) sum += z[part.skipped + i] * part.gradient[i];
        }
        store_part(sums + k, sum, count);
    }
}
