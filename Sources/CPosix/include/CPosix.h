#ifndef CPOSIX_H
#define CPOSIX_H

// What Swift does not see of POSIX, Linux and Darwin, as plain functions. Every function that can fail
// returns -1 and sets errno, unless it says otherwise.

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

// MARK: Spawning

typedef struct {
    const char *executable;
    char *const *arguments;
    char *const *environment;
    /// Null: the caller's own.
    const char *folder;
    /// Pairs: the number in the child, the number here. The numbers of the child are distinct.
    const int *descriptors;
    size_t descriptor_count;
    /// 1: a session of its own; 0: a process group of its own; 2: it stays in the caller's.
    int session;
} coord_spawn_request;

/// Starts a program with exactly the given descriptors (0, 1 and 2 are the null device when not given), no
/// blocked signal and every signal at its default. Returns 0, or the errno of what went wrong.
int coord_spawn(const coord_spawn_request *request, pid_t *child);

/// Ignores SIGPIPE, and makes sure that children wait to be reaped, whatever was inherited.
void coord_prepare_signals(void);

// MARK: Ends of processes

/// A descriptor that becomes readable when the child has ended: a pidfd on Linux, a kqueue on Darwin.
int coord_exit_descriptor(pid_t pid);

enum { COORD_RUNNING = 0, COORD_EXITED = 1, COORD_SIGNALED = 2 };

/// Asks for the end of a child. `wait`: blocks until there is one. `keep`: leaves the zombie in place.
/// Returns COORD_RUNNING, COORD_EXITED or COORD_SIGNALED with the status or signal in `value`.
int coord_wait(pid_t pid, int wait, int keep, int *value);

/// Signals one process by a handle, when the handle is of use (Linux). ENOSYS elsewhere.
int coord_pidfd_open(pid_t pid);
int coord_pidfd_signal(int descriptor, int signal);

/// Orphaned descendants become children of this process instead of the first process's. ENOSYS off Linux.
int coord_become_subreaper(void);
int coord_is_subreaper(void);

// MARK: Descriptors

/// A pipe whose two ends close on exec.
int coord_pipe(int ends[2]);
int coord_set_nonblocking(int descriptor);
int coord_set_close_on_exec(int descriptor);

// MARK: Readiness

#ifdef __linux__

enum { COORD_READABLE = 1, COORD_WRITABLE = 2 };

typedef struct {
    int descriptor;
    /// Set by the one who adds; tells an event of an earlier use of the same number.
    uint32_t generation;
    int ready;
} coord_ready;

int coord_epoll_create(void);
int coord_epoll_add(int epoll, int descriptor, uint32_t generation, int interest);
int coord_epoll_change(int epoll, int descriptor, uint32_t generation, int interest);
int coord_epoll_remove(int epoll, int descriptor);
/// Waits for one descriptor, an epoll's own included; 0 when the time is over.
int coord_wait_readable(int descriptor, int64_t nanoseconds);
/// A hang-up or an error counts as ready for whatever was asked for. Returns how many are ready.
int coord_epoll_wait(int epoll, coord_ready *ready, int limit, int timeout_milliseconds);

/// An eventfd, non-blocking and close-on-exec.
int coord_eventfd(void);

#endif

// MARK: Signals

/// From now on the number of each such signal is written as one byte to `descriptor`; -1 gives the signal its
/// default again.
int coord_route_signal(int signal, int descriptor);

// MARK: Confining this process

/// No core dump of this process or its children.
int coord_forbid_core_dumps(void);

#ifdef __linux__

/// What Landlock's version is on this kernel; -1 where there is none.
int coord_landlock_version(void);

/// A set of rules that denies everything it knows: reading, writing, and with `network` 0 TCP; where the kernel
/// can, also signals and abstract sockets to processes outside. Returns a descriptor.
int coord_landlock_begin(int network);

/// Allows a path and everything below it: to read and execute, or with `writable` to do everything.
int coord_landlock_allow(int ruleset, const char *path, int writable);

/// From now on, and for good, the rules hold for this thread and what it executes: with no way to gain
/// rights by executing, no capability, no new local socket and no io_uring, which would go around them.
int coord_landlock_enforce(int ruleset);

#endif

// MARK: Rest

/// The environment of this process.
char **coord_environment(void);

/// Nanoseconds.
int64_t coord_monotonic_now(void);
int64_t coord_wall_now(void);

/// `open` and `fcntl` are variadic, which Swift cannot call everywhere.
int coord_open(const char *path, int flags, unsigned mode);
int coord_openat(int folder, const char *path, int flags, unsigned mode);

/// The path of the running executable. Returns its length or -1.
ssize_t coord_own_executable(char *buffer, size_t size);

/// Starts a detached thread whose name is cut to 15 bytes, all signals blocked. Returns 0 or an errno.
int coord_start_thread(void (*body)(void *), void *argument, const char *name);

/// Tells the calling thread from the others that live.
uintptr_t coord_thread_id(void);

#endif
