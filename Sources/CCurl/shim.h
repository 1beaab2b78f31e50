#include <curl/curl.h>
#include <dlfcn.h>
#include <malloc.h>

/* libcurl brings two dozen libraries along, and most commands send no request: the first one that does loads it. */
static inline void *curl_function(const char *name) {
  static void *library;
  if (!library) library = dlopen("libcurl.so.4", RTLD_NOW | RTLD_LOCAL);
  return library ? dlsym(library, name) : NULL;
}
#define LOADED(name) ((__typeof__(&name))curl_function(#name))

static inline int libcurl_is_there(void) { return curl_function("curl_easy_perform") != NULL; }
static inline CURLcode loaded_global_init(
    curl_malloc_callback allocate, curl_free_callback release, curl_realloc_callback resize,
    curl_strdup_callback duplicate, curl_calloc_callback allocate_zeros) {
  return LOADED(curl_global_init_mem)(CURL_GLOBAL_DEFAULT, allocate, release, resize, duplicate, allocate_zeros);
}
static inline CURL *loaded_init(void) { return LOADED(curl_easy_init)(); }
static inline void loaded_cleanup(CURL *curl) { LOADED(curl_easy_cleanup)(curl); }
static inline CURLcode loaded_perform(CURL *curl) { return LOADED(curl_easy_perform)(curl); }
static inline const char *loaded_strerror(CURLcode code) { return LOADED(curl_easy_strerror)(code); }
static inline time_t loaded_getdate(const char *text) { return LOADED(curl_getdate)(text, NULL); }
static inline struct curl_slist *loaded_append(struct curl_slist *list, const char *line) {
  return LOADED(curl_slist_append)(list, line);
}
static inline void loaded_free_list(struct curl_slist *list) { LOADED(curl_slist_free_all)(list); }

/* Swift can't call functions with variable arguments. */
static inline void loaded_set_long(CURL *curl, CURLoption option, long value) {
  LOADED(curl_easy_setopt)(curl, option, value);
}
static inline void loaded_set_pointer(CURL *curl, CURLoption option, const void *value) {
  LOADED(curl_easy_setopt)(curl, option, value);
}
static inline void loaded_set_callback(CURL *curl, CURLoption option, curl_write_callback callback) {
  LOADED(curl_easy_setopt)(curl, option, callback);
}
static inline long loaded_get_long(CURL *curl, CURLINFO info) {
  long value = 0;
  LOADED(curl_easy_getinfo)(curl, info, &value);
  return value;
}
