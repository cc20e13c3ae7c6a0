#include "log.h"

#include <stdarg.h>
#include <stdio.h>

void log_line(enum severity severity, const char *format, ...) {
    static const char *names[] = {"note", "warning", "error"};
    va_list values;
    fprintf(stderr, "%s: ", names[severity]);
    va_start(values, format);
    vfprintf(stderr, format, values);
    va_end(values);
    fputc('\n', stderr);
}
