#include "os/hook_runner.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <linux/close_range.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdlib>
#include <cstring>
#include <string_view>
#include <thread>

#include "os/file.h"

namespace ebond::os {
namespace {

namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

constexpr std::size_t kMaxMessage = std::size_t{160} * 1024;
constexpr std::size_t kKeptWords = 512;
constexpr char kBetween = '\0';

// Messages: words with a NUL behind each.

std::string joined(const std::vector<std::string>& words) {
  std::string text;
  for (const auto& word : words) {
    text += word;
    text += kBetween;
  }
  return text;
}

std::vector<std::string> split(std::string_view text) {
  std::vector<std::string> words;
  while (!text.empty()) {
    const auto end = text.find(kBetween);
    words.emplace_back(text.substr(0, end));
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  }
  return words;
}

int number(const std::string& word) {
  int value = 0;
  (void)std::from_chars(word.data(), word.data() + word.size(), value);
  return value;
}

std::string text_of(const HookNews& news) {
  auto words = news.words;
  std::ranges::replace(words, kBetween, ' ');
  return joined({std::to_string(static_cast<int>(news.kind)), news.name, std::to_string(news.status),
                 std::to_string(news.took.count()), words});
}

bool others_may_write(const struct stat& facts) {
  const bool group_writes = (facts.st_mode & S_IWGRP) != 0 && facts.st_gid != 0;
  return group_writes || (facts.st_mode & S_IWOTH) != 0;
}

bool is_left_by_an_editor(std::string_view name) {
  constexpr std::array kEndings = {".dpkg-old", ".dpkg-dist", ".dpkg-new", ".dpkg-tmp", ".rpmsave",
                                   ".rpmnew",   ".rpmorig",   ".bak",      ".swp",      "~"};
  return name.starts_with('.') || name.starts_with('#') ||
         std::ranges::any_of(kEndings, [&](std::string_view ending) { return name.ends_with(ending); });
}

/// The other process.
class Runner {
 public:
  Runner(int channel, fs::path directory, milliseconds limit)
      : channel_(channel), directory_(std::move(directory)), limit_(limit) {}

  [[noreturn]] void run() {
    std::string message(kMaxMessage, '\0');
    for (;;) {
      const auto size = ::recv(channel_, message.data(), message.size(), 0);
      if (size < 0 && errno == EINTR) continue;
      if (size <= 0) ::_exit(0);
      carry_out(split(std::string_view(message).substr(0, static_cast<std::size_t>(size))));
    }
  }

 private:
  /// `task`: the input, then NAME=VALUE each.
  void carry_out(const std::vector<std::string>& task) {
    int count = 0;
    if (!task.empty()) {
      for (const auto& program : programs()) {
        run_one(program, task);
        ++count;
      }
    }
    tell({.kind = HookNews::Kind::all_done, .status = count});
  }

  std::vector<fs::path> programs() {
    std::error_code error;
    const auto directory = fs::canonical(directory_, error);
    if (error) return {};
    std::vector<fs::path> found;
    for (fs::directory_iterator entry(directory, error), end; !error && entry != end;
         entry.increment(error)) {
      const auto why = why_not_run(entry->path());
      if (why && why->empty()) found.push_back(entry->path());
      if (why && !why->empty()) refuse(entry->path().filename(), *why);
    }
    if (const auto why = why_not_trusted(directory); !why.empty() && !found.empty()) {
      refuse(directory, why);
      return {};
    }
    std::ranges::sort(found);
    return found;
  }

  void run_one(const fs::path& program, const std::vector<std::string>& task) {
    std::array<int, 2> input{}, output{};
    if (::pipe2(input.data(), O_CLOEXEC) != 0) return refuse(program.filename(), std::strerror(errno));
    UniqueFd read_end(input[0]), write_end(input[1]);
    if (::pipe2(output.data(), O_CLOEXEC | O_NONBLOCK) != 0) {
      return refuse(program.filename(), std::strerror(errno));
    }
    UniqueFd words(output[0]), words_in(output[1]);
    const auto began = Clock::now();
    const pid_t child = ::fork();
    if (child < 0) return refuse(program.filename(), std::strerror(errno));
    if (child == 0) become(program, task, read_end.get(), words_in.get());
    read_end.reset();
    words_in.reset();
    ::fcntl(write_end.get(), F_SETFL, O_NONBLOCK);
    HookNews news = wait_for(child, began, std::move(write_end), task.front(), words.get());
    news.name = program.filename();
    news.took = std::chrono::duration_cast<milliseconds>(Clock::now() - began);
    kill_all(child);
    tell(news);
  }

