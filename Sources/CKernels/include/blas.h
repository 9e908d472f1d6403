// What OpenBLAS reserves, of which its own header does not speak.
#pragma once

#include <stddef.h>

// The address space that OpenBLAS maps for each product that runs at the same time as others, and keeps:
// its BUFFER_SIZE on x86-64 and arm64.
#define CK_BLAS_BUFFER_BYTES ((size_t)128 << 20)

// Makes OpenBLAS map what `count` products at the same time need, if the system grants it; nothing if it
// does not. Returns for how many there is room: `count`, or fewer. No product may run meanwhile.
//
// OpenBLAS itself asks the system again and again until it is granted: under a limit, for ever.
size_t ck_reserve_blas_buffers(size_t count);
