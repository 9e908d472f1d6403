// Stochastic rounding to bfloat16: sixteen random bits for each element, added below the last bit kept.
// Element i takes half-word i / 16 mod 8 of the counter (16 (i / 128) + i mod 16, number): 16 counters
// fill 128 elements, without a transposition.

#define ROUNDED 128

// Adds `random`, of 16 bits, to the bits of x and drops the lower half; a NaN stays as it is, made quiet.
CK_INLINE f32v rounded_bf16(f32v x, u32v random) {
    u32v bits = (u32v)x;
    u32v is_nan = (u32v)((bits & 0x7FFFFFFF) > 0x7F800000);
    u32v sum = (bits + random) & 0xFFFF0000;
    u32v quiet = (bits | 0x00400000) & 0xFFFF0000;
    return (f32v)select_u32(is_nan, quiet, sum);
}

// Rounds the 128 elements of a group.
CK_INLINE void round_group(float *x, uint64_t group, uint32_t number,
                                    philox_stream stream) {
    for (uint32_t place = 0; place < 16; place += CK_LANES) {
        u32v words[4], c0 = lane_numbers() + ((uint32_t)group * 16 + place);
        philox(words, c0, (u32v){0} + number, stream);
        CK_UNROLL
        for (int half = 0; half < 8; ++half) {
            float *part = x + 16 * half + place;
            u32v word = words[half / 2];
            u32v random = half % 2 == 0 ? word & 0xFFFF : word >> 16;
            store(part, rounded_bf16(load(part), random));
        }
    }
}

static void round_bf16(float *x, const ck_range *range, uint32_t number) {
    philox_key key = philox_key_of(range->seed);
    philox_stream stream = {&key, range->tensor, ROUNDING};
    uint64_t end = range->first + range->count;
    for (uint64_t group = range->first / ROUNDED; group * ROUNDED < end; ++group) {
        uint64_t first = max_size(group * ROUNDED, range->first);
        size_t count = min_size((group + 1) * ROUNDED, end) - first;
        float *part = x + (first - range->first);
        if (count == ROUNDED) {
            round_group(part, group, number, stream);
        } else {
            float whole[ROUNDED] = {0};
            memcpy(whole + first % ROUNDED, part, count * sizeof *part);
            round_group(whole, group, number, stream);
            memcpy(part, whole + first % ROUNDED, count * sizeof *part);
        }
    }
}
