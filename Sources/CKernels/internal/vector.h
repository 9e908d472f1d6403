// The vectors that every kernel is written in: CK_LANES 32-bit lanes, compiled once per instruction set.
//
// Bodies use the operators of clang's vectors, and these functions. Masks are all ones or all zeros in
// each lane, as comparisons make them.

#define CK_INLINE static inline __attribute__((always_inline))
#define CK_UNROLL _Pragma("clang loop unroll(full)")

#define CK_VECTOR(bytes) __attribute__((vector_size(bytes)))
typedef float f32v CK_VECTOR(4 * CK_LANES);
typedef int32_t i32v CK_VECTOR(4 * CK_LANES);
typedef uint32_t u32v CK_VECTOR(4 * CK_LANES);
// Half as many lanes.
typedef uint64_t u64v CK_VECTOR(4 * CK_LANES);
// As many lanes, of fewer bits.
typedef uint16_t u16v CK_VECTOR(2 * CK_LANES);
typedef uint8_t u8v CK_VECTOR(CK_LANES);
typedef int8_t i8v CK_VECTOR(CK_LANES);

// Pointers may be unaligned; a copy compiles to one move.
CK_INLINE f32v load(const float *p) {
    f32v x;
    memcpy(&x, p, sizeof x);
    return x;
}

CK_INLINE void store(float *p, f32v x) { memcpy(p, &x, sizeof x); }

// x in every lane. (x − 0 is x for −0 too, which x + 0 is not.)
CK_INLINE f32v splat(float x) { return x - (f32v){0}; }

// 0, 1, 2, …
CK_INLINE u32v lane_numbers(void) {
    u32v lanes;
    CK_UNROLL
    for (uint32_t lane = 0; lane < CK_LANES; ++lane) lanes[lane] = lane;
    return lanes;
}

// The first n < CK_LANES floats at p; the other lanes hold `fill`.
CK_INLINE f32v load_part(const float *p, size_t n, float fill) {
    f32v x = splat(fill);
    for (size_t i = 0; i < n; ++i) x[i] = p[i];
    return x;
}

CK_INLINE void store_part(float *p, f32v x, size_t n) {
    for (size_t i = 0; i < n; ++i) p[i] = x[i];
}

// mask ? yes : no, lane by lane.
CK_INLINE u32v select_u32(u32v mask, u32v yes, u32v no) { return (mask & yes) | (~mask & no); }
CK_INLINE f32v select_f32(i32v mask, f32v yes, f32v no) {
    return (f32v)select_u32((u32v)mask, (u32v)yes, (u32v)no);
}
CK_INLINE f32v larger(f32v a, f32v b) { return select_f32(a > b, a, b); }

CK_INLINE float sum_of_lanes(f32v x) {
    float sum = x[0];
    for (int i = 1; i < CK_LANES; ++i) sum += x[i];
    return sum;
}

CK_INLINE float largest_lane(f32v x) {
    float largest = x[0];
    for (int i = 1; i < CK_LANES; ++i) largest = x[i] > largest ? x[i] : largest;
    return largest;
}
