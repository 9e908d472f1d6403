// kernels_scalar.c - the kernels for the baseline of the architecture.

#include "internal/kernels.h"

#define CK_LANES 4
#define CK_TABLE ck_kernels_scalar
#include "internal/kernels_body.h"
