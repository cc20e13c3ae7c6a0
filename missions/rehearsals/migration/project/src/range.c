#include "range.h"

#include <stdio.h>

#include "say.h"

int check_range(long value, long low, long high) {
    char text[80];
    if (value < low) {
        snprintf(text, sizeof text, "%ld is below %ld", value, low);
        say(1, text);
        return 1;
    }
    if (value > high) {
        snprintf(text, sizeof text, "%ld is above %ld", value, high);
        say(1, text);
        return 1;
    }
    return 0;
}
