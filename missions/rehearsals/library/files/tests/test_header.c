#include "duration.h"
#include "duration.h"

#include "check.h"

int main(void) {
    duration_ms largest = DURATION_MAX;
    CHECK(largest == 9223372036854775807u);
    return failures != 0;
}
