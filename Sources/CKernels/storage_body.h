// The kernels of storage.h.
//
// Stored bytes may lie anywhere, so vectors are read and written by memcpy, which compiles to one
// unaligned move. A tail shorter than a vector is copied into a whole one and out again.

// binary16 <-> binary32: by hardware, except on the baseline of x86-64, which has none.
#if CK_LANES > 4 || defined(__aarch64__)

typedef _Float16 storage_f16 __attribute__((vector_size(CK_LANES * 2)));

CK_INLINE f32v widen_f16(u16v h) {
    return __builtin_convertvector((storage_f16)h, f32v);
}

CK_INLINE u16v narrow_f16(f32v x) {
    return (u16v) __builtin_convertvector(x, storage_f16);
}

#else

CK_INLINE f32v widen_f16(u16v h) {
    const u32v u = __builtin_convertvector(h, u32v);
    const u32v magnitude = (u & 0x7fff) << 13;
    const u32v is_special = (u32v)(magnitude >= 0x0f800000);
    const u32v is_nan = (u32v)(magnitude > 0x0f800000);
    const u32v is_subnormal = (u32v)(magnitude < 0x00800000);
    // The exponent's bias is 127 instead of 15, and 255 instead of 31 stands for infinity and NaN.
    const u32v bias = (112u << 23) + (is_special & (112u << 23));
    const u32v normal = (magnitude + bias) | (is_nan & 0x00400000);
    // A subnormal m * 2^-24 is (2^-14 + m * 2^-24) - 2^-14: both are normal in binary32.
    const u32v sum = magnitude + (113u << 23);
    const u32v two_to_minus_14 = (u32v){0} + (113u << 23);
    const u32v subnormal = (u32v)((f32v)sum - (f32v)two_to_minus_14);
    return (f32v)(select_u32(is_subnormal, subnormal, normal) | (u & 0x8000) << 16);
}

CK_INLINE u16v narrow_f16(f32v x) {
    const u32v u = (u32v)x;
    const u32v sign = (u >> 16) & 0x8000;
    const u32v magnitude = u & 0x7fffffff;
    // Half a unit of the last kept bit, less one if that bit is even, carries when rounding up.
    const u32v normal = (magnitude - (112u << 23) + 0xfff + ((magnitude >> 13) & 1)) >> 13;
    // Adding 1/2 moves the unit 2^-24 of subnormals to the last bit, and the addition rounds.
    const u32v half = (u32v){0} + (126u << 23);
    const u32v subnormal = (u32v)((f32v)magnitude + (f32v)half) - (126u << 23);
    const u32v nan = ((magnitude >> 13) & 0x3ff) | 0x7e00;
    u32v result = select_u32((u32v)(magnitude < (113u << 23)), subnormal, normal);
    // 65520 and more round to infinity.
    result = select_u32((u32v)(magnitude >= 0x477ff000), (u32v){0} + 0x7c00, result);
    result = select_u32((u32v)(magnitude > 0x7f800000), nan, result);
    return __builtin_convertvector(result | sign, u16v);
}

#endif

CK_INLINE f32v widen_bf16(u16v h) { return (f32v)(__builtin_convertvector(h, u32v) << 16); }

CK_INLINE u16v narrow_bf16(f32v x) {
    const u32v u = (u32v)x;
    const u32v is_nan = (u32v)((u & 0x7fffffff) > 0x7f800000);
    const u32v rounded = (u + 0x7fff + ((u >> 16) & 1)) >> 16;
    return __builtin_convertvector(select_u32(is_nan, (u >> 16) | 0x40, rounded), u16v);
}

static void load_f32(float *y, const void *x, size_t n) { memcpy(y, x, n * 4); }

CK_INLINE void load_16(float *y, const void *x, size_t n, f32v (*widen)(u16v)) {
    const char *source = x;
    u16v h = {0};
    size_t i = 0;
    for (; i + CK_LANES <= n; i += CK_LANES) {
        memcpy(&h, source + i * 2, sizeof h);
        const f32v v = widen(h);
        memcpy(y + i, &v, sizeof v);
    }
    if (i < n) {
        memcpy(&h, source + i * 2, (n - i) * 2);
        const f32v v = widen(h);
        memcpy(y + i, &v, (n - i) * 4);
    }
}

static void load_f16(float *y, const void *x, size_t n) {
    load_16(y, x, n, widen_f16);
}

static void load_bf16(float *y, const void *x, size_t n) {
    load_16(y, x, n, widen_bf16);
}

CK_INLINE void store_16(void *y, const float *x, size_t n, u16v (*narrow)(f32v)) {
    char *target = y;
    f32v v = {0};
    size_t i = 0;
    for (; i + CK_LANES <= n; i += CK_LANES) {
        memcpy(&v, x + i, sizeof v);
        const u16v h = narrow(v);
        memcpy(target + i * 2, &h, sizeof h);
    }
    if (i < n) {
        memcpy(&v, x + i, (n - i) * 4);
        const u16v h = narrow(v);
        memcpy(target + i * 2, &h, (n - i) * 2);
    }
}

static void store_f16(void *y, const float *x, size_t n) {
    store_16(y, x, n, narrow_f16);
}

static void store_bf16(void *y, const float *x, size_t n) {
    store_16(y, x, n, narrow_bf16);
}

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

// Writes the 32 elements of the 16 bytes at `nibbles`: a nibble q means d * (q - zero) + m.
#if CK_LANES == 16

CK_INLINE void load_nibbles(float *y, const char *nibbles, f32v d, f32v m, float zero) {
    // All 16 values a block can have, then one look-up each: 0.022 ns per weight instead of 0.032
    // (EPYC Turin). vpermps heeds only the low 4 bits of an index.
    const f32v q = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};
    const __m512 values = d * (q - zero) + m;
    u8v pairs;
    memcpy(&pairs, nibbles, sizeof pairs);
    const u32v index = __builtin_convertvector(pairs, u32v);
    _mm512_storeu_ps(y, _mm512_permutexvar_ps((__m512i)index, values));
    _mm512_storeu_ps(y + 16, _mm512_permutexvar_ps((__m512i)(index >> 4), values));
}

#else

CK_INLINE void load_nibbles(float *y, const char *nibbles, f32v d, f32v m, float zero) {
    for (size_t j = 0; j < 16; j += CK_LANES) {
        u8v pair;
        memcpy(&pair, nibbles + j, sizeof pair);
        const u8v low = pair & 15, high = pair >> 4;
        const f32v first = d * (__builtin_convertvector(low, f32v) - zero) + m;
        const f32v second = d * (__builtin_convertvector(high, f32v) - zero) + m;
        memcpy(y + j, &first, sizeof first);
        memcpy(y + 16 + j, &second, sizeof second);
    }
}

#endif

static void load_q4_0(float *y, const void *x, size_t n) {
    const char *block = x;
    for (size_t i = 0; i < n; i += 32, block += 18) {
        // Adding -0 changes no value, not even the sign of a zero.
        load_nibbles(y + i, block + 2, load_scale(block), -(f32v){0}, 8);
    }
}

static void load_q4_1(float *y, const void *x, size_t n) {
    const char *block = x;
    for (size_t i = 0; i < n; i += 32, block += 20) {
        const f32v d = load_scale(block), m = load_scale(block + 2);
        load_nibbles(y + i, block + 4, d, m, 0);
    }
}

#define STORAGE_KERNELS \
    {load_f32, load_f16, load_bf16, load_q8_0, load_q4_0, load_q4_1, store_f16, store_bf16}
