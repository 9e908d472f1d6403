// The types of storage.h whose blocks have 32 elements.

// Every lane is the binary16 at `x`.
CK_INLINE f32v load_scale(const char *x) {
    uint16_t h;
    memcpy(&h, x, sizeof h);
    return widen_f16((u16v){0} + h);
}

static void load_q8_0(float *y, const void *x, size_t n) {
    const char *block = x;
    for (size_t i = 0; i < n; i += 32, block += 34) {
        const f32v d = load_scale(block);
        for (size_t j = 0; j < 32; j += CK_LANES) {
            i8v q;
            memcpy(&q, block + 2 + j, sizeof q);
            const f32v v = d * __builtin_convertvector(q, f32v);
            memcpy(y + i + j, &v, sizeof v);
        }
    }
}

#if CK_LANES == 16

// Writes the 16 values that the low nibbles of the bytes at `x` number, then those that the high ones do.
CK_INLINE void write_numbered(
    float *low, f32v low_values, float *high, f32v high_values, const char *x) {
    u8v pairs;
    memcpy(&pairs, x, sizeof pairs);
    const u32v index = __builtin_convertvector(pairs, u32v);
    // vpermps heeds only the low 4 bits of an index.
    store(low, (f32v)_mm512_permutexvar_ps((__m512i)index, (__m512)low_values));
    store(high, (f32v)_mm512_permutexvar_ps((__m512i)(index >> 4), (__m512)high_values));
}

// Writes d * (q - zero) + m to `low` for the low nibbles q of the 16 bytes at `x`, and e * (q - zero) + o
// to `high` for the high ones.
CK_INLINE void write_nibbles(
    float *low, f32v d, f32v m, float *high, f32v e, f32v o, const char *x, float zero) {
    // All 16 values a block can have, then one look-up each: 0.022 ns per weight instead of 0.032
    // (EPYC Turin).
    const f32v q = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};
    write_numbered(low, d * (q - zero) + m, high, e * (q - zero) + o, x);
}

#else

CK_INLINE void write_nibbles(
    float *low, f32v d, f32v m, float *high, f32v e, f32v o, const char *x, float zero) {
    for (size_t j = 0; j < 16; j += CK_LANES) {
        u8v pair;
        memcpy(&pair, x + j, sizeof pair);
        store(low + j, d * (__builtin_convertvector(pair & 15, f32v) - zero) + m);
        store(high + j, e * (__builtin_convertvector(pair >> 4, f32v) - zero) + o);
    }
}

#endif

static void load_q4_0(float *y, const void *x, size_t n) {
    const char *block = x;
    for (size_t i = 0; i < n; i += 32, block += 18) {
        // Adding -0 changes no value, not even the sign of a zero.
        const f32v d = load_scale(block), m = -(f32v){0};
        write_nibbles(y + i, d, m, y + i + 16, d, m, block + 2, 8);
    }
}

static void load_q4_1(float *y, const void *x, size_t n) {
    const char *block = x;
    for (size_t i = 0; i < n; i += 32, block += 20) {
        const f32v d = load_scale(block), m = load_scale(block + 2);
        write_nibbles(y + i, d, m, y + i + 16, d, m, block + 4, 0);
    }
}

// 16 stored bytes, on every instruction set; levels are small enough to be signed bytes.
typedef uint8_t u8x16 CK_VECTOR(16);
typedef int8_t i8x16 CK_VECTOR(16);

CK_INLINE u8x16 load_bytes(const char *x) {
    u8x16 bytes;
    memcpy(&bytes, x, sizeof bytes);
    return bytes;
}

// Writes 16 elements d * level + m. Adding an m of -0 changes no value.
CK_INLINE void write_levels(float *y, i8x16 levels, f32v d, f32v m) {
    CK_UNROLL
    for (int i = 0; i < 16; i += CK_LANES) {
        i8v part;
        memcpy(&part, (const char *)&levels + i, sizeof part);
        store(y + i, d * __builtin_convertvector(part, f32v) + m);
    }
}

// Writes the 32 elements whose fifth bits are the 4 bytes at `x`, and whose nibbles are behind them.
#if CK_LANES == 16

CK_INLINE void load_five_bits(float *y, const char *x, f32v d, f32v m, float zero) {
    // As in write_nibbles, with 32 values: 0.08 ns per weight instead of 0.12, where Q4_0 takes 0.06.
    const f32v q = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};
    const __m512 values = d * (q - zero) + m, others = d * (q + 16 - zero) + m;
    u8v pairs;
    memcpy(&pairs, x + 4, sizeof pairs);
    const u32v index = __builtin_convertvector(pairs, u32v), fifth = (u32v){0} + 16;
    for (int half = 0; half < 2; ++half) {
        uint16_t bits;
        memcpy(&bits, x + half * 2, sizeof bits);
        const __m512i nibble = (__m512i)(half ? index >> 4 : index & 15);
        const __m512i number = _mm512_mask_or_epi32(nibble, bits, nibble, (__m512i)fifth);
        store(y + half * 16, (f32v)_mm512_permutex2var_ps(values, number, others));
    }
}

