#include <sys/auxv.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
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

/* Sends a datagram from a process that has ended on return: whoever looks up its sender finds nothing, rather than the
   program that takes this process's place. Between vfork and _exit, only calls that a signal handler could make. */
__attribute__((noinline)) static void send_apart(
    int socket, const void *bytes, size_t size, const struct sockaddr *to, socklen_t to_size) {
  pid_t child = vfork();
  if (child == 0) {
    sendto(socket, bytes, size, MSG_NOSIGNAL, to, to_size);
    _exit(0);
  }
  if (child > 0) waitpid(child, NULL, 0);
}
