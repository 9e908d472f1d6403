// kernels_avx512.c - the kernels for x86-64 with AVX-512 F, BW, VL and DQ.

#include "internal/kernels.h"

#if defined(__x86_64__)

#pragma clang attribute push( \
    __attribute__((target("avx512f,avx512bw,avx512vl,avx512dq,avx2,fma,f16c"))), apply_to = function)
#define CK_LANES 16
#define CK_TABLE ck_kernels_avx512
#include "internal/kernels_body.h"
#pragma clang attribute pop

#endif
