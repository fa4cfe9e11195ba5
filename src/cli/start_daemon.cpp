#include "cli/start_daemon.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sched.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <string_view>
#include <thread>

#include "control/client.h"
#include "os/unique_fd.h"

namespace ebond::cli {
namespace {

using namespace std::chrono_literals;

constexpr auto kPatience = 30s;  // an emulated machine takes its time to load BPF programs
constexpr int kNotThere = 126;

bool is_program(const std::filesystem::path& path) {
  return std::filesystem::is_regular_file(path) && ::access(path.c_str(), X_OK) == 0;
}

/// Enters one of process 1's namespaces; staying is not an error.
void join_first_process(const char* kind) {
  const auto path = fmt::format("/proc/1/ns/{}", kind);
  const os::UniqueFd theirs(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (theirs) (void)::setns(theirs.get(), 0);
}

/// In the child. Returns only if there is no such program where it looks.
void become_daemon(const char* daemon, const char* run_dir, int log, bool at_home) {
  ::setsid();
  const int nothing = ::open("/dev/null", O_RDONLY);
  if (nothing >= 0) ::dup2(nothing, STDIN_FILENO);
  ::dup2(log, STDOUT_FILENO);
  ::dup2(log, STDERR_FILENO);
  ::close_range(STDERR_FILENO + 1, ~0U, 0);
  if (!at_home) {
    join_first_process("net");
    join_first_process("mnt");
  }
  (void)!::chdir("/");
  // Of the service that runs us, which the daemon outlives.
  for (const auto* name : {"NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID"}) ::unsetenv(name);
  ::execl(daemon, daemon, "--run-dir", run_dir, static_cast<char*>(nullptr));
}

/// Nothing once the daemon answers; its wait status if it ended before that.
std::expected<void, int> await(pid_t child, const std::filesystem::path& socket) {
  const auto deadline = std::chrono::steady_clock::now() + kPatience;
  while (std::chrono::steady_clock::now() < deadline) {
    if (control::Client::connect(socket)) return {};
    int status = 0;
    if (::waitpid(child, &status, WNOHANG) == child) {
      if (control::Client::connect(socket)) return {};  // another one was faster
      return std::unexpected(status);
    }
    std::this_thread::sleep_for(10ms);
  }
  return std::unexpected(-1);
}

std::expected<void, int> launch(const std::filesystem::path& daemon, const std::filesystem::path& run_dir,
                                int log, bool at_home) {
  const pid_t child = ::fork();
  if (child < 0) return std::unexpected(-1);
  if (child == 0) {
    become_daemon(daemon.c_str(), run_dir.c_str(), log, at_home);
    ::_exit(kNotThere);
  }
  return await(child, control::socket_in(run_dir));
}

}  // namespace

std::filesystem::path program_directory() {
  std::error_code error;
  return std::filesystem::read_symlink("/proc/self/exe", error).parent_path();
}

std::optional<std::filesystem::path> find_daemon(const std::filesystem::path& directory) {
  if (!directory.empty()) {
    for (const auto& candidate : {directory / "ebondd", directory.parent_path() / "ebondd"}) {
      if (is_program(candidate)) return candidate;
    }
  }
  const char* path = std::getenv("PATH");
  std::string_view rest = path ? path : "";
  while (!rest.empty()) {
    const auto part = rest.substr(0, rest.find(':'));
    rest.remove_prefix(std::min(rest.size(), part.size() + 1));
    auto candidate = std::filesystem::path(part) / "ebondd";
    if (candidate.is_absolute() && is_program(candidate)) return candidate;
  }
  return std::nullopt;
}

std::expected<void, std::string> start_daemon(const std::filesystem::path& daemon,
                                              const std::filesystem::path& relative_run_dir) {
  std::error_code error;
  const auto run_dir = std::filesystem::absolute(relative_run_dir);
  std::filesystem::create_directories(run_dir, error);
  if (error) return std::unexpected(fmt::format("cannot make {}: {}", run_dir.native(), error.message()));
  const auto log_path = run_dir / "ebondd.log";
  const os::UniqueFd log(
      ::open(log_path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0644));
  if (!log)
    return std::unexpected(fmt::format("cannot write {}: {}", log_path.native(), std::strerror(errno)));

  auto started = launch(daemon, run_dir, log.get(), false);
  const bool not_in_that_root =
      !started && WIFEXITED(started.error()) && WEXITSTATUS(started.error()) == kNotThere;
  if (not_in_that_root) started = launch(daemon, run_dir, log.get(), true);
  if (started) return {};
  return std::unexpected(fmt::format("cannot start {}: see {}", daemon.native(), log_path.native()));
}

}  // namespace ebond::cli