  /// Until it ends or its time is over; feeds it, and keeps the first of what it says.
  HookNews wait_for(pid_t child, Clock::time_point began, UniqueFd input, std::string_view rest, int words) {
    const UniqueFd handle(static_cast<int>(::syscall(SYS_pidfd_open, child, 0)));
    HookNews news{.kind = HookNews::Kind::timed_out};
    for (;;) {
      const auto left = std::chrono::duration_cast<milliseconds>(began + limit_ - Clock::now());
      if (left <= milliseconds::zero()) return news;
      std::array<pollfd, 3> waits{pollfd{handle.get(), POLLIN, 0}, pollfd{words, POLLIN, 0},
                                  pollfd{input.get(), POLLOUT, 0}};
      if (::poll(waits.data(), waits.size(), static_cast<int>(left.count()) + 1) <= 0) continue;
      if (waits[2].revents != 0) feed(input, rest);
      const bool has_closed = waits[1].revents != 0 && !hear(words, news.words);
      if (waits[0].revents != 0) break;
      if (has_closed) words = -1;
    }
    hear(words, news.words);
    siginfo_t end{};
    // Its id stays its own until all that it started has been killed.
    if (::waitid(P_PID, static_cast<id_t>(child), &end, WEXITED | WNOWAIT) != 0) return news;
    news.kind = end.si_code == CLD_EXITED ? HookNews::Kind::ended : HookNews::Kind::killed;
    news.status = end.si_status;
    return news;
  }

  static void feed(UniqueFd& input, std::string_view& rest) {
    const auto sent = ::write(input.get(), rest.data(), rest.size());
    if (sent > 0) rest.remove_prefix(static_cast<std::size_t>(sent));
    if (rest.empty() || (sent < 0 && errno != EAGAIN && errno != EINTR)) input.reset();
  }

  /// False if there will be no more.
  static bool hear(int words, std::string& kept) {
    std::array<char, 4096> space{};
    for (;;) {
      const auto size = ::read(words, space.data(), space.size());
      if (size < 0) return errno == EAGAIN || errno == EINTR;
      if (size == 0) return false;
      kept.append(space.data(), std::min(static_cast<std::size_t>(size), kKeptWords - kept.size()));
    }
  }

  [[noreturn]] static void become(const fs::path& program, const std::vector<std::string>& task, int input,
                                  int output) {
    ::setsid();
    for (int signal = 1; signal < NSIG; ++signal) ::signal(signal, SIG_DFL);
    sigset_t none;
    sigemptyset(&none);
    ::sigprocmask(SIG_SETMASK, &none, nullptr);
    ::fcntl(output, F_SETFL, 0);  // a program expects that its output is taken
    ::dup2(input, STDIN_FILENO);
    ::dup2(output, STDOUT_FILENO);
    ::dup2(output, STDERR_FILENO);
    ::syscall(SYS_close_range, 3U, ~0U, 0U);
    std::vector<char*> environment;
    for (std::size_t i = 1; i < task.size(); ++i) environment.push_back(const_cast<char*>(task[i].c_str()));
    environment.push_back(nullptr);
    std::array<char*, 2> arguments{const_cast<char*>(program.c_str()), nullptr};
    ::execve(program.c_str(), arguments.data(), environment.data());
    const auto why = fmt::format("cannot run it: {}\n", std::strerror(errno));
    (void)!::write(STDERR_FILENO, why.data(), why.size());
    ::_exit(127);
  }

  /// Whatever it started becomes this process's own child when its parent ends: nothing gets away.
  static void kill_all(pid_t child) {
    ::kill(-child, SIGKILL);
    const auto patience = Clock::now() + std::chrono::seconds(2);
    for (;;) {
      pid_t reaped = 0;
      do {
        reaped = ::waitpid(-1, nullptr, WNOHANG);
      } while (reaped > 0);
      if (reaped < 0 || Clock::now() > patience) return;  // nobody is left, or one that cannot be killed
      for (const auto each : children()) ::kill(each, SIGKILL);
      std::this_thread::sleep_for(milliseconds(1));
    }
  }

  static std::vector<pid_t> children() {
    std::vector<pid_t> found;
    std::error_code error;
    for (fs::directory_iterator entry("/proc", error), end; !error && entry != end; entry.increment(error)) {
      const pid_t process = number(entry->path().filename());
      if (process <= 0) continue;
      const auto stat = read_file(entry->path() / "stat").value_or("");
      const auto name_ends = stat.rfind(") ");  // "7 (a name) S 3 …": its state, then its parent
      if (name_ends == std::string::npos || stat.size() < name_ends + 5) continue;
      if (number(stat.substr(name_ends + 4)) == ::getpid()) found.push_back(process);
    }
    return found;
  }

  void refuse(const fs::path& what, std::string why) {
    tell({.kind = HookNews::Kind::refused, .name = what, .words = std::move(why)});
  }

  void tell(const HookNews& news) const {
    const auto text = text_of(news);
    (void)::send(channel_, text.data(), text.size(), MSG_NOSIGNAL);
  }

