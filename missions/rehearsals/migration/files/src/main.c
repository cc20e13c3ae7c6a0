#include <stdio.h>
#include <stdlib.h>

#include "log.h"
#include "range.h"

int main(int count, char **words) {
    char line[64];
    int found = 0;
    if (count != 3) {
        log_line(LOG_ERROR, "give the lowest and the highest value");
        return 2;
    }
    while (fgets(line, sizeof line, stdin)) {
        char *end;
        long value = strtol(line, &end, 10);
        if (end == line) {
            log_line(LOG_NOTE, "a line without a number was left out");
            continue;
        }
        found += check_range(value, strtol(words[1], NULL, 10), strtol(words[2], NULL, 10));
    }
    printf("%d out of range\n", found);
    return found > 0;
}
