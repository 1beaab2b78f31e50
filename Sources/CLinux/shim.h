#include <sys/auxv.h>
#include <sys/prctl.h>
#include <unistd.h>

/* Swift can't call functions with variable arguments. */
static inline int set_dumpable(int dumpable) { return prctl(PR_SET_DUMPABLE, dumpable, 0, 0, 0); }

/* Set-user-ID, set-group-ID, or with file capabilities. */
static inline int is_privileged(void) { return getauxval(AT_SECURE) != 0; }

/* The environment's entries, of which Swift only lends copies as text. */
extern char **environ;
static inline char **environment_entries(void) { return environ; }

/* GNU's, which the headers hide without _GNU_SOURCE: execvp(3) with an environment. */
extern int execvpe(const char *file, char *const arguments[], char *const environment[]);
static inline int execute(const char *file, char *const arguments[], char *const environment[]) {
  return execvpe(file, arguments, environment);
}
