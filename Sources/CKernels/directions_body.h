// The direction kernels: the three bases and the rounding of dense weights, lowest part first.
//
// A basis works through its range in groups: consecutive elements that share random numbers. For each
// group it makes delta = Σ_k A_k z_k and step = εz in small buffers, then moves the part of the group
// that lies in the range. So ranges may begin and end anywhere.

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

#include "directions_moving_body.h"
#include "directions_philox_body.h"
#include "directions_signs_body.h"
#include "directions_rademacher_body.h"
#include "directions_gaussian_body.h"
#include "directions_hadamard_body.h"
#include "directions_rounding_body.h"
#include "directions_projection_body.h"

#define DIRECTION_KERNELS                                                                           \
    {hadamard,         rademacher,         gaussian,        round_bf16,                             \
     project_hadamard, project_rademacher, project_gaussian}
