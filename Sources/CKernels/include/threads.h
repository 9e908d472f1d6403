// The one door to threads.
#pragma once

#include <stddef.h>

// Calls body(context, i) once for every i in 0..<count, on up to `threads` threads of one OpenMP team.
// Which thread takes which index is not specified; a body may depend on i only.
// A call from inside a body runs serially.
void ck_for_each(int threads, size_t count, void (*body)(void *context, size_t i), void *context);

// Binds each thread of the team, the caller among them, to one CPU of those the caller may use, in turn.
// Returns how many threads are bound: fewer than `threads` if the system or OpenMP refuses.
int ck_pin_threads(int threads);
