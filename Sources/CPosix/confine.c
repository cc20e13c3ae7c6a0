#ifdef __linux__
#define _GNU_SOURCE
#endif

#include "CPosix.h"

#include <errno.h>
#include <sys/resource.h>

int coord_forbid_core_dumps(void) {
    struct rlimit none = {0, 0};
    return setrlimit(RLIMIT_CORE, &none);
}

#ifdef __linux__

#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

// The numbers of linux/landlock.h, written out because the header of a build machine may be older than the
// kernel the program runs on. They are the same on every architecture.
enum { CREATE_RULESET = 444, ADD_RULE = 445, RESTRICT_SELF = 446, IO_URING_SETUP = 425 };
enum { RULE_PATH_BENEATH = 1, CREATE_VERSION = 1 };
#define FS_EXECUTE (1ULL << 0)
#define FS_WRITE_FILE (1ULL << 1)
#define FS_READ_FILE (1ULL << 2)
#define FS_READ_DIR (1ULL << 3)
#define FS_REFER (1ULL << 13)
#define FS_TRUNCATE (1ULL << 14)
#define FS_IOCTL_DEV (1ULL << 15)
#define NET_BIND_AND_CONNECT 3ULL
#define SCOPE_SOCKETS_AND_SIGNALS 3ULL

struct ruleset_attributes {
    uint64_t file_rights;
    uint64_t network_rights;
    uint64_t scoped;
};

struct path_rule {
    uint64_t rights;
    int32_t folder;
} __attribute__((packed));

int coord_landlock_version(void) { return (int)syscall(CREATE_RULESET, NULL, 0, CREATE_VERSION); }

/// Every right on files that this kernel can deny.
static uint64_t file_rights(int version) {
    uint64_t rights = FS_REFER - 1;
    if (version >= 2) rights |= FS_REFER;
    if (version >= 3) rights |= FS_TRUNCATE;
    if (version >= 5) rights |= FS_IOCTL_DEV;
    return rights;
}

int coord_landlock_begin(int network) {
    int version = coord_landlock_version();
    if (version < 1) {
        errno = ENOSYS;
        return -1;
    }
    struct ruleset_attributes attributes = {.file_rights = file_rights(version)};
    size_t size = sizeof attributes.file_rights;
    if (version >= 4) {
        size = offsetof(struct ruleset_attributes, scoped);
        if (!network) attributes.network_rights = NET_BIND_AND_CONNECT;
    }
    if (version >= 6) {
        size = sizeof attributes;
        attributes.scoped = SCOPE_SOCKETS_AND_SIGNALS;
    }
    return (int)syscall(CREATE_RULESET, &attributes, size, 0);
}

int coord_landlock_allow(int ruleset, const char *path, int writable) {
    int descriptor = open(path, O_PATH | O_CLOEXEC);
    if (descriptor < 0) return -1;
    struct stat status;
    int result = fstat(descriptor, &status);
    if (result == 0) {
        uint64_t all = file_rights(coord_landlock_version());
        struct path_rule rule = {.folder = descriptor};
        rule.rights = writable ? all : FS_EXECUTE | FS_READ_FILE | FS_READ_DIR;
        uint64_t of_files = FS_EXECUTE | FS_WRITE_FILE | FS_READ_FILE | FS_TRUNCATE | FS_IOCTL_DEV;
        if (!S_ISDIR(status.st_mode)) rule.rights &= of_files & all;
        result = (int)syscall(ADD_RULE, ruleset, RULE_PATH_BENEATH, &rule, 0);
    }
    int code = errno;
    close(descriptor);
    errno = code;
    return result;
}

#if defined(__x86_64__)
#define OWN_ARCHITECTURE AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define OWN_ARCHITECTURE AUDIT_ARCH_AARCH64
#endif

/// Landlock has no rule for connecting to a socket in the file system, such as a container service's, and
/// io_uring makes sockets without the call. Pairs of sockets stay: they lead nowhere else.
static int filter_calls(void) {
#ifdef OWN_ARCHITECTURE
    struct sock_filter filter[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, arch)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, OWN_ARCHITECTURE, 1, 0),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS),
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        // The x32 numbers of x86-64 are other names for the same calls.
        BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, 0x40000000, 5, 0),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, IO_URING_SETUP, 4, 0),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_socket, 0, 2),
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, args[0])),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, AF_UNIX, 1, 0),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM),
    };
    struct sock_fprog program = {.len = sizeof filter / sizeof *filter, .filter = filter};
    return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program);
#else
    errno = ENOSYS;
    return -1;
#endif
}

int coord_landlock_enforce(int ruleset) {
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0) return -1;
    // The superuser has on executing what is in this set: nothing. Others may not, and need not, empty it.
    for (int capability = 0; geteuid() == 0 && capability < 64; capability++) {
        if (prctl(PR_CAPBSET_DROP, capability, 0, 0, 0) < 0 && errno != EINVAL) return -1;
    }
    if ((int)syscall(RESTRICT_SELF, ruleset, 0) < 0) return -1;
    return filter_calls();
}

#endif
