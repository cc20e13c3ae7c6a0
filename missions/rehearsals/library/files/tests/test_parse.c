#include "duration.h"

#include "check.h"

static const struct {
    const char *text;
    duration_ms value;
} good[] = {
    {"0s", 0},           {"1ms", 1},         {"250ms", 250},       {"1s", 1000},
    {"90m", 5400000},    {"1h30m", 5400000}, {"2d3h4m5s6ms", 183845006},
    {"007s", 7000},      {"9223372036854775807ms", DURATION_MAX},
    {"106751991167d7h12m55s807ms", DURATION_MAX},
};

static const struct {
    const char *text;
    int kind;
} bad[] = {
    {"", DURATION_EMPTY},        {"1", DURATION_SYNTAX},      {"s", DURATION_SYNTAX},
    {"1x", DURATION_SYNTAX},     {"1s1s", DURATION_SYNTAX},   {"1s1h", DURATION_SYNTAX},
    {"-1s", DURATION_SYNTAX},    {"+1s", DURATION_SYNTAX},    {" 1s", DURATION_SYNTAX},
    {"1 s", DURATION_SYNTAX},    {"1.5s", DURATION_SYNTAX},   {"1s ", DURATION_SYNTAX},
    {"9223372036854775808ms", DURATION_RANGE},
    {"106751991167d7h12m55s808ms", DURATION_RANGE},
    {"99999999999999999999d", DURATION_RANGE},
};

int main(void) {
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        duration_ms value = 42;
        CHECK(duration_parse(good[i].text, &value) == 0);
        CHECK(value == good[i].value);
    }
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        duration_ms value = 42;
        CHECK(duration_parse(bad[i].text, &value) == bad[i].kind);
        CHECK(value == 42);
    }
    return failures != 0;
}
