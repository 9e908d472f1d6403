// Philox4x32-10 (Salmon, Moraes, Dror, Shaw 2011) for CK_LANES counters at a time.

// The words of half as many counters, one in each 64-bit lane. Only the lower halves count: a product
// reads nothing else, so what is left in the upper halves does not matter.
typedef struct {
    u64v x[4];
} philox_words;

CK_INLINE philox_words CK_NAME(philox_rounds)(philox_words c, const philox_key *key) {
    CK_UNROLL
    for (int r = 0; r < 10; ++r) {
        u64v p0 = (c.x[0] & 0xFFFFFFFF) * 0xD2511F53;
        u64v p1 = (c.x[2] & 0xFFFFFFFF) * 0xCD9E8D57;
        c = (philox_words){{
            (p1 >> 32) ^ c.x[1] ^ key->round[2 * r], p1,
            (p0 >> 32) ^ c.x[3] ^ key->round[2 * r + 1], p0,
        }};
    }
    return c;
}

// The four output words of the counters (c0, c1, tensor, tag), lane by lane.
CK_INLINE void CK_NAME(philox)(u32v output[4], u32v c0, u32v c1, philox_stream stream) {
    u64v tensor = (u64v){0} + stream.tensor, tag = (u64v){0} + stream.tag;
    philox_words even = {{(u64v)c0, (u64v)c1, tensor, tag}};
    philox_words odd = {{(u64v)c0 >> 32, (u64v)c1 >> 32, tensor, tag}};
    even = CK_NAME(philox_rounds)(even, stream.key);
    odd = CK_NAME(philox_rounds)(odd, stream.key);
    CK_UNROLL
    for (int w = 0; w < 4; ++w)
        output[w] = (u32v)((even.x[w] & 0xFFFFFFFF) | (odd.x[w] << 32));
}
