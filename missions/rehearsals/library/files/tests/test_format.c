#include "duration.h"

#include <string.h>

#include "check.h"

static const struct {
    duration_ms value;
    const char *text;
} table[] = {
    {0, "0s"},        {1, "1ms"},       {1000, "1s"},      {5400000, "1h30m"}, {86400000, "1d"},
    {183845006, "2d3h4m5s6ms"},         {DURATION_MAX, "106751991167d7h12m55s807ms"},
};

int main(void) {
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        size_t length = strlen(table[i].text);
        for (size_t size = 0; size <= length + 2; size++) {
            char buffer[40];
            memset(buffer, '#', sizeof buffer);
            CHECK(duration_format(table[i].value, buffer, size) == length);
            CHECK(buffer[size] == '#');
            if (size > 0) CHECK(strncmp(buffer, table[i].text, size - 1) == 0);
            if (size > 0 && size <= length) CHECK(buffer[size - 1] == 0);
        }
    }
    return failures != 0;
}
