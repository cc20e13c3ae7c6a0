/* Lengths of time as people write them. No global state; every function may be called from any thread. */
#ifndef DURATION_H
#define DURATION_H

#include <stddef.h>
#include <stdint.h>

/* Whole milliseconds, at most DURATION_MAX. */
typedef uint64_t duration_ms;

#define DURATION_MAX ((duration_ms)INT64_MAX)

/* Declare functions above this line. */

#endif
