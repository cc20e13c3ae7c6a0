#include "range.h"

#include "log.h"

int check_range(long value, long low, long high) {
    if (value < low) {
        log_line(LOG_WARNING, "%ld is below %ld", value, low);
        return 1;
    }
    if (value > high) {
        log_line(LOG_WARNING, "%ld is above %ld", value, high);
        return 1;
    }
    return 0;
}
