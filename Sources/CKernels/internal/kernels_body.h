// All kernels for one instruction set, and their table CK_TABLE.
//
// Plain C in vectors of CK_LANES floats, without intrinsics where the compiler needs none. Operations
// come last, because they alone allow a product and a sum to fuse.
#include "vector.h"

#include "../directions_body.h"
#include "../storage_body.h"
#include "../operations_body.h"

const ck_kernels CK_TABLE = {DIRECTION_KERNELS, STORAGE_KERNELS, OPERATION_KERNELS};
