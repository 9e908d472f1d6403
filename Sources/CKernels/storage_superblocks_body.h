// The types of storage.h whose blocks have 256 elements, in parts of 16 or 32 with scales of their own.
//
// The scales of parts are made floats before the elements are read: d * scale is exact.

// The 16 floats d * factor.
CK_INLINE void scale_factors(float *scales, i8x16 factors, f32v d) {
    write_levels(scales, factors, d, -(f32v){0});
    // Keeps them in memory, which is broadcast at no cost; from a register it takes two shuffles each.
    __asm__("" : "+m"(*(float(*)[16])scales));
}

static void load_q2_k(float *y, const void *x, size_t n) {
    const char *block = x;
    for (size_t i = 0; i < n; i += 256, block += 84) {
        float scales[16], minima[16];
        const u8x16 factors = load_bytes(block);
        scale_factors(scales, (i8x16)(factors & 15), load_scale(block + 80));
        scale_factors(minima, (i8x16)(factors >> 4), -load_scale(block + 82));
        CK_UNROLL
        for (int part = 0; part < 16; ++part) {
            const u8x16 bytes = load_bytes(block + 16 + part / 8 * 32 + part % 2 * 16);
            const i8x16 levels = (i8x16)(bytes >> part % 8 / 2 * 2 & 3);
            write_levels(y + i + part * 16, levels, splat(scales[part]), splat(minima[part]));
        }
    }
}

// The 16 factors of six bits at `x`, less 32: 8 bytes have the low four bits, 4 have the high two.
CK_INLINE i8x16 q3_k_factors(const char *x) {
    uint64_t low;
    uint32_t high;
    memcpy(&low, x, sizeof low);
    memcpy(&high, x + 8, sizeof high);
    const uint64_t nibbles = 0x0f0f0f0f0f0f0f0f, pairs = 0x0303030303030303;
    const uint64_t first_high = high | (uint64_t)(high >> 2) << 32;
    const uint64_t first = (low & nibbles) | (first_high & pairs) << 4;
    const uint64_t last = (low >> 4 & nibbles) | (first_high >> 4 & pairs) << 4;
    const uint64_t both[2] = {first, last};
    return (i8x16)load_bytes((const char *)both) - 32;
}

static void load_q3_k(float *y, const void *x, size_t n) {
    const char *block = x;
    for (size_t i = 0; i < n; i += 256, block += 110) {
        float scales[16];
        scale_factors(scales, q3_k_factors(block + 96), load_scale(block + 108));
        CK_UNROLL
        for (int part = 0; part < 16; ++part) {
            const u8x16 low = load_bytes(block + 32 + part / 8 * 32 + part % 2 * 16);
            const u8x16 high = load_bytes(block + part % 2 * 16);
            // A third bit that is not set stands for -4.
            const u8x16 third = ~high >> part / 2 << 2 & 4;
            const i8x16 levels = (i8x16)((low >> part % 8 / 2 * 2 & 3) - third);
            write_levels(y + i + part * 16, levels, splat(scales[part]), -(f32v){0});
        }
    }
}

// The scales and the negated minima of the 8 parts of a block of Q4_K or Q5_K.
typedef struct q4_k_scales {
    float scales[16];
    float minima[16];
} q4_k_scales;

CK_INLINE q4_k_scales load_q4_k_scales(const char *block) {
    uint32_t a, b, c;
    memcpy(&a, block + 4, sizeof a);
    memcpy(&b, block + 8, sizeof b);
    memcpy(&c, block + 12, sizeof c);
    // Six bits for each of 4 + 4 scales and minima: the low six of a and b, and the nibbles of c with
    // the high two of a and b.
    const uint32_t factors[8] = {
        a & 0x3f3f3f3f, (c & 0x0f0f0f0f) | (a >> 2 & 0x30303030), 0, 0,
        b & 0x3f3f3f3f, (c >> 4 & 0x0f0f0f0f) | (b >> 2 & 0x30303030), 0, 0,
    };
    q4_k_scales result;
    scale_factors(result.scales, (i8x16)load_bytes((const char *)factors), load_scale(block));
    scale_factors(
        result.minima, (i8x16)load_bytes((const char *)(factors + 4)), -load_scale(block + 2));
    return result;
}

static void load_q4_k(float *y, const void *x, size_t n) {
    const char *block = x;
    for (size_t i = 0; i < n; i += 256, block += 144) {
        const q4_k_scales k = load_q4_k_scales(block);
        CK_UNROLL
        for (int part = 0; part < 8; part += 2) {
            const f32v d = splat(k.scales[part]), m = splat(k.minima[part]);
            const f32v e = splat(k.scales[part + 1]), o = splat(k.minima[part + 1]);
            for (int j = 0; j < 32; j += 16) {
                float *low = y + i + part * 32 + j;
                write_nibbles(low, d, m, low + 32, e, o, block + 16 + part * 16 + j, 0);
            }
        }
    }
}

static void load_q5_k(float *y, const void *x, size_t n) {
    const char *block = x;
    for (size_t i = 0; i < n; i += 256, block += 176) {
        const q4_k_scales k = load_q4_k_scales(block);
        CK_UNROLL
        for (int half = 0; half < 16; ++half) {
            const int part = half / 2;
            const u8x16 pairs = load_bytes(block + 48 + part / 2 * 32 + half % 2 * 16);
            const u8x16 fifth = load_bytes(block + 16 + half % 2 * 16) >> part << 4 & 16;
            const i8x16 levels = (i8x16)((part % 2 ? pairs >> 4 : pairs & 15) | fifth);
            write_levels(y + i + half * 16, levels, splat(k.scales[part]), splat(k.minima[part]));
        }
    }
}

static void load_q6_k(float *y, const void *x, size_t n) {
    const char *block = x;
    for (size_t i = 0; i < n; i += 256, block += 210) {
        float scales[16];
        scale_factors(scales, (i8x16)load_bytes(block + 192), load_scale(block + 208));
        CK_UNROLL
        for (int part = 0; part < 16; ++part) {
            const u8x16 pairs = load_bytes(block + part / 8 * 64 + part % 4 * 16);
            const u8x16 high = load_bytes(block + 128 + part / 8 * 32 + part % 2 * 16);
            const u8x16 low = part % 8 < 4 ? pairs & 15 : pairs >> 4;
            const i8x16 levels = (i8x16)(low | (high >> part % 8 / 2 * 2 & 3) << 4) - 32;
            write_levels(y + i + part * 16, levels, splat(scales[part]), -(f32v){0});
        }
    }
}

static void load_q8_k(float *y, const void *x, size_t n) {
    const char *block = x;
    for (size_t i = 0; i < n; i += 256, block += 292) {
        float d;
        memcpy(&d, block, sizeof d);
        for (int part = 0; part < 16; ++part) {
            const i8x16 levels = (i8x16)load_bytes(block + 4 + part * 16);
            write_levels(y + i + part * 16, levels, splat(d), -(f32v){0});
        }
    }
}

static void load_iq4_xs(float *y, const void *x, size_t n) {
    const char *block = x;
    for (size_t i = 0; i < n; i += 256, block += 136) {
        const float d = load_scale(block)[0];
        uint16_t high;
        memcpy(&high, block + 2, sizeof high);
        CK_UNROLL
        for (int part = 0; part < 8; ++part) {
            const int low = (uint8_t)block[4 + part / 2] >> part % 2 * 4 & 15;
            const int factor = (low | (high >> part * 2 & 3) << 4) - 32;
            load_numbered(
                y + i + part * 32, block + 8 + part * 16, splat(d * (float)factor), iq4_levels);
        }
    }
}
