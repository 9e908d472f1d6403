// threads.c - one OpenMP team, work taken index by index.
//
// Tiles differ in cost and the machine may be shared, so threads take the next index from a counter
// instead of fixed shares. (schedule(dynamic) needs a runtime symbol that libomp 14 lacks.)

#include "threads.h"

#include <stdatomic.h>

#ifndef _OPENMP
#error "build with -fopenmp: without it every loop would silently be serial"
#endif

void ck_for_each(int threads, size_t count, void (*body)(void *context, size_t i), void *context) {
    if (threads <= 1 || count <= 1) {
        for (size_t i = 0; i < count; ++i) body(context, i);
        return;
    }
    atomic_size_t next = 0;
#pragma omp parallel num_threads(threads)
    for (size_t i; (i = atomic_fetch_add_explicit(&next, 1, memory_order_relaxed)) < count;)
        body(context, i);
}
