// Vectors of CK_LANES floats, and the one place where weights are read and written.

typedef float f32v __attribute__((vector_size(4 * CK_LANES)));
typedef int32_t i32v __attribute__((vector_size(4 * CK_LANES)));
typedef uint32_t u32v __attribute__((vector_size(4 * CK_LANES)));
typedef uint64_t u64v __attribute__((vector_size(4 * CK_LANES)));

CK_INLINE f32v CK_NAME(load)(const float *p) {
    f32v x;
    __builtin_memcpy(&x, p, sizeof x);
    return x;
}

CK_INLINE void CK_NAME(store)(float *p, f32v x) { __builtin_memcpy(p, &x, sizeof x); }

// x in every lane. (x − 0 is x for −0 too, which x + 0 is not.)
CK_INLINE f32v CK_NAME(splat)(float x) { return x - (f32v){0}; }

// 0, 1, 2, …
CK_INLINE u32v CK_NAME(lanes)(void) {
    u32v lanes;
    CK_UNROLL
    for (uint32_t lane = 0; lane < CK_LANES; ++lane) lanes[lane] = lane;
    return lanes;
}

// w = plus − delta, then plus = w + step and minus = w − step; as ck_direction_kernel where a pointer
// is NULL.
static void CK_NAME(move)(float *restrict plus, float *restrict minus, const float *restrict delta,
                          const float *restrict step, size_t n) {
    if (step == NULL) {
        for (size_t i = 0; i < n; ++i) plus[i] -= delta[i];
    } else if (minus == NULL) {
        for (size_t i = 0; i < n; ++i) plus[i] = (plus[i] - delta[i]) + step[i];
    } else {
        for (size_t i = 0; i < n; ++i) {
            float w = plus[i] - delta[i];
            plus[i] = w + step[i];
            minus[i] = w - step[i];
        }
    }
}

// Moves those of the group's elements, first ..< first + count, that lie in `range`.
CK_INLINE void CK_NAME(move_group)(float *plus, float *minus, const ck_range *range,
                                   const float *delta, const float *step, uint64_t first,
                                   size_t count) {
    uint64_t begin = max_size(first, range->first);
    uint64_t end = min_size(first + count, range->first + range->count);
    uint64_t skipped = begin - first, place = begin - range->first;
    CK_NAME(move)(plus + place, minus ? minus + place : NULL, delta + skipped,
                  step ? step + skipped : NULL, end - begin);
}
