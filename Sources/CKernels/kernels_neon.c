// kernels_neon.c - the kernels for arm64 with NEON.

#include "internal/kernels.h"

#if defined(__aarch64__)

#define CK_LANES 4
#define CK_TABLE ck_kernels_neon
#include "internal/kernels_body.h"

#endif
