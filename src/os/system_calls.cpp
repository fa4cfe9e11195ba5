#include "os/system_calls.h"

#include <linux/sched.h>
#include <sched.h>
#include <seccomp.h>
#include <sys/socket.h>

#include <array>
#include <memory>
#include <string_view>

namespace ebond::os {
namespace {

// By what they are for (docs/security.md). A name that this machine does not have is left out.
constexpr auto kMemoryThreadsAndTime = std::to_array<std::string_view>({
    "brk",
    "mmap",
    "munmap",
    "mprotect",
    "mremap",
    "madvise",
    "clone",
    "clone3",
    "exit",
    "exit_group",
    "futex",
    "futex_waitv",
    "set_robust_list",
    "rseq",
    "set_tid_address",
    "gettid",
    "getpid",
    "getppid",
    "sched_yield",
    "sched_getaffinity",
    "sched_getparam",
    "sched_getscheduler",
    "tgkill",
    "rt_sigaction",
    "rt_sigprocmask",
    "rt_sigreturn",
    "sigaltstack",
    "restart_syscall",
    "clock_gettime",
    "clock_getres",
    "clock_nanosleep",
    "nanosleep",
    "gettimeofday",
    "time",
    "getrandom",
    "membarrier",
    "getcpu",
    "uname",
    "sysinfo",
    "getuid",
    "geteuid",
    "getgid",
    "getegid",
    "getrlimit",
    "prlimit64",
    "getrusage",
});
constexpr auto kFiles = std::to_array<std::string_view>({
    "open",      "openat",     "close",      "close_range", "read",       "readv",     "pread64",
    "write",     "writev",     "pwrite64",   "lseek",       "_llseek",    "fstat",     "fstat64",
    "stat",      "stat64",     "lstat",      "lstat64",     "newfstatat", "fstatat64", "statx",
    "statfs",    "statfs64",   "fstatfs",    "fstatfs64",   "access",     "faccessat", "faccessat2",
    "readlink",  "readlinkat", "getdents64", "getcwd",      "mkdir",      "mkdirat",   "rmdir",
    "unlink",    "unlinkat",   "rename",     "renameat",    "renameat2",  "symlink",   "symlinkat",
    "chmod",     "fchmod",     "fchmodat",   "chown",       "lchown",     "fchown",    "fchownat",
    "ftruncate", "fsync",      "fdatasync",  "flock",       "fcntl",      "fcntl64",   "dup",
    "dup2",      "dup3",       "umask",
});
constexpr auto kWaiting = std::to_array<std::string_view>({
    "epoll_create1",
    "epoll_ctl",
    "epoll_wait",
    "epoll_pwait",
    "epoll_pwait2",
    "poll",
    "ppoll",
    "select",
    "pselect6",
    "_newselect",
    "eventfd2",
    "timerfd_create",
    "timerfd_settime",
    "timerfd_gettime",
    "pipe",
    "pipe2",
    "inotify_init1",
    "inotify_add_watch",
    "inotify_rm_watch",
});
constexpr auto kSockets = std::to_array<std::string_view>({
    "bind",
    "listen",
    "accept",
    "accept4",
    "connect",
    "getsockname",
    "getpeername",
    "getsockopt",
    "setsockopt",
    "sendto",
    "sendmsg",
    "sendmmsg",
    "recvfrom",
    "recvmsg",
    "recvmmsg",
    "shutdown",
    "socketpair",
    "ioctl",
});
constexpr auto kProgramsAndNamespaces = std::to_array<std::string_view>({
    "bpf",
    "perf_event_open",
    // libbpf's placeholder for each map, since 1.4. What is written into one cannot be run: there is no
    // execve.
    "memfd_create",
    "setns",
    "mount",
    "umount2",
    "pidfd_open",
    // A sysfs of another namespace, mounted nowhere.
    "fsopen",
    "fsconfig",
    "fsmount",
});
/// A socket of any other family reaches code of the kernel that a bond has no use for.
constexpr std::array kFamilies{AF_UNIX, AF_NETLINK, AF_INET, AF_INET6, AF_PACKET};
/// What a thread may leave the others for. Never a user namespace, in which it would have all capabilities.
constexpr std::array<unsigned, 3> kUnshared{CLONE_NEWNET, CLONE_NEWNS, CLONE_FILES};

class Filter {
 public:
  Filter() : context_(seccomp_init(SCMP_ACT_ERRNO(EPERM)), seccomp_release) {}

  Result<> load() {
    if (context_ == nullptr) return errno_error("cannot make a list of system calls", ENOMEM);
    // Of another machine than this one's own (32 bits): the same answer.
    set(SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_ERRNO(EPERM));
    set(SCMP_FLTATR_CTL_NNP, 1);
    set(SCMP_FLTATR_CTL_TSYNC, 1);
    allow(kMemoryThreadsAndTime);
    allow(kFiles);
    allow(kWaiting);
    allow(kSockets);
    allow(kProgramsAndNamespaces);
    for (const int family : kFamilies) allow_if("socket", SCMP_A0_32(SCMP_CMP_EQ, family, 0));
    for (const unsigned what : kUnshared) allow_if("unshare", SCMP_A0_32(SCMP_CMP_EQ, what, 0));
    if (error_ == 0) error_ = -seccomp_load(context_.get());
    if (error_ != 0) return errno_error("cannot restrict system calls", error_);
    return {};
  }

 private:
  void set(scmp_filter_attr attribute, std::uint32_t value) {
    if (error_ == 0) error_ = -seccomp_attr_set(context_.get(), attribute, value);
  }
  template <std::size_t count>
  void allow(const std::array<std::string_view, count>& names) {
    for (const auto name : names) {
      const int number = seccomp_syscall_resolve_name(name.data());
      if (number == __NR_SCMP_ERROR || error_ != 0) continue;
      const int added = seccomp_rule_add(context_.get(), SCMP_ACT_ALLOW, number, 0);
      if (added != -EDOM) error_ = -added;  // not one of this machine's
    }
  }
  void allow_if(const char* name, scmp_arg_cmp argument) {
    if (error_ != 0) return;
    error_ = -seccomp_rule_add_array(context_.get(), SCMP_ACT_ALLOW, seccomp_syscall_resolve_name(name), 1,
                                     &argument);
  }

  std::unique_ptr<void, void (*)(scmp_filter_ctx)> context_;
  int error_ = 0;
};

}  // namespace

Result<> forbid_other_system_calls() {
  return Filter().load();
}

}  // namespace ebond::os
