// storage.c - elements as weight files store them, to and from binary32, per instruction set.

#include "storage.h"

#include <stdint.h>
#include <string.h>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

#define CK_BODY "../storage_body.h"
#include "internal/each_target.h"

const ck_storage_kernels *ck_storage_kernels_for(ck_isa isa) {
    if (!ck_isa_is_supported(isa)) return NULL;
    switch (isa) {
    case CK_SCALAR:
        return &storage_kernels_scalar;
#if defined(__x86_64__)
    case CK_AVX2:
        return &storage_kernels_avx2;
    case CK_AVX512:
        return &storage_kernels_avx512;
#elif defined(__aarch64__)
    case CK_NEON:
        return &storage_kernels_neon;
#endif
    default:
        return NULL;
    }
}
