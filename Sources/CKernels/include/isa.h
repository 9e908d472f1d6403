// Instruction sets, and the question whether this machine has one.
#pragma once

// `CK_SCALAR` is the baseline of the architecture, as the compiler builds it without further flags.
typedef enum { CK_SCALAR = 0, CK_NEON = 1, CK_AVX2 = 2, CK_AVX512 = 3 } ck_isa;

// Whether this CPU and operating system can execute `isa`.
int ck_isa_is_supported(ck_isa isa);
