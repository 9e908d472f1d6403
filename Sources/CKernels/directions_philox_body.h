// Philox4x32-10 (Salmon, Moraes, Dror, Shaw 2011) for CK_LANES counters at a time.

// The words of half as many counters, one in each 64-bit lane. Only the lower halves count: a product
// reads nothing else, so what is left in the upper halves does not matter.
typedef struct {
    u64v x[4];
} philox_words;

// Ten rounds for `n` independent c, step by step.
CK_INLINE void philox_rounds(philox_words *c, const int n, const philox_key *key) {
    CK_UNROLL
    for (int r = 0; r < 10; ++r) {
        CK_UNROLL
        for (int v = 0; v < n; ++v) {
            u64v p0 = (c[v].x[0] & 0xFFFFFFFF) * 0xD2511F53;
            u64v p1 = (c[v].x[2] & 0xFFFFFFFF) * 0xCD9E8D57;
            c[v] = (philox_words){{
                (p1 >> 32) ^ c[v].x[1] ^ key->round[2 * r], p1,
                (p0 >> 32) ^ c[v].x[3] ^ key->round[2 * r + 1], p0,
            }};
        }
    }
}

// The four output words of the counters (c0[v], c1[v], tensor, tag), lane by lane, for `n` at most 2.
CK_INLINE void philox_side_by_side(u32v output[][4], const u32v *c0, const u32v *c1,
                                            const int n, philox_stream stream) {
    u64v tensor = (u64v){0} + stream.tensor, tag = (u64v){0} + stream.tag;
    philox_words c[4];
    CK_UNROLL
    for (int v = 0; v < n; ++v) {
        c[2 * v] = (philox_words){{(u64v)c0[v], (u64v)c1[v], tensor, tag}};
        c[2 * v + 1] = (philox_words){{(u64v)c0[v] >> 32, (u64v)c1[v] >> 32, tensor, tag}};
    }
    philox_rounds(c, 2 * n, stream.key);
    CK_UNROLL
    for (int v = 0; v < n; ++v) {
        CK_UNROLL
        for (int w = 0; w < 4; ++w)
            output[v][w] = (u32v)((c[2 * v].x[w] & 0xFFFFFFFF) | (c[2 * v + 1].x[w] << 32));
    }
}

// The four output words of the counters (c0, c1, tensor, tag), lane by lane.
CK_INLINE void philox(u32v output[4], u32v c0, u32v c1, philox_stream stream) {
    u32v words[1][4];
    philox_side_by_side(words, &c0, &c1, 1, stream);
    memcpy(output, words, sizeof words);
}
