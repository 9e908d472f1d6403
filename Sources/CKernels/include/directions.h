// Directions of a seed basis: regenerate z_k for any range of a tensor, and move weights along them.
// Documentation/Directions.md specifies every bit of them.
#pragma once

#include <stddef.h>
#include <stdint.h>

// The most candidates a basis may have.
#define CK_MAX_CANDIDATES 65536

// Elements first ..< first + count of one tensor, flattened row by row.
typedef struct ck_range {
    uint64_t seed;
    uint64_t first;
    size_t count;
    uint32_t tensor;
} ck_range;

// coefficient · z_candidate
typedef struct ck_term {
    uint32_t candidate;
    float coefficient;
} ck_term;

// Σ_k A_k z_k. If it has no terms it is zero, and nothing is computed.
typedef struct ck_combination {
    const float *coefficients;  // A, all of it: what hadamard reads
    size_t candidate_count;     // K; a power of two for hadamard
    const ck_term *terms;       // the terms with A_k ≠ 0, k ascending: what the other bases read
    size_t term_count;
} ck_combination;

// Replaces each w0 in `plus`, of range.count floats, by
//     w = w0 − Σ_k A_k z_k                           if there is no perturbation,
//     plus = w + εz, and minus = w − εz              if there is: ε, k = perturbation.
// `perturbation` may be NULL; `minus` may be NULL, and is not written without a perturbation.
// REPRODUCIBLE.
typedef void ck_direction_kernel(float *plus, float *minus, const ck_range *range,
                                 const ck_combination *combination, const ck_term *perturbation);

// Adds Σ_j z_k[j] · gradient[j], over the range.count elements j of the range, to sums[k] for every
// k < candidate_count: the transpose of the sum above. Terms are added to sums[k] one after the other,
// for hadamard one for each block, for the other bases one for each element, in ascending order; the
// part of a block that lies outside of the range counts as zero. candidate_count is at most
// CK_MAX_CANDIDATES, for hadamard a power of two from 2.
// REPRODUCIBLE.
typedef void ck_projection_kernel(float *sums, size_t candidate_count, const float *gradient,
                                  const ck_range *range);

// Rounds each of range.count floats to one of the two nearest bfloat16 values, up with a probability of
// the distance from the lower one: the expectation is the value itself. The random bits are a function
// of the range and of `number`, the number of the update after which is rounded.
// REPRODUCIBLE.
typedef void ck_rounding_kernel(float *x, const ck_range *range, uint32_t number);

typedef struct ck_direction_kernels {
    ck_direction_kernel *hadamard;
    ck_direction_kernel *rademacher;
    ck_direction_kernel *gaussian;
    ck_rounding_kernel *round_bf16;
    ck_projection_kernel *project_hadamard;
    ck_projection_kernel *project_rademacher;
    ck_projection_kernel *project_gaussian;
} ck_direction_kernels;
