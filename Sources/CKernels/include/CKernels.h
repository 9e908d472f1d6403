// Every kernel that Swift may call.
//
// Contract shared by all of them:
//   * pointers may be unaligned; counts are in elements, not bytes; a count of 0 is valid
//   * output and input ranges do not overlap unless a kernel says that they may be the same
//   * kernels never allocate, never fail, never print
//
// A kernel marked REPRODUCIBLE gives the same bits on every instruction set: IEEE-754 binary32 add,
// subtract, multiply and square root, each rounded once, in the order its comment states.
#pragma once

#include "directions.h"
#include "isa.h"
#include "operations.h"
#include "storage.h"
#include "threads.h"

// All kernels for one instruction set.
typedef struct ck_kernels {
    ck_direction_kernels directions;
    ck_storage_kernels storage;
    ck_operation_kernels operations;
} ck_kernels;

// The kernels for `isa`, or NULL if this machine cannot execute it. Never written.
const ck_kernels *ck_kernels_for(ck_isa isa);
