// Tells ThreadSanitizer what a contended Mutex of Swift orders: the slow ways into and out of it are in a library
// that is not built for it, so that it would report what threads did under the lock as races. scripts/sanitize
// preloads it.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdint.h>

// There only in a process that is built for ThreadSanitizer.
void __tsan_acquire(void *) __attribute__((weak));
void __tsan_release(void *) __attribute__((weak));

#define LOCK "$s15Synchronization12_MutexHandleV9_lockSlowyys6UInt32VF"
#define UNLOCK "$s15Synchronization12_MutexHandleV11_unlockSlowyyF"
#define SWIFT __attribute__((swiftcall))
#define CONTEXT __attribute__((swift_context))

typedef SWIFT void lock_function(uint32_t thread, CONTEXT void *mutex);
typedef SWIFT void unlock_function(CONTEXT void *mutex);

SWIFT void lock_slowly(uint32_t thread, CONTEXT void *mutex) __asm__(LOCK);
SWIFT void unlock_slowly(CONTEXT void *mutex) __asm__(UNLOCK);

SWIFT void lock_slowly(uint32_t thread, CONTEXT void *mutex) {
    ((lock_function *)dlsym(RTLD_NEXT, LOCK))(thread, mutex);
    if (__tsan_acquire) __tsan_acquire(mutex);
}

SWIFT void unlock_slowly(CONTEXT void *mutex) {
    if (__tsan_release) __tsan_release(mutex);
    ((unlock_function *)dlsym(RTLD_NEXT, UNLOCK))(mutex);
}
