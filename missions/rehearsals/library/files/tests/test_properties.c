#include "duration.h"

#include <string.h>

#include "check.h"

static uint64_t state = 88172645463325252u;

/* xorshift64, Marsaglia 2003. */
static uint64_t chance(void) {
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return state;
}

int main(void) {
    for (int i = 0; i < 100000; i++) {
        duration_ms value = (chance() >> (chance() % 64)) & DURATION_MAX;
        duration_ms back = 0;
        char text[40], again[40];
        CHECK(duration_format(value, text, sizeof text) < sizeof text);
        CHECK(duration_parse(text, &back) == 0);
        CHECK(back == value);
        duration_format(back, again, sizeof again);
        CHECK(strcmp(text, again) == 0);
        if (failures) return 1;
    }
    for (int i = 0; i < 100000; i++) {
        static const char signs[] = "0123456789dhms.- x";
        char text[25];
        size_t length = chance() % 25;
        duration_ms value = 42;
        for (size_t at = 0; at < length; at++) text[at] = signs[chance() % (sizeof signs - 1)];
        text[length] = 0;
        if (duration_parse(text, &value) != 0) CHECK(value == 42);
        else CHECK(value <= DURATION_MAX);
        if (failures) return 1;
    }
    return 0;
}
