#include "duration.h"

#include <string.h>

static const struct {
    const char *name;
    duration_ms factor;
} units[] = {{"d", 86400000}, {"h", 3600000}, {"m", 60000}, {"s", 1000}, {"ms", 1}};

enum { UNITS = sizeof units / sizeof units[0] };

/* The unit that stands at the text, the longest first; UNITS when there is none. */
static int unit_at(const char *text, size_t *length) {
    *length = text[0] == 'm' && text[1] == 's' ? 2 : 1;
    for (int i = 0; i < UNITS; i++)
        if (strlen(units[i].name) == *length && strncmp(text, units[i].name, *length) == 0) return i;
    return UNITS;
}

int duration_parse(const char *text, duration_ms *result) {
    duration_ms sum = 0;
    int last = -1;
    if (*text == 0) return DURATION_EMPTY;
    while (*text) {
        duration_ms number = 0;
        size_t length;
        int unit;
        if (*text < '0' || *text > '9') return DURATION_SYNTAX;
        for (; *text >= '0' && *text <= '9'; text++) {
            duration_ms digit = (duration_ms)(*text - '0');
            number = number * 10 + digit;
        }
        unit = unit_at(text, &length);
        if (unit == UNITS || unit <= last) return DURATION_SYNTAX;
        sum += number * units[unit].factor;
        last = unit;
        text += length;
    }
    *result = sum;
    return 0;
}
