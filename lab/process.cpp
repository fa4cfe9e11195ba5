#include "lab/process.h"

#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <stdexcept>
#include <system_error>
#include <thread>
#include <utility>

#include "lab/leftovers.h"
#include "os/unique_fd.h"

namespace ebond::lab {
namespace {

using namespace std::chrono_literals;

/// A pipe, both ends close-on-exec.
std::pair<os::UniqueFd, os::UniqueFd> make_pipe() {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) throw std::system_error(errno, std::generic_category(), "pipe");
  return {os::UniqueFd(ends[0]), os::UniqueFd(ends[1])};
}

std::string read_to_end(int fd) {
  std::string all;
  std::array<char, 4096> chunk{};
  for (;;) {
    const ssize_t n = ::read(fd, chunk.data(), chunk.size());
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return all;
    all.append(chunk.data(), static_cast<std::size_t>(n));
  }
}

int exit_code_of(int status) {
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

/// Forks into `where` and executes; `output` becomes stdout and stderr where it is one.
pid_t spawn(const os::Namespace& where, const Arguments& arguments, int output) {
  std::vector<char*> argv;
  for (const auto& argument : arguments) argv.push_back(const_cast<char*>(argument.c_str()));
  argv.push_back(nullptr);
  auto [told, tell] = make_pipe();  // the child's errno, or nothing once exec closed it
  const pid_t pid = ::fork();
  if (pid < 0) throw std::system_error(errno, std::generic_category(), "fork");
  if (pid == 0) {
    if (output >= 0 && (::dup2(output, STDOUT_FILENO) < 0 || ::dup2(output, STDERR_FILENO) < 0)) ::_exit(127);
    if (::setns(where.fd(), CLONE_NEWNET) == 0) ::execvp(argv[0], argv.data());
    const int error = errno;
    [[maybe_unused]] const auto n = ::write(tell.get(), &error, sizeof error);
    ::_exit(127);
  }
  tell.reset();
  int error = 0;
  if (::read(told.get(), &error, sizeof error) == sizeof error) {
    ::waitpid(pid, nullptr, 0);
    throw std::system_error(error, std::generic_category(), "cannot run " + arguments.at(0));
  }
  return pid;
}

}  // namespace

CommandResult run_in(const os::Namespace& where, const Arguments& arguments) {
  auto [reading, writing] = make_pipe();
  const pid_t pid = spawn(where, arguments, writing.get());
  writing.reset();
  CommandResult result;
  result.output = read_to_end(reading.get());
  int status = 0;
  while (::waitpid(pid, &status, 0) < 0 && errno == EINTR) {
  }
  result.exit_code = exit_code_of(status);
  return result;
}

Process::Process(const os::Namespace& where, const Arguments& arguments, const std::filesystem::path& log) {
  os::UniqueFd output;
  if (!log.empty()) {
    output.reset(::open(log.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644));
    if (!output) throw std::system_error(errno, std::generic_category(), "cannot open " + log.string());
  }
  pid_ = spawn(where, arguments, output.get());
  remember_process(pid_);
}

Process::Process(Process&& other) noexcept
    : pid_(std::exchange(other.pid_, 0)), exit_code_(std::exchange(other.exit_code_, std::nullopt)) {}

Process::~Process() {
  if (pid_ == 0) return;
  if (running()) {
    signal(SIGTERM);
    if (!wait(2s)) {
      signal(SIGKILL);
      wait(10s);
    }
  }
  forget_process(pid_);
}

void Process::signal(int number) const {
  if (running()) ::kill(pid_, number);
}

bool Process::running() const {
  if (pid_ == 0 || exit_code_) return false;
  int status = 0;
  if (::waitpid(pid_, &status, WNOHANG) == pid_) exit_code_ = exit_code_of(status);
  return !exit_code_;
}

std::optional<int> Process::wait(std::chrono::milliseconds at_most) {
  const auto end = std::chrono::steady_clock::now() + at_most;
  while (running() && std::chrono::steady_clock::now() < end) std::this_thread::sleep_for(2ms);
  return exit_code_;
}

}  // namespace ebond::lab
