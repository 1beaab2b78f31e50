#include <sys/prctl.h>

/* Swift can't call functions with variable arguments. */
static inline int set_dumpable(int dumpable) { return prctl(PR_SET_DUMPABLE, dumpable, 0, 0, 0); }
