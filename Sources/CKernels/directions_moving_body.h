// The one place where weights are read and written.

// w = plus − delta, then plus = w + step and minus = w − step; as ck_direction_kernel where a pointer
// is NULL.
static void move(float *restrict plus, float *restrict minus, const float *restrict delta,
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
CK_INLINE void move_group(float *plus, float *minus, const ck_range *range,
                                   const float *delta, const float *step, uint64_t first,
                                   size_t count) {
    uint64_t begin = max_size(first, range->first);
    uint64_t end = min_size(first + count, range->first + range->count);
    uint64_t skipped = begin - first, place = begin - range->first;
    move(plus + place, minus ? minus + place : NULL, delta + skipped,
                  step ? step + skipped : NULL, end - begin);
}
