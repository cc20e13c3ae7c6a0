#include <curl/curl.h>

/* Variadic functions, which Swift cannot call, one for each kind of argument. */

static inline CURLcode coord_curl_set_long(CURL *handle, CURLoption option, long value) {
    return curl_easy_setopt(handle, option, value);
}

static inline CURLcode coord_curl_set_size(CURL *handle, CURLoption option, curl_off_t value) {
    return curl_easy_setopt(handle, option, value);
}

static inline CURLcode coord_curl_set_text(CURL *handle, CURLoption option, const char *value) {
    return curl_easy_setopt(handle, option, value);
}

static inline CURLcode coord_curl_set_pointer(CURL *handle, CURLoption option, void *value) {
    return curl_easy_setopt(handle, option, value);
}

typedef size_t (*coord_curl_receiver)(char *bytes, size_t size, size_t count, void *user);

static inline CURLcode coord_curl_set_receiver(CURL *handle, CURLoption option, coord_curl_receiver value) {
    return curl_easy_setopt(handle, option, value);
}

static inline CURLMcode coord_curl_multi_set_long(CURLM *multi, CURLMoption option, long value) {
    return curl_multi_setopt(multi, option, value);
}

static inline CURLcode coord_curl_message_result(const CURLMsg *message) { return message->data.result; }

enum { COORD_CURL_WRITE_PAUSE = CURL_WRITEFUNC_PAUSE };
