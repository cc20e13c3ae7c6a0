#include "say.h"

#include <stdio.h>

void say(int level, const char *text) {
    static const char *names[] = {"note", "warning", "error"};
    fprintf(stderr, "%s: %s\n", names[level], text);
}
