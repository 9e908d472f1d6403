// What kernels_<instruction set>.c begin with. System headers come first: each of those files compiles
// all that follows for its instruction set.
#pragma once

#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#if defined(__x86_64__)
#include <immintrin.h>
#elif defined(__aarch64__)
#include <arm_neon.h>
#endif

#include "../include/CKernels.h"

// One table for each file of kernels; isa.c chooses among them.
extern const ck_kernels ck_kernels_scalar, ck_kernels_neon, ck_kernels_avx2, ck_kernels_avx512;
