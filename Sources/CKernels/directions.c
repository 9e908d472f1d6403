// directions.c - the three bases and the rounding of dense weights, compiled once per instruction set,
// and their table.
//
// A basis works through its range in groups: consecutive elements that share random numbers. For each
// group it makes delta = Σ_k A_k z_k and step = εz in small buffers, then moves the part of the group
// that lies in the range. So ranges may begin and end anywhere.

#include "directions.h"

#include <stdbool.h>

#define CK_INLINE static inline __attribute__((always_inline))
#define CK_UNROLL _Pragma("clang loop unroll(full)")

// The last word of the counter, which keeps the streams apart.
enum { RADEMACHER = 1, GAUSSIAN = 2, HADAMARD_ELEMENT = 3, HADAMARD_CANDIDATE = 4, ROUNDING = 23 };

// One Philox output gives this many signs.
#define SIGNS 128

static const float zeros[SIGNS] = {0};

// Two words for each of Philox's ten rounds, widened for 64-bit lanes.
typedef struct philox_key {
    uint64_t round[20];
} philox_key;

static philox_key philox_key_of(uint64_t seed) {
    philox_key key;
    uint32_t k0 = (uint32_t)seed, k1 = (uint32_t)(seed >> 32);
    for (int r = 0; r < 10; ++r, k0 += 0x9E3779B9u, k1 += 0xBB67AE85u) {
        key.round[2 * r] = k0;
        key.round[2 * r + 1] = k1;
    }
    return key;
}

// What all blocks of random numbers of one kernel call have in common.
typedef struct philox_stream {
    const philox_key *key;
    uint32_t tensor;
    uint32_t tag;
} philox_stream;

static inline size_t min_size(size_t a, size_t b) { return a < b ? a : b; }
static inline size_t max_size(size_t a, size_t b) { return a > b ? a : b; }

// Types of the instruction set being compiled: 32-bit lanes, and 64-bit lanes, half as many.
#define f32v CK_NAME(f32v)
#define i32v CK_NAME(i32v)
#define u32v CK_NAME(u32v)
#define u64v CK_NAME(u64v)
#define philox_words CK_NAME(philox_words)
#define sign_batch CK_NAME(sign_batch)
#define group_signs CK_NAME(group_signs)
#define hadamard_direction CK_NAME(hadamard_direction)

#define CK_BODY "../directions_body.h"
#include "internal/each_target.h"

#define TABLE(suffix) {hadamard_##suffix, rademacher_##suffix, gaussian_##suffix, round_bf16_##suffix}
static const ck_direction_kernels tables[] = {
    [CK_SCALAR] = TABLE(scalar),
#if defined(__x86_64__)
    [CK_AVX2] = TABLE(avx2),
    [CK_AVX512] = TABLE(avx512),
#elif defined(__aarch64__)
    [CK_NEON] = TABLE(neon),
#endif
};

const ck_direction_kernels *ck_direction_kernels_for(ck_isa isa) {
    return ck_isa_is_supported(isa) ? &tables[isa] : NULL;
}