  int channel_;
  fs::path directory_;
  milliseconds limit_;
};

/// With nothing of what the daemon has or will have.
[[noreturn]] void be_the_runner(UniqueFd channel, const fs::path& directory, milliseconds limit) {
  constexpr int kChannel = 3;
  channel.reset(::fcntl(channel.get(), F_DUPFD_CLOEXEC, kChannel + 1));  // one of the first three may be it
  ::setsid();
  ::prctl(PR_SET_NAME, "ebond-hooks");
  ::prctl(PR_SET_CHILD_SUBREAPER, 1);
  ::signal(SIGPIPE, SIG_IGN);
  const int nothing = ::open("/dev/null", O_RDWR | O_CLOEXEC);
  if (nothing < 0) ::_exit(EXIT_FAILURE);  // the daemon says that it is gone
  for (const int each : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) ::dup2(nothing, each);
  ::dup3(channel.get(), kChannel, O_CLOEXEC);
  ::syscall(SYS_close_range, static_cast<unsigned>(kChannel) + 1, ~0U, 0U);
  (void)::chdir("/");
  ::umask(022);
  // A service may be the last that is killed for want of memory, and have very many descriptors: its hooks
  // not.
  (void)write_kernel_file("/proc/self/oom_score_adj", "0");
  rlimit descriptors{};
  if (::getrlimit(RLIMIT_NOFILE, &descriptors) == 0) {
    descriptors.rlim_cur = std::min<rlim_t>(descriptors.rlim_cur, 1024);
    (void)::setrlimit(RLIMIT_NOFILE, &descriptors);
  }
  Runner(kChannel, directory, limit).run();
}

}  // namespace

std::optional<std::string> why_not_run(const fs::path& program) {
  struct stat facts{};
  const auto name = program.filename().native();
  if (is_left_by_an_editor(name) || ::lstat(program.c_str(), &facts) != 0) return std::nullopt;
  if (S_ISLNK(facts.st_mode)) return "it is a symbolic link: put the program itself there";
  const bool is_program = S_ISREG(facts.st_mode) && (facts.st_mode & (S_IXUSR | S_IXGRP | S_IXOTH)) != 0;
  if (!is_program) return std::nullopt;
  if (facts.st_uid != 0) return "it does not belong to root: chown 0:0";
  if (others_may_write(facts)) return "others than root may write to it: chmod go-w";
  return "";
}

std::string why_not_trusted(const fs::path& directory) {
  for (auto place = directory;; place = place.parent_path()) {
    struct stat facts{};
    if (::lstat(place.c_str(), &facts) != 0) return fmt::format("cannot look at {}", place.native());
    const bool is_shared_safely = place != directory && (facts.st_mode & S_ISVTX) != 0;
    if (facts.st_uid != 0 || (others_may_write(facts) && !is_shared_safely)) {
      return fmt::format("others than root may write to {}: nothing in it is run", place.native());
    }
    if (place == place.parent_path()) return "";
  }
}

Result<HookRunner> HookRunner::start(const fs::path& directory, milliseconds limit) {
  std::array<int, 2> ends{};
  if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends.data()) != 0) {
    return errno_error("cannot make a socket for hooks", errno);
  }
  UniqueFd ours(ends[0]), its(ends[1]);
  const pid_t child = ::fork();
  if (child < 0) return errno_error("cannot start the process that runs hooks", errno);
  if (child == 0) {
    ours.reset();
    be_the_runner(std::move(its), directory, limit);
  }
  return HookRunner(std::move(ours));
}

Result<> HookRunner::give(const HookTask& task) const {
  std::vector<std::string> words{task.input};
  for (const auto& [name, value] : task.environment) words.push_back(fmt::format("{}={}", name, value));
  for (auto& word : words) std::erase(word, kBetween);
  const auto message = joined(words);
  if (message.size() > kMaxMessage) return errno_error("a hook's input is too long", EMSGSIZE);
  if (::send(channel_.get(), message.data(), message.size(), MSG_NOSIGNAL | MSG_DONTWAIT) < 0) {
    return errno_error("cannot reach the process that runs hooks", errno);
  }
  return {};
}

Result<std::optional<HookNews>> HookRunner::news() const {
  std::array<char, 4096> space{};
  const auto size = ::recv(channel_.get(), space.data(), space.size(), MSG_DONTWAIT);
  if (size < 0 && (errno == EAGAIN || errno == EINTR)) return std::nullopt;
  if (size <= 0) return errno_error("the process that runs hooks is gone", ECONNRESET);
  auto words = split({space.data(), static_cast<std::size_t>(size)});
  words.resize(5);
  return HookNews{.kind = static_cast<HookNews::Kind>(number(words[0])),
                  .name = words[1],
                  .status = number(words[2]),
                  .took = milliseconds(number(words[3])),
                  .words = words[4]};
}

}  // namespace ebond::os
