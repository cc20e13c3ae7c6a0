#ifdef __linux__
#define _GNU_SOURCE
#endif

#include "CPosix.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#ifdef __linux__
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#ifndef SYS_pidfd_open
#define SYS_pidfd_open 434
#endif
#ifndef SYS_pidfd_send_signal
#define SYS_pidfd_send_signal 424
#endif
#endif

#ifdef __APPLE__
#include <crt_externs.h>
#include <mach-o/dyld.h>
#include <sys/event.h>
#endif

// MARK: Spawning

enum { DESCRIPTOR_LIMIT = 16 };

static void prepare_signals_once(void) {
    struct sigaction action;
    memset(&action, 0, sizeof action);
    sigemptyset(&action.sa_mask);
    action.sa_handler = SIG_IGN;
    sigaction(SIGPIPE, &action, NULL);
    struct sigaction present;
    if (sigaction(SIGCHLD, NULL, &present) == 0
        && (present.sa_handler == SIG_IGN || (present.sa_flags & SA_NOCLDWAIT))) {
        action.sa_handler = SIG_DFL;
        sigaction(SIGCHLD, &action, NULL);
    }
}

void coord_prepare_signals(void) {
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, prepare_signals_once);
}

static int set_attributes(posix_spawnattr_t *attributes, int session) {
    sigset_t none, all;
    sigemptyset(&none);
    sigfillset(&all);
    int error = posix_spawnattr_setsigmask(attributes, &none);
    if (!error) error = posix_spawnattr_setsigdefault(attributes, &all);
    if (!error && session == 0) error = posix_spawnattr_setpgroup(attributes, 0);
    short flags = POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF;
    if (session == 0) flags |= POSIX_SPAWN_SETPGROUP;
    if (session == 1) flags |= POSIX_SPAWN_SETSID;
#ifdef __APPLE__
    flags |= POSIX_SPAWN_CLOEXEC_DEFAULT;
#endif
    if (!error) error = posix_spawnattr_setflags(attributes, flags);
    return error;
}

/// `sources[n]` is what becomes descriptor n of the child, -1 for none; all sources lie above the targets, so
/// that no step overwrites what a later one needs.
static int set_actions(posix_spawn_file_actions_t *actions, const char *folder, const int *sources,
                       int count) {
    int error = 0;
    for (int number = 0; number < count && !error; number++) {
        if (sources[number] >= 0) {
            error = posix_spawn_file_actions_adddup2(actions, sources[number], number);
        } else if (number < 3) {
            int mode = number ? O_WRONLY : O_RDONLY;
            error = posix_spawn_file_actions_addopen(actions, number, "/dev/null", mode, 0);
        }
#ifndef __APPLE__
        else {
            error = posix_spawn_file_actions_addclose(actions, number);
        }
#endif
    }
#ifndef __APPLE__
    if (!error) error = posix_spawn_file_actions_addclosefrom_np(actions, count);
#endif
    if (!error && folder) error = posix_spawn_file_actions_addchdir_np(actions, folder);
    return error;
}

int coord_spawn(const coord_spawn_request *request, pid_t *child) {
    int sources[DESCRIPTOR_LIMIT];
    int temporary[DESCRIPTOR_LIMIT];
    int temporary_count = 0;
    int count = 3;
    for (int number = 0; number < DESCRIPTOR_LIMIT; number++) sources[number] = -1;
    for (size_t index = 0; index < request->descriptor_count; index++) {
        int number = request->descriptors[2 * index];
        if (number < 0 || number >= DESCRIPTOR_LIMIT || sources[number] >= 0) return EINVAL;
        sources[number] = request->descriptors[2 * index + 1];
        if (number >= count) count = number + 1;
    }

    int error = 0;
    for (int number = 0; number < count && !error; number++) {
        if (sources[number] < 0 || sources[number] >= count) continue;
        int copy = fcntl(sources[number], F_DUPFD_CLOEXEC, count);
        if (copy < 0) {
            error = errno;
        } else {
            temporary[temporary_count++] = copy;
            sources[number] = copy;
        }
    }

    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    int has_actions = 0, has_attributes = 0;
    if (!error) {
        error = posix_spawn_file_actions_init(&actions);
        has_actions = !error;
    }
    if (!error) {
        error = posix_spawnattr_init(&attributes);
        has_attributes = !error;
    }
    if (!error) error = set_attributes(&attributes, request->session);
    if (!error) error = set_actions(&actions, request->folder, sources, count);
    // A file that another thread was still writing when it started a child stays busy until that child has
    // called exec: a moment, and not the caller's fault.
    for (int attempt = 0; !error; attempt++) {
        error = posix_spawn(child, request->executable, &actions, &attributes, request->arguments,
                            request->environment);
        if (error != ETXTBSY || attempt == 20) break;
        error = 0;
        struct timespec moment = {0, 2000000};
        nanosleep(&moment, NULL);
    }
    if (has_actions) posix_spawn_file_actions_destroy(&actions);
    if (has_attributes) posix_spawnattr_destroy(&attributes);
    for (int index = 0; index < temporary_count; index++) close(temporary[index]);
    return error;
}

