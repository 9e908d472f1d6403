// Random signs: bit n of a Philox output is bit n mod 32 of word n / 32; a set bit means −1.

// The signs of CK_LANES consecutive groups of 128: lane l of the words belongs to group first + l.
typedef struct {
    uint32_t word[4][CK_LANES];
    uint64_t first;
} sign_batch;

static void fill_signs(sign_batch *batch, uint64_t first, uint32_t c1,
                                philox_stream stream) {
    u32v words[4];
    u32v c0 = lane_numbers() + (uint32_t)first;
    philox(words, c0, (u32v){0} + c1, stream);
    memcpy(batch->word, words, sizeof words);
    batch->first = first;
}

// The signs of one group.
typedef struct {
    uint32_t word[4];
} group_signs;

// `group` is one of the batch's.
CK_INLINE group_signs signs_of(const sign_batch *batch, uint64_t group) {
    size_t lane = group - batch->first;
    return (group_signs){
        {batch->word[0][lane], batch->word[1][lane], batch->word[2][lane], batch->word[3][lane]}};
}

// Bit `from` + l of `word` moved to the sign of lane l.
CK_INLINE u32v sign_bits(uint32_t word, uint32_t from) {
    return ((u32v){0} + word) << (31 - from - lane_numbers()) & 0x80000000u;
}

// output[j] = ±input[j] for the first n of a group, n ≤ 128.
CK_INLINE void flip(float *output, const float *input, group_signs signs, size_t n) {
    size_t whole = n / 32;
    for (size_t w = 0; w < whole; ++w) {
        CK_UNROLL
        for (uint32_t j = 0; j < 32; j += CK_LANES) {
            u32v bits = (u32v)load(input + 32 * w + j);
            bits ^= sign_bits(signs.word[w], j);
            store(output + 32 * w + j, (f32v)bits);
        }
    }
    for (size_t j = 32 * whole; j < n; ++j)
        output[j] = signs.word[j / 32] >> j % 32 & 1 ? -input[j] : input[j];
}
