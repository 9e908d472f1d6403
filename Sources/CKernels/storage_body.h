// The kernels of storage.h for one instruction set; see internal/each_target.h.
//
// Stored bytes may lie anywhere, so vectors are read and written by memcpy, which compiles to one
// unaligned move. A tail shorter than a vector is copied into a whole one and out again.

#define F32 CK_NAME(storage_f32)
#define U32 CK_NAME(storage_u32)
#define U16 CK_NAME(storage_u16)
#define U8 CK_NAME(storage_u8)
#define I8 CK_NAME(storage_i8)
typedef float F32 __attribute__((vector_size(CK_LANES * 4)));
typedef uint32_t U32 __attribute__((vector_size(CK_LANES * 4)));
typedef uint16_t U16 __attribute__((vector_size(CK_LANES * 2)));
typedef uint8_t U8 __attribute__((vector_size(CK_LANES)));
typedef int8_t I8 __attribute__((vector_size(CK_LANES)));

#define INLINE static inline __attribute__((always_inline))

INLINE U32 CK_NAME(select)(U32 mask, U32 yes, U32 no) { return (mask & yes) | (~mask & no); }

// binary16 <-> binary32: by hardware, except on the baseline of x86-64, which has none.
#if CK_LANES > 4 || defined(__aarch64__)

typedef _Float16 CK_NAME(storage_f16) __attribute__((vector_size(CK_LANES * 2)));

INLINE F32 CK_NAME(widen_f16)(U16 h) {
    return __builtin_convertvector((CK_NAME(storage_f16))h, F32);
}

INLINE U16 CK_NAME(narrow_f16)(F32 x) {
    return (U16) __builtin_convertvector(x, CK_NAME(storage_f16));
}

#else

INLINE F32 CK_NAME(widen_f16)(U16 h) {
    const U32 u = __builtin_convertvector(h, U32);
    const U32 magnitude = (u & 0x7fff) << 13;
    const U32 is_special = (U32)(magnitude >= 0x0f800000);
    const U32 is_nan = (U32)(magnitude > 0x0f800000);
    const U32 is_subnormal = (U32)(magnitude < 0x00800000);
    // The exponent's bias is 127 instead of 15, and 255 instead of 31 stands for infinity and NaN.
    const U32 bias = (112u << 23) + (is_special & (112u << 23));
    const U32 normal = (magnitude + bias) | (is_nan & 0x00400000);
    // A subnormal m * 2^-24 is (2^-14 + m * 2^-24) - 2^-14: both are normal in binary32.
    const U32 sum = magnitude + (113u << 23);
    const U32 two_to_minus_14 = (U32){0} + (113u << 23);
    const U32 subnormal = (U32)((F32)sum - (F32)two_to_minus_14);
    return (F32)(CK_NAME(select)(is_subnormal, subnormal, normal) | (u & 0x8000) << 16);
}

INLINE U16 CK_NAME(narrow_f16)(F32 x) {
    const U32 u = (U32)x;
    const U32 sign = (u >> 16) & 0x8000;
    const U32 magnitude = u & 0x7fffffff;
    // Half a unit of the last kept bit, less one if that bit is even, carries when rounding up.
    const U32 normal = (magnitude - (112u << 23) + 0xfff + ((magnitude >> 13) & 1)) >> 13;
    // Adding 1/2 moves the unit 2^-24 of subnormals to the last bit, and the addition rounds.
    const U32 half = (U32){0} + (126u << 23);
    const U32 subnormal = (U32)((F32)magnitude + (F32)half) - (126u << 23);
    const U32 nan = ((magnitude >> 13) & 0x3ff) | 0x7e00;
    U32 result = CK_NAME(select)((U32)(magnitude < (113u << 23)), subnormal, normal);
    // 65520 and more round to infinity.
    result = CK_NAME(select)((U32)(magnitude >= 0x477ff000), (U32){0} + 0x7c00, result);
    result = CK_NAME(select)((U32)(magnitude > 0x7f800000), nan, result);
    return __builtin_convertvector(result | sign, U16);
}

#endif

INLINE F32 CK_NAME(widen_bf16)(U16 h) { return (F32)(__builtin_convertvector(h, U32) << 16); }

INLINE U16 CK_NAME(narrow_bf16)(F32 x) {
    const U32 u = (U32)x;
    const U32 is_nan = (U32)((u & 0x7fffffff) > 0x7f800000);
    const U32 rounded = (u + 0x7fff + ((u >> 16) & 1)) >> 16;
    return __builtin_convertvector(CK_NAME(select)(is_nan, (u >> 16) | 0x40, rounded), U16);
}

static void CK_NAME(load_f32)(float *y, const void *x, size_t n) { memcpy(y, x, n * 4); }

INLINE void CK_NAME(load_16)(float *y, const void *x, size_t n, F32 (*widen)(U16)) {
    const char *source = x;
    U16 h = {0};
    size_t i = 0;
    for (; i + CK_LANES <= n; i += CK_LANES) {
        memcpy(&h, source + i * 2, sizeof h);
        const F32 v = widen(h);
        memcpy(y + i, &v, sizeof v);
    }
    if (i < n) {
        memcpy(&h, source + i * 2, (n - i) * 2);
        const F32 v = widen(h);
        memcpy(y + i, &v, (n - i) * 4);
    }
}

