#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

/* GNU's pipe2(2), which the headers hide without _GNU_SOURCE, for descriptors that no other program gets. */
static inline int make_pipe(int ends[2]) { return (int)syscall(SYS_pipe2, ends, O_CLOEXEC); }

/* GNU's, hidden as well. */
int execvpe(const char *path, char *const arguments[], char *const environment[]);

/* Starts a program, looked for in PATH, with these descriptors as its standard input, output and errors; without errors
   (-1), it has nowhere to complain to; without an environment, it has this process's. A group of its own is for a
   program that has no business with the terminal: from there, it could read nothing. The kernel kills it when the
   calling thread ends, however that ends: posix_spawn can't ask for that. Between vfork and exec, only calls that a
   signal handler could make, or that do no more in GNU's library. -1, and errno, if it can't be started. */
__attribute__((noinline)) static pid_t start_child(
    const char *path, char *const arguments[], char *const environment[], int input, int output, int errors,
    bool has_own_group) {
  volatile int failure = 0;
  pid_t parent = getpid();
  pid_t child = vfork();
  if (child == 0) {
    if (errors < 0) errors = open("/dev/null", O_WRONLY | O_CLOEXEC);
    if (has_own_group) setpgid(0, 0);
    if (prctl(PR_SET_PDEATHSIG, SIGKILL) == 0 && getppid() == parent && dup2(input, 0) == 0 &&
        dup2(output, 1) == 1 && dup2(errors, 2) == 2) {
      /* What whoever started awskeys left open is no business of a program that is asked for a secret. */
      syscall(SYS_close_range, 3, ~0U, 0);
      if (environment) execvpe(path, arguments, environment);
      else execvp(path, arguments);
    }
    failure = errno ? errno : ECHILD;
    _exit(127);
  }
  if (child > 0 && failure) {
    while (waitpid(child, NULL, 0) < 0 && errno == EINTR) {}
    errno = failure;
    return -1;
  }
  return child;
}
