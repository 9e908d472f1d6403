// isa.c - the only file that asks what the CPU can do, and the one choice among tables.

#include "internal/kernels.h"

// __builtin_cpu_supports also checks (XGETBV) that the operating system saves the wide registers.
int ck_isa_is_supported(ck_isa isa) {
    switch (isa) {
    case CK_SCALAR:
        return 1;
#if defined(__x86_64__)
    case CK_AVX2:
        return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") &&
               __builtin_cpu_supports("f16c");
    case CK_AVX512:
        return ck_isa_is_supported(CK_AVX2) && __builtin_cpu_supports("avx512f") &&
               __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl") &&
               __builtin_cpu_supports("avx512dq");
#elif defined(__aarch64__)
    case CK_NEON:
        return 1;
#endif
    default:
        return 0;
    }
}

static const ck_kernels *const tables[] = {
    [CK_SCALAR] = &ck_kernels_scalar,
#if defined(__x86_64__)
    [CK_AVX2] = &ck_kernels_avx2,
    [CK_AVX512] = &ck_kernels_avx512,
#elif defined(__aarch64__)
    [CK_NEON] = &ck_kernels_neon,
#endif
};

const ck_kernels *ck_kernels_for(ck_isa isa) {
    return ck_isa_is_supported(isa) ? tables[isa] : NULL;
}
