#define _POSIX_C_SOURCE 199309L
#include "duration.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { VALUES = 4096, PASSES = 9 };

static double now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec * 1e9 + (double)time.tv_nsec;
}

static int by_size(const void *left, const void *right) {
    double difference = *(const double *)left - *(const double *)right;
    return (difference > 0) - (difference < 0);
}

int main(void) {
    static char texts[VALUES][40];
    static duration_ms values[VALUES];
    double reading[PASSES], writing[PASSES];
    volatile duration_ms kept = 0;
    srand(1);
    for (int i = 0; i < VALUES; i++) values[i] = (duration_ms)rand() * (duration_ms)(rand() % 100000);
    for (int pass = 0; pass < PASSES; pass++) {
        double start = now();
        for (int i = 0; i < VALUES; i++) kept += duration_format(values[i], texts[i], sizeof texts[i]);
        writing[pass] = (now() - start) / VALUES;
        start = now();
        for (int i = 0; i < VALUES; i++) {
            duration_ms value = 0;
            duration_parse(texts[i], &value);
            kept += value;
        }
        reading[pass] = (now() - start) / VALUES;
    }
    qsort(reading, PASSES, sizeof reading[0], by_size);
    qsort(writing, PASSES, sizeof writing[0], by_size);
    printf("parse %.0f ns, format %.0f ns (median of %d)\n", reading[PASSES / 2], writing[PASSES / 2], PASSES);
    return 0;
}
