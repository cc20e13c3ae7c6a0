#include <libwebsockets.h>

/* Macros that Swift does not see. */
enum {
    COORD_LWS_PRE = LWS_PRE,
    COORD_LWS_TOKENS = WSI_TOKEN_COUNT,
};
