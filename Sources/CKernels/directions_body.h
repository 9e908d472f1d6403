// The direction kernels for one instruction set, lowest part first.
#include "directions_vectors_body.h"
#include "directions_philox_body.h"
#include "directions_signs_body.h"
#include "directions_rademacher_body.h"
#include "directions_gaussian_body.h"
#include "directions_hadamard_body.h"
#include "directions_rounding_body.h"