#else

// In each byte 16 where the bit of `bits` with its number is set, else 0.
CK_INLINE u8x16 fifth_bits(const char *bits) {
    u8x16 both = {(uint8_t)bits[0], (uint8_t)bits[1]};
    both = __builtin_shufflevector(both, both, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 1, 1);
    const u8x16 bit = {1, 2, 4, 8, 16, 32, 64, 128, 1, 2, 4, 8, 16, 32, 64, 128};
    return (u8x16)((both & bit) != 0) & 16;
}

CK_INLINE void load_five_bits(float *y, const char *x, f32v d, f32v m, int8_t zero) {
    const u8x16 pairs = load_bytes(x + 4);
    write_levels(y, (i8x16)((pairs & 15) | fifth_bits(x)) - zero, d, m);
    write_levels(y + 16, (i8x16)((pairs >> 4) | fifth_bits(x + 2)) - zero, d, m);
}

#endif

static void load_q5_0(float *y, const void *x, size_t n) {
    const char *block = x;
    for (size_t i = 0; i < n; i += 32, block += 22) {
        load_five_bits(y + i, block + 2, load_scale(block), -(f32v){0}, 16);
    }
}

static void load_q5_1(float *y, const void *x, size_t n) {
    const char *block = x;
    for (size_t i = 0; i < n; i += 32, block += 24) {
        load_five_bits(y + i, block + 4, load_scale(block), load_scale(block + 2), 0);
    }
}

// Writes the 32 elements d * level, where the nibbles of the 16 bytes at `x` number the levels.
#if CK_LANES == 16

CK_INLINE void load_numbered(float *y, const char *x, f32v d, i8x16 levels) {
    const f32v values = d * __builtin_convertvector(levels, f32v);
    write_numbered(y, values, y + 16, values, x);
}

#elif CK_LANES == 8 || defined(__aarch64__)

// table[index], for indices below 16.
CK_INLINE i8x16 look_up(i8x16 table, u8x16 index) {
#if CK_LANES == 8
    return (i8x16)_mm_shuffle_epi8((__m128i)table, (__m128i)index);
#else
    return (i8x16)vqtbl1q_s8((int8x16_t)table, (uint8x16_t)index);
#endif
}

CK_INLINE void load_numbered(float *y, const char *x, f32v d, i8x16 levels) {
    const u8x16 pairs = load_bytes(x);
    write_levels(y, look_up(levels, pairs & 15), d, -(f32v){0});
    write_levels(y + 16, look_up(levels, pairs >> 4), d, -(f32v){0});
}

#else

CK_INLINE void load_numbered(float *y, const char *x, f32v d, i8x16 levels) {
    float values[16];
    write_levels(values, levels, d, -(f32v){0});
    for (int i = 0; i < 16; ++i) {
        y[i] = values[x[i] & 15];
        y[i + 16] = values[(uint8_t)x[i] >> 4];
    }
}

#endif

// Of IQ4_NL and IQ4_XS. Source: the format of ggml.
static const i8x16 iq4_levels = {-127, -104, -83, -65, -49, -35, -22, -10,
                                 1,    13,   25,  38,  53,  69,  89,  113};

// The numbers of four bits (E2M1) in the OCP Microscaling Formats specification 1.0, doubled; both
// zeros are positive, as in ggml.
static const i8x16 mxfp4_levels = {0, 1, 2, 3, 4, 6, 8, 12, 0, -1, -2, -3, -4, -6, -8, -12};

static void load_iq4_nl(float *y, const void *x, size_t n) {
    const char *block = x;
    for (size_t i = 0; i < n; i += 32, block += 18) {
        load_numbered(y + i, block + 2, load_scale(block), iq4_levels);
    }
}

// 2^(exponent - 128), the half of a scale of E8M0: levels are doubled.
CK_INLINE float half_of_scale(uint8_t exponent) {
    const uint32_t bits = exponent < 2 ? 0x00200000u << exponent : (exponent - 1u) << 23;
    float scale;
    memcpy(&scale, &bits, sizeof scale);
    return scale;
}

static void load_mxfp4(float *y, const void *x, size_t n) {
    const char *block = x;
    for (size_t i = 0; i < n; i += 32, block += 17) {
        load_numbered(y + i, block + 1, splat(half_of_scale((uint8_t)*block)), mxfp4_levels);
    }
}
