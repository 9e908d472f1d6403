// kernels_avx2.c - the kernels for x86-64 with AVX2, FMA and F16C.

#include "internal/kernels.h"

#if defined(__x86_64__)

#pragma clang attribute push(__attribute__((target("avx2,fma,f16c"))), apply_to = function)
#define CK_LANES 8
#define CK_TABLE ck_kernels_avx2
#include "internal/kernels_body.h"
#pragma clang attribute pop

#endif
