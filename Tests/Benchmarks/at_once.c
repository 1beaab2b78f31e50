// Starts so many processes of one program at once, and says how long it took until all had ended, in nanoseconds.
//
//     at_once COUNT PROGRAM [ARGUMENT]
//
// Each process writes into a file of its own. All must end well and say the same, the time in "Expiration" left out;
// what they say goes to standard error. posix_spawn is vfork underneath, so that starting costs the same for every
// program, however large this one is; a driver in Python takes longer to start a process than a process takes, and so
// would hide what is measured.
#define _GNU_SOURCE
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

extern char **environ;

static long now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec * 1000000000L + time.tv_nsec;
}

int main(int argc, char **argv) {
    if (argc < 3) return 64;
    int count = atoi(argv[1]);
    int *answers = calloc(count, sizeof *answers);
    posix_spawn_file_actions_t *actions = calloc(count, sizeof *actions);
    for (int at = 0; at < count; at++) {
        answers[at] = memfd_create("answer", MFD_CLOEXEC);
        if (answers[at] < 0) return 71;
        posix_spawn_file_actions_init(&actions[at]);
        posix_spawn_file_actions_adddup2(&actions[at], answers[at], 1);
    }
    long start = now();
    for (int at = 0; at < count; at++) {
        pid_t process;
        if (posix_spawn(&process, argv[2], &actions[at], NULL, argv + 2, environ) != 0) return 71;
    }
    int failed = 0;
    for (int at = 0; at < count; at++) {
        int status;
        if (wait(&status) < 0 || status != 0) failed++;
    }
    long took = now() - start;
    char first[4096] = "", other[4096] = "";
    ssize_t size = pread(answers[0], first, sizeof first - 1, 0);
    char *time = strstr(first, "Expiration");
    size_t same = time ? (size_t)(time - first) : (size_t)size;
    for (int at = 1; at < count; at++) {
        ssize_t got = pread(answers[at], other, sizeof other - 1, 0);
        if (got != size || memcmp(first, other, same) != 0) failed++;
    }
    if (failed) {
        fprintf(stderr, "%d of %d failed or answered something else\n", failed, count);
        return 70;
    }
    fwrite(first, 1, size, stderr);
    printf("%ld\n", took);
    return 0;
}
