// threads.c - one OpenMP team, work taken index by index.
//
// Tiles differ in cost and the machine may be shared, so threads take the next index from a counter
// instead of fixed shares. (schedule(dynamic) needs a runtime symbol that libomp 14 lacks.)

#define _GNU_SOURCE
#include "threads.h"

#include <sched.h>
#include <stdatomic.h>

#ifndef _OPENMP
#error "build with -fopenmp: without it every loop would silently be serial"
#endif

// ThreadSanitizer does not see into OpenMP's library: it is told that what was written before a team
// starts is there for the team, and what the team has written for whoever goes on behind it.
#if defined(__has_feature)
#if __has_feature(thread_sanitizer)
void __tsan_acquire(void *);
void __tsan_release(void *);
#define ORDERED_BEHIND(place) __tsan_acquire(place)
#define ORDERED_BEFORE(place) __tsan_release(place)
#endif
#endif
#ifndef ORDERED_BEHIND
#define ORDERED_BEHIND(place) (void)(place)
#define ORDERED_BEFORE(place) (void)(place)
#endif

void ck_for_each(int threads, size_t count, void (*body)(void *context, size_t i), void *context) {
    if (threads <= 1 || count <= 1) {
        for (size_t i = 0; i < count; ++i) body(context, i);
        return;
    }
    atomic_size_t next = 0;
    char start, end;
    ORDERED_BEFORE(&start);
#pragma omp parallel num_threads(threads)
    {
        ORDERED_BEHIND(&start);
        for (size_t i; (i = atomic_fetch_add_explicit(&next, 1, memory_order_relaxed)) < count;)
            body(context, i);
        ORDERED_BEFORE(&end);
    }
    ORDERED_BEHIND(&end);
}

// Declared here, because clang's header of OpenMP is not where it looks for it.
int omp_get_thread_num(void);

// Returns the number of the `index`-th CPU in `set`, counted around.
static int nth_cpu(const cpu_set_t *set, int index) {
    int cpu = -1;
    for (int left = index % CPU_COUNT(set); left >= 0; --left)
        while (!CPU_ISSET(++cpu, set)) {}
    return cpu;
}

int ck_pin_threads(int threads) {
    cpu_set_t allowed;
    if (sched_getaffinity(0, sizeof allowed, &allowed) != 0 || CPU_COUNT(&allowed) == 0) return 0;
    atomic_int pinned = 0;
    char start;
    ORDERED_BEFORE(&start);
#pragma omp parallel num_threads(threads)
    {
        ORDERED_BEHIND(&start);
        cpu_set_t own;
        CPU_ZERO(&own);
        CPU_SET(nth_cpu(&allowed, omp_get_thread_num()), &own);
        if (sched_setaffinity(0, sizeof own, &own) == 0) atomic_fetch_add(&pinned, 1);
    }
    return atomic_load(&pinned);
}
