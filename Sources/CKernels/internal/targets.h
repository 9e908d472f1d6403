// Names of the variants of a kernel: CK_NAME(dot) is dot_avx2 while the AVX2 variant is compiled.
#pragma once

#define CK_PASTE2(a, b) a##_##b
#define CK_PASTE(a, b) CK_PASTE2(a, b)
#define CK_NAME(name) CK_PASTE(name, CK_SUFFIX)