// MARK: Ends of processes

int coord_wait(pid_t pid, int wait, int keep, int *value) {
    siginfo_t info;
    int options = WEXITED | (wait ? 0 : WNOHANG) | (keep ? WNOWAIT : 0);
    int result;
    do {
        memset(&info, 0, sizeof info);
        result = waitid(P_PID, (id_t)pid, &info, options);
    } while (result < 0 && errno == EINTR);
    if (result < 0) return -1;
    if (info.si_pid == 0) return COORD_RUNNING;
    *value = info.si_status;
    return info.si_code == CLD_EXITED ? COORD_EXITED : COORD_SIGNALED;
}

#ifdef __linux__

int coord_pidfd_open(pid_t pid) { return (int)syscall(SYS_pidfd_open, pid, 0); }

int coord_pidfd_signal(int descriptor, int signal) {
    return (int)syscall(SYS_pidfd_send_signal, descriptor, signal, NULL, 0);
}

int coord_exit_descriptor(pid_t pid) { return coord_pidfd_open(pid); }

int coord_become_subreaper(void) { return prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0); }

int coord_is_subreaper(void) {
    int value = 0;
    return prctl(PR_GET_CHILD_SUBREAPER, &value, 0, 0, 0) == 0 && value;
}

#else

int coord_pidfd_open(pid_t pid) {
    (void)pid;
    errno = ENOSYS;
    return -1;
}

int coord_pidfd_signal(int descriptor, int signal) {
    (void)descriptor;
    (void)signal;
    errno = ENOSYS;
    return -1;
}

int coord_exit_descriptor(pid_t pid) {
    int queue = kqueue();
    if (queue < 0) return -1;
    coord_set_close_on_exec(queue);
    struct kevent change;
    EV_SET(&change, pid, EVFILT_PROC, EV_ADD | EV_ONESHOT, NOTE_EXIT, 0, NULL);
    if (kevent(queue, &change, 1, NULL, 0, NULL) == 0) return queue;
    // The child has already ended: make the queue readable at once.
    EV_SET(&change, 1, EVFILT_USER, EV_ADD, NOTE_TRIGGER, 0, NULL);
    if (kevent(queue, &change, 1, NULL, 0, NULL) == 0) return queue;
    close(queue);
    return -1;
}

int coord_become_subreaper(void) {
    errno = ENOSYS;
    return -1;
}

int coord_is_subreaper(void) { return 0; }

#endif

// MARK: Descriptors

int coord_set_nonblocking(int descriptor) {
    int flags = fcntl(descriptor, F_GETFL);
    if (flags < 0) return -1;
    return fcntl(descriptor, F_SETFL, flags | O_NONBLOCK);
}

int coord_set_close_on_exec(int descriptor) { return fcntl(descriptor, F_SETFD, FD_CLOEXEC); }

int coord_pipe(int ends[2]) {
#ifdef __linux__
    return pipe2(ends, O_CLOEXEC);
#else
    if (pipe(ends) < 0) return -1;
    coord_set_close_on_exec(ends[0]);
    coord_set_close_on_exec(ends[1]);
    return 0;
#endif
}

// MARK: Readiness

#ifdef __linux__

int coord_epoll_create(void) { return epoll_create1(EPOLL_CLOEXEC); }

static int control(int epoll, int operation, int descriptor, uint32_t generation, int interest) {
    struct epoll_event event;
    memset(&event, 0, sizeof event);
    if (interest & COORD_READABLE) event.events |= EPOLLIN | EPOLLRDHUP;
    if (interest & COORD_WRITABLE) event.events |= EPOLLOUT;
    event.data.u64 = (uint64_t)generation << 32 | (uint32_t)descriptor;
    return epoll_ctl(epoll, operation, descriptor, &event);
}

int coord_epoll_add(int epoll, int descriptor, uint32_t generation, int interest) {
    return control(epoll, EPOLL_CTL_ADD, descriptor, generation, interest);
}

int coord_epoll_change(int epoll, int descriptor, uint32_t generation, int interest) {
    return control(epoll, EPOLL_CTL_MOD, descriptor, generation, interest);
}

int coord_epoll_remove(int epoll, int descriptor) {
    return control(epoll, EPOLL_CTL_DEL, descriptor, 0, 0);
}

int coord_wait_readable(int descriptor, int64_t nanoseconds) {
    struct pollfd waited = {.fd = descriptor, .events = POLLIN};
    struct timespec limit = {.tv_sec = nanoseconds / 1000000000, .tv_nsec = nanoseconds % 1000000000};
    return ppoll(&waited, 1, &limit, NULL);
}

