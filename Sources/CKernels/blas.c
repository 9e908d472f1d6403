// blas.c - OpenBLAS's buffers, mapped before it asks for them.

#define _GNU_SOURCE
#include "blas.h"

#include <pthread.h>
#include <stdlib.h>
#include <sys/mman.h>

// OpenBLAS asks this function of its own, when it is loaded, how many threads to start. It finds ours
// instead, as the program's come before a library's. Each of its threads would map a buffer before main
// begins, none is ever used (see OpenBLAS.useOneThread), and one that is refused its buffer never rests.
int openblas_num_threads_env(void);
int openblas_num_threads_env(void) { return 1; }

// The allocator of OpenBLAS (driver/others/memory.c): takes a free buffer, or maps one. What is freed
// stays mapped for the next. Weak, as it is not in the header: without it nothing is mapped early.
__attribute__((weak)) void *blas_memory_alloc(int process);
__attribute__((weak)) void blas_memory_free(void *buffer);

static void *map_buffer(void) {
    // As OpenBLAS does it.
    void *buffer = mmap(NULL, CK_BLAS_BUFFER_BYTES, PROT_READ | PROT_WRITE,
                        MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    return buffer == MAP_FAILED ? NULL : buffer;
}

static void unmap(void *const *buffers, size_t count) {
    for (size_t i = 0; i < count; ++i) munmap(buffers[i], CK_BLAS_BUFFER_BYTES);
}

// Maps up to `count` buffers of our own; returns how many the system granted.
static size_t map_buffers(void **buffers, size_t count) {
    for (size_t i = 0; i < count; ++i)
        if (!(buffers[i] = map_buffer())) return i;
    return count;
}

// Gives `missing` buffers of ours to OpenBLAS, one by one, so that it finds room for each of its own.
static void hand_over(void **buffers, size_t missing, size_t count) {
    void **taken = buffers + missing;
    for (size_t i = 0; i < count; ++i) {
        if (i >= count - missing) unmap(buffers + (count - 1 - i), 1);
        taken[i] = blas_memory_alloc(0);
    }
    for (size_t i = 0; i < count; ++i)
        if (taken[i]) blas_memory_free(taken[i]);
}

// Returns how many of the `missing` buffers there is room for; OpenBLAS has them if for all.
static size_t reserve(size_t missing, size_t count) {
    void **buffers = calloc(missing + count, sizeof *buffers);
    if (!buffers) return 0;
    size_t granted = map_buffers(buffers, missing);
    if (granted == missing && blas_memory_alloc && blas_memory_free) {
        hand_over(buffers, missing, count);
    } else {
        unmap(buffers, granted);
    }
    free(buffers);
    return granted;
}

size_t ck_reserve_blas_buffers(size_t count) {
    // How many buffers OpenBLAS is known to have. It has them once for the whole process.
    static size_t reserved;
    static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
    pthread_mutex_lock(&lock);
    size_t room = count;
    if (count > reserved) {
        room = reserved + reserve(count - reserved, count);
        if (room == count) reserved = count;
    }
    pthread_mutex_unlock(&lock);
    return room;
}
