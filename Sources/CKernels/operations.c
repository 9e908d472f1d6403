// operations.c - one table of transformer operations per instruction set.

#include "operations.h"

#include <math.h>

#define CK_BODY "../operations_body.h"
#include "internal/each_target.h"

const ck_operation_kernels *ck_operation_kernels_for(ck_isa isa) {
    if (!ck_isa_is_supported(isa)) return NULL;
    switch (isa) {
#if defined(__x86_64__)
    case CK_AVX2:
        return &operations_avx2;
    case CK_AVX512:
        return &operations_avx512;
#elif defined(__aarch64__)
    case CK_NEON:
        return &operations_neon;
#endif
    default:
        return &operations_scalar;
    }
}