static void CK_NAME(load_f16)(float *y, const void *x, size_t n) {
    CK_NAME(load_16)(y, x, n, CK_NAME(widen_f16));
}

static void CK_NAME(load_bf16)(float *y, const void *x, size_t n) {
    CK_NAME(load_16)(y, x, n, CK_NAME(widen_bf16));
}

INLINE void CK_NAME(store_16)(void *y, const float *x, size_t n, U16 (*narrow)(F32)) {
    char *target = y;
    F32 v = {0};
    size_t i = 0;
    for (; i + CK_LANES <= n; i += CK_LANES) {
        memcpy(&v, x + i, sizeof v);
        const U16 h = narrow(v);
        memcpy(target + i * 2, &h, sizeof h);
    }
    if (i < n) {
        memcpy(&v, x + i, (n - i) * 4);
        const U16 h = narrow(v);
        memcpy(target + i * 2, &h, (n - i) * 2);
    }
}

static void CK_NAME(store_f16)(void *y, const float *x, size_t n) {
    CK_NAME(store_16)(y, x, n, CK_NAME(narrow_f16));
}

static void CK_NAME(store_bf16)(void *y, const float *x, size_t n) {
    CK_NAME(store_16)(y, x, n, CK_NAME(narrow_bf16));
}

// Every lane is the binary16 at `x`.
INLINE F32 CK_NAME(load_scale)(const char *x) {
    uint16_t h;
    memcpy(&h, x, sizeof h);
    return CK_NAME(widen_f16)((U16){0} + h);
}

static void CK_NAME(load_q8_0)(float *y, const void *x, size_t n) {
    const char *block = x;
    for (size_t i = 0; i < n; i += 32, block += 34) {
        const F32 d = CK_NAME(load_scale)(block);
        for (size_t j = 0; j < 32; j += CK_LANES) {
            I8 q;
            memcpy(&q, block + 2 + j, sizeof q);
            const F32 v = d * __builtin_convertvector(q, F32);
            memcpy(y + i + j, &v, sizeof v);
        }
    }
}

// Writes the 32 elements of the 16 bytes at `nibbles`: a nibble q means d * (q - zero) + m.
#if CK_LANES == 16

INLINE void CK_NAME(load_nibbles)(float *y, const char *nibbles, F32 d, F32 m, float zero) {
    // All 16 values a block can have, then one look-up each: 0.022 ns per weight instead of 0.032
    // (EPYC Turin). vpermps heeds only the low 4 bits of an index.
    const F32 q = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};
    const __m512 values = d * (q - zero) + m;
    U8 pairs;
    memcpy(&pairs, nibbles, sizeof pairs);
    const U32 index = __builtin_convertvector(pairs, U32);
    _mm512_storeu_ps(y, _mm512_permutexvar_ps((__m512i)index, values));
    _mm512_storeu_ps(y + 16, _mm512_permutexvar_ps((__m512i)(index >> 4), values));
}

#else

INLINE void CK_NAME(load_nibbles)(float *y, const char *nibbles, F32 d, F32 m, float zero) {
    for (size_t j = 0; j < 16; j += CK_LANES) {
        U8 pair;
        memcpy(&pair, nibbles + j, sizeof pair);
        const U8 low = pair & 15, high = pair >> 4;
        const F32 first = d * (__builtin_convertvector(low, F32) - zero) + m;
        const F32 second = d * (__builtin_convertvector(high, F32) - zero) + m;
        memcpy(y + j, &first, sizeof first);
        memcpy(y + 16 + j, &second, sizeof second);
    }
}

#endif

static void CK_NAME(load_q4_0)(float *y, const void *x, size_t n) {
    const char *block = x;
    for (size_t i = 0; i < n; i += 32, block += 18) {
        // Adding -0 changes no value, not even the sign of a zero.
        CK_NAME(load_nibbles)(y + i, block + 2, CK_NAME(load_scale)(block), -(F32){0}, 8);
    }
}

static void CK_NAME(load_q4_1)(float *y, const void *x, size_t n) {
    const char *block = x;
    for (size_t i = 0; i < n; i += 32, block += 20) {
        const F32 d = CK_NAME(load_scale)(block), m = CK_NAME(load_scale)(block + 2);
        CK_NAME(load_nibbles)(y + i, block + 4, d, m, 0);
    }
}

static const ck_storage_kernels CK_NAME(storage_kernels) = {
    CK_NAME(load_f32),  CK_NAME(load_f16),  CK_NAME(load_bf16), CK_NAME(load_q8_0),
    CK_NAME(load_q4_0), CK_NAME(load_q4_1), CK_NAME(store_f16), CK_NAME(store_bf16),
};

#undef F32
#undef U32
#undef U16
#undef U8
#undef I8
#undef INLINE
