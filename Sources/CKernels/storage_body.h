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

#include "storage_blocks_body.h"
#include "storage_superblocks_body.h"

#define STORAGE_KERNELS \
    {load_f32, load_f16, load_bf16, load_q8_0, load_q4_0, load_q4_1, load_q5_0, load_q5_1, \
     load_iq4_nl, load_mxfp4, load_q2_k, load_q3_k, load_q4_k, load_q5_k, load_q6_k, load_q8_k, \
     load_iq4_xs, store_f16, store_bf16}
