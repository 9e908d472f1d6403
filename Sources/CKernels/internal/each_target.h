// Includes CK_BODY (a quoted file name) once for every instruction set of this architecture.
//
// Inside the body CK_LANES is the number of floats in a vector and CK_NAME(f) a name of its own.
// System headers must be included before this file: the attribute applies to all that follows.
#include "targets.h"

#define CK_SUFFIX scalar
#define CK_LANES 4
#include CK_BODY
#undef CK_SUFFIX
#undef CK_LANES

#if defined(__x86_64__)

#pragma clang attribute push(__attribute__((target("avx2,fma,f16c"))), apply_to = function)
#define CK_SUFFIX avx2
#define CK_LANES 8
#include CK_BODY
#undef CK_SUFFIX
#undef CK_LANES
#pragma clang attribute pop

#pragma clang attribute push(__attribute__((target("avx512f,avx512bw,avx512vl,avx512dq,avx2,fma,f16c"))), apply_to = function)
#define CK_SUFFIX avx512
#define CK_LANES 16
#include CK_BODY
#undef CK_SUFFIX
#undef CK_LANES
#pragma clang attribute pop

#elif defined(__aarch64__)

#define CK_SUFFIX neon
#define CK_LANES 4
#include CK_BODY
#undef CK_SUFFIX
#undef CK_LANES

#endif

#undef CK_BODY
