#include "duration.h"

#include <stdio.h>
#include <string.h>

size_t duration_format(duration_ms value, char *buffer, size_t size) {
    static const struct {
        const char *name;
        duration_ms factor;
    } units[] = {{"d", 86400000}, {"h", 3600000}, {"m", 60000}, {"s", 1000}, {"ms", 1}};
    char text[64] = "";
    size_t length = 0;
    for (size_t i = 0; i < sizeof units / sizeof units[0]; i++) {
        duration_ms count = value / units[i].factor;
        value %= units[i].factor;
        if (count)
            length += (size_t)snprintf(
                text + length, sizeof text - length, "%llu%s", (unsigned long long)count, units[i].name);
    }
    if (length == 0) length = (size_t)snprintf(text, sizeof text, "0s");
    if (size > 0) {
        size_t kept = length < size ? length : size - 1;
        memcpy(buffer, text, kept);
        buffer[kept] = 0;
    }
    return length;
}