int coord_epoll_wait(int epoll, coord_ready *ready, int limit, int timeout_milliseconds) {
    struct epoll_event events[128];
    if (limit > 128) limit = 128;
    int count = epoll_wait(epoll, events, limit, timeout_milliseconds);
    if (count < 0) return errno == EINTR ? 0 : -1;
    for (int index = 0; index < count; index++) {
        ready[index].descriptor = (int)(uint32_t)events[index].data.u64;
        ready[index].generation = (uint32_t)(events[index].data.u64 >> 32);
        uint32_t seen = events[index].events;
        ready[index].ready = 0;
        if (seen & (EPOLLIN | EPOLLRDHUP | EPOLLHUP | EPOLLERR)) ready[index].ready |= COORD_READABLE;
        if (seen & (EPOLLOUT | EPOLLHUP | EPOLLERR)) ready[index].ready |= COORD_WRITABLE;
    }
    return count;
}

int coord_eventfd(void) { return eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK); }

#endif

// MARK: Signals

enum { SIGNAL_LIMIT = 65 };
static volatile int signal_routes[SIGNAL_LIMIT];

static void on_signal(int number) {
    int kept = errno;
    // Stored plus one, so that the initial 0 means none. A full pipe has been told already.
    int descriptor = signal_routes[number] - 1;
    unsigned char byte = (unsigned char)number;
    if (descriptor >= 0 && write(descriptor, &byte, 1) < 0) { /* nothing better to do */ }
    errno = kept;
}

int coord_route_signal(int signal, int descriptor) {
    if (signal <= 0 || signal >= SIGNAL_LIMIT) {
        errno = EINVAL;
        return -1;
    }
    struct sigaction action;
    memset(&action, 0, sizeof action);
    sigemptyset(&action.sa_mask);
    action.sa_flags = SA_RESTART;
    action.sa_handler = descriptor >= 0 ? on_signal : SIG_DFL;
    if (descriptor >= 0) signal_routes[signal] = descriptor + 1;
    int result = sigaction(signal, &action, NULL);
    if (descriptor < 0) signal_routes[signal] = 0;
    return result;
}

// MARK: Rest

char **coord_environment(void) {
#ifdef __APPLE__
    return *_NSGetEnviron();
#else
    return environ;
#endif
}

static int64_t now(clockid_t clock) {
    struct timespec time;
    clock_gettime(clock, &time);
    return (int64_t)time.tv_sec * 1000000000 + time.tv_nsec;
}

int64_t coord_monotonic_now(void) { return now(CLOCK_MONOTONIC); }

int64_t coord_wall_now(void) { return now(CLOCK_REALTIME); }

int coord_open(const char *path, int flags, unsigned mode) {
    int descriptor;
    do {
        descriptor = open(path, flags | O_CLOEXEC, (mode_t)mode);
    } while (descriptor < 0 && errno == EINTR);
    return descriptor;
}

int coord_openat(int folder, const char *path, int flags, unsigned mode) {
    int descriptor;
    do {
        descriptor = openat(folder, path, flags | O_CLOEXEC, (mode_t)mode);
    } while (descriptor < 0 && errno == EINTR);
    return descriptor;
}

ssize_t coord_own_executable(char *buffer, size_t size) {
#ifdef __APPLE__
    uint32_t length = (uint32_t)size;
    if (_NSGetExecutablePath(buffer, &length) != 0) {
        errno = ENAMETOOLONG;
        return -1;
    }
    return (ssize_t)strlen(buffer);
#else
    return readlink("/proc/self/exe", buffer, size);
#endif
}

typedef struct {
    void (*body)(void *);
    void *argument;
    char name[16];
} thread_start;

static void *run_thread(void *raw) {
    thread_start start = *(thread_start *)raw;
    free(raw);
#ifdef __APPLE__
    pthread_setname_np(start.name);
#else
    pthread_setname_np(pthread_self(), start.name);
#endif
    start.body(start.argument);
    return NULL;
}

int coord_start_thread(void (*body)(void *), void *argument, const char *name) {
    thread_start *start = calloc(1, sizeof *start);
    if (!start) return ENOMEM;
    start->body = body;
    start->argument = argument;
    strncpy(start->name, name, sizeof start->name - 1);
    pthread_attr_t attributes;
    pthread_attr_init(&attributes);
    pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
    sigset_t all, before;
    sigfillset(&all);
    // The signals of the program go to the thread that waits for them, never to this one.
    pthread_sigmask(SIG_SETMASK, &all, &before);
    pthread_t thread;
    int error = pthread_create(&thread, &attributes, run_thread, start);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    pthread_attr_destroy(&attributes);
    if (error) free(start);
    return error;
}

uintptr_t coord_thread_id(void) { return (uintptr_t)pthread_self(); }
