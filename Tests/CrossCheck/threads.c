// Uses the team of threads as the library does. Under ThreadSanitizer it must say nothing, and with an
// argument, which makes the threads race, it must find that: scripts/sanitize.
#include "threads.h"

#include <sched.h>
#include <stdio.h>

enum { COUNT = 64, ROUNDS = 200, WORK = 2000 };

static long values[COUNT];
static long shared;

static void add(void *race, size_t i) {
    for (int k = 0; k < WORK; ++k) values[i] += k;
    if (race) ++shared;
    // So that each thread has its share, however busy the machine is.
    sched_yield();
}

int main(int count, char **words) {
    (void)words;
    long total = 0;
    for (int round = 0; round < ROUNDS; ++round) {
        for (int i = 0; i < COUNT; ++i) values[i] = round;
        ck_for_each(2, COUNT, add, count > 1 ? &shared : NULL);
        for (int i = 0; i < COUNT; ++i) total += values[i];
    }
    ck_pin_threads(2);
    const long expected = (long)COUNT * (ROUNDS * (ROUNDS - 1L) / 2 + ROUNDS * (WORK * (WORK - 1L) / 2));
    printf("%ld\n", total);
    return total == expected ? 0 : 1;
}
