#include <curl/curl.h>
#include <malloc.h>

/* Swift can't call functions with variable arguments. */
static inline CURLcode curl_set_long(CURL *curl, CURLoption option, long value) {
  return curl_easy_setopt(curl, option, value);
}
static inline CURLcode curl_set_pointer(CURL *curl, CURLoption option, const void *value) {
  return curl_easy_setopt(curl, option, value);
}
static inline CURLcode curl_set_writer(CURL *curl, curl_write_callback writer) {
  return curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, writer);
}
static inline CURLcode curl_get_long(CURL *curl, CURLINFO info, long *value) {
  return curl_easy_getinfo(curl, info, value);
}
static inline CURLcode curl_set_header_reader(CURL *curl, curl_write_callback reader) {
  return curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, reader);
}
