// What a process can still do once other system calls are forbidden. Each in a child of its own.
#include "os/system_calls.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <functional>
#include <thread>

namespace ebond::os {
namespace {

/// 0, the errno of `call` in a restricted process, or -1 if that could not be had.
int answer_of(const std::function<long()>& call) {
  const pid_t child = ::fork();
  if (child == 0) {
    if (!forbid_other_system_calls()) ::_exit(255);
    errno = 0;
    ::_exit(call() >= 0 ? 0 : errno);
  }
  int status = 0;
  if (::waitpid(child, &status, 0) != child || !WIFEXITED(status)) return -1;
  return WEXITSTATUS(status) == 255 ? -1 : WEXITSTATUS(status);
}

TEST(SystemCalls, ThatRunProgramsAreForbidden) {
  const auto run = [] {
    const char* const arguments[] = {"true", nullptr};
    return static_cast<long>(::execv("/bin/true", const_cast<char* const*>(arguments)));
  };
  EXPECT_EQ(answer_of(run), EPERM);
}

TEST(SystemCalls, ThatReachIntoOthersOrTheMachineAreForbidden) {
  EXPECT_EQ(answer_of([] { return ::ptrace(PTRACE_TRACEME, 0, nullptr, nullptr); }), EPERM);
  EXPECT_EQ(answer_of([] { return static_cast<long>(::kill(::getppid(), 0)); }), EPERM);
  for (const long call :
       {SYS_process_vm_readv, SYS_init_module, SYS_finit_module, SYS_kexec_load, SYS_pivot_root, SYS_chroot,
        SYS_setuid, SYS_keyctl, SYS_io_uring_setup, SYS_personality, SYS_reboot, SYS_move_mount,
        SYS_open_by_handle_at, SYS_mknodat, SYS_setxattr}) {
    EXPECT_EQ(answer_of([call] { return ::syscall(call, 0, 0, 0, 0, 0); }), EPERM) << call;
  }
}

TEST(SystemCalls, OfferNoSocketsButThoseOfABond) {
  for (const int family : {AF_UNIX, AF_NETLINK, AF_INET, AF_INET6}) {
    EXPECT_EQ(answer_of([family] { return static_cast<long>(::socket(family, SOCK_DGRAM, 0)); }), 0)
        << family;
  }
  for (const int family : {AF_VSOCK, AF_ALG, AF_BLUETOOTH, AF_KEY, AF_TIPC}) {
    EXPECT_EQ(answer_of([family] { return static_cast<long>(::socket(family, SOCK_RAW, 0)); }), EPERM)
        << family;
  }
}

TEST(SystemCalls, LeaveNoUserNamespaceToBeMade) {
  EXPECT_EQ(answer_of([] { return static_cast<long>(::unshare(CLONE_NEWUSER)); }), EPERM);
  EXPECT_EQ(answer_of([] { return static_cast<long>(::unshare(CLONE_NEWUSER | CLONE_NEWNET)); }), EPERM);
  EXPECT_EQ(answer_of([] { return static_cast<long>(::unshare(CLONE_FILES)); }), 0);
}

// Of libbpf 1.4 and later when it opens an object, which the library here may be older than.
TEST(SystemCalls, OfALaterLibbpfAreAllowed) {
  EXPECT_EQ(answer_of([] { return static_cast<long>(::memfd_create("placeholder", MFD_CLOEXEC)); }), 0);
}

TEST(SystemCalls, OfADaemonsOrdinaryWorkAreAllowed) {
  const auto works = [] {
    const int file = ::open("/proc/self/status", O_RDONLY | O_CLOEXEC);
    char byte = 0;
    bool read = ::read(file, &byte, 1) == 1;
    std::thread other([&] { read = read && ::dup(file) >= 0; });
    other.join();
    return read ? 0L : -1L;
  };
  EXPECT_EQ(answer_of(works), 0);
}

TEST(SystemCalls, AreForbiddenToThreadsThatRunAlready) {
  const pid_t child = ::fork();
  if (child == 0) {
    std::atomic<int> forbidden = 0, answer = -1;
    std::thread early([&] {
      while (forbidden == 0) std::this_thread::yield();
      answer = ::unshare(CLONE_NEWUSER) == 0 ? 0 : errno;
    });
    const auto done = forbid_other_system_calls();
    forbidden = 1;
    early.join();
    ::_exit(done ? answer.load() : 255);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_EQ(WEXITSTATUS(status), EPERM);
}

}  // namespace
}  // namespace ebond::os
