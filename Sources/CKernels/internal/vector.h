// Vectors of CK_LANES floats for the body being compiled: load, store, and what the tail of a row needs.
//
// Included by bodies, once per instruction set; hence no include guard.

typedef float CK_NAME(vf) __attribute__((vector_size(4 * CK_LANES), aligned(4)));
typedef int CK_NAME(vi) __attribute__((vector_size(4 * CK_LANES), aligned(4)));
#define VF CK_NAME(vf)
#define VI CK_NAME(vi)
#define CK_INLINE static inline __attribute__((always_inline))

CK_INLINE VF CK_NAME(load)(const float *p) { return *(const VF *)p; }
CK_INLINE void CK_NAME(store)(float *p, VF v) { *(VF *)p = v; }
CK_INLINE VF CK_NAME(broadcast)(float a) { return a - (VF){0}; }

// The first n < CK_LANES floats at p; the other lanes hold `fill`.
CK_INLINE VF CK_NAME(load_part)(const float *p, size_t n, float fill) {
    VF v = CK_NAME(broadcast)(fill);
    for (size_t i = 0; i < n; ++i) v[i] = p[i];
    return v;
}

CK_INLINE void CK_NAME(store_part)(float *p, VF v, size_t n) {
    for (size_t i = 0; i < n; ++i) p[i] = v[i];
}

// c ? a : b, lane by lane; c is all ones or all zeros in each lane.
CK_INLINE VF CK_NAME(select)(VI c, VF a, VF b) { return (VF)((c & (VI)a) | (~c & (VI)b)); }
CK_INLINE VF CK_NAME(larger)(VF a, VF b) { return CK_NAME(select)(a > b, a, b); }

CK_INLINE float CK_NAME(sum)(VF v) {
    float s = v[0];
    for (int i = 1; i < CK_LANES; ++i) s += v[i];
    return s;
}

CK_INLINE float CK_NAME(maximum)(VF v) {
    float m = v[0];
    for (int i = 1; i < CK_LANES; ++i) m = v[i] > m ? v[i] : m;
    return m;
}
