#include "lab/leftovers.h"

#include <fmt/format.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <charconv>
#include <filesystem>
#include <mutex>
#include <stdexcept>
#include <system_error>

#include "os/netns.h"

namespace ebond::lab {
namespace {

namespace fs = std::filesystem;

template <std::size_t size>
struct Slot {
  std::atomic<bool> used{false};
  std::array<char, size> path{};  // zero-terminated
};
std::array<Slot<80>, 64> namespaces;
std::array<Slot<128>, 16> directories;
std::array<std::atomic<pid_t>, 64> processes;
std::mutex writing;
pid_t owner = 0;

/// rm -rf by a program of its own: nothing else is allowed here.
void remove_directories() {
  std::array<const char*, directories.size() + 4> command{"rm", "-rf", "--"};
  std::size_t words = 3;
  for (auto& slot : directories) {
    if (slot.used.load()) command[words++] = slot.path.data();
  }
  if (words == 3) return;
  const pid_t pid = ::fork();
  if (pid == 0) {
    ::execv("/bin/rm", const_cast<char* const*>(command.data()));
    ::_exit(127);
  }
  if (pid > 0) ::waitpid(pid, nullptr, 0);
}

/// Only what signal-safety(7) allows. A forked child that dies before its exec cleans up nothing.
void clean_up_and_die(int signal) {
  if (::getpid() == owner) {
    for (auto& pid : processes) {
      if (pid.load() > 0) ::kill(pid.load(), SIGKILL);
    }
    for (auto& slot : namespaces) {
      if (!slot.used.load()) continue;
      ::umount2(slot.path.data(), MNT_DETACH);
      ::unlink(slot.path.data());
    }
    remove_directories();
  }
  ::signal(signal, SIG_DFL);
  ::raise(signal);
}

/// Once, and only if nothing else handles the signal.
void watch_signals() {
  if (owner == ::getpid()) return;
  owner = ::getpid();
  for (int signal : {SIGINT, SIGTERM, SIGHUP}) {
    struct sigaction present{};
    if (::sigaction(signal, nullptr, &present) == 0 && present.sa_handler == SIG_DFL) {
      ::signal(signal, clean_up_and_die);
    }
  }
}

std::string path_of(std::string_view name) {
  return fmt::format("{}/{}", os::kNamespaceDirectory, name);
}

template <class Slots>
void remember(Slots& slots, const std::string& path, const char* complaint) {
  const std::scoped_lock lock(writing);
  watch_signals();
  for (auto& slot : slots) {
    if (slot.used || path.size() >= slot.path.size()) continue;
    slot.path.fill(0);
    std::ranges::copy(path, slot.path.begin());
    slot.used = true;
    return;
  }
  throw std::length_error(complaint);
}

template <class Slots>
void forget(Slots& slots, const std::string& path) {
  const std::scoped_lock lock(writing);
  for (auto& slot : slots) {
    if (slot.used && path == slot.path.data()) slot.used = false;
  }
}

/// The process that "…eblab-4711-client" names, and whether that has ended.
bool is_of_a_dead_process(std::string_view name, std::string_view prefix) {
  const auto at = name.find(prefix);
  if (at == std::string_view::npos) return false;
  pid_t pid = 0;
  const char* digits = name.data() + at + prefix.size();
  const char* limit = name.data() + name.size();
  const auto [end, bad] = std::from_chars(digits, limit, pid);
  if (bad != std::errc{} || end == limit || *end != '-' || pid <= 0) return false;
  return ::kill(pid, 0) != 0 && errno == ESRCH;
}

}  // namespace

std::string namespace_name(std::string_view node) {
  return fmt::format("{}{}-{}", kNamespacePrefix, ::getpid(), node);
}

void remember_namespace(std::string_view name) {
  remember(namespaces, path_of(name), "too many namespaces in the lab, or too long a name");
}

void forget_namespace(std::string_view name) {
  forget(namespaces, path_of(name));
}

void remember_directory(const fs::path& path) {
  remember(directories, path.string(), "too many directories in the lab, or too long a path");
}

void forget_directory(const fs::path& path) {
  forget(directories, path.string());
}

void remember_process(pid_t pid) {
  const std::scoped_lock lock(writing);
  watch_signals();
  for (auto& slot : processes) {
    if (slot != 0) continue;
    slot = pid;
    return;
  }
  throw std::length_error("too many processes in the lab");
}

void forget_process(pid_t pid) {
  const std::scoped_lock lock(writing);
  for (auto& slot : processes) {
    if (slot == pid) slot = 0;
  }
}

int sweep_namespaces() {
  int swept = 0;
  std::error_code none;
  for (const auto& entry : fs::directory_iterator(os::kNamespaceDirectory, none)) {
    const std::string name = entry.path().filename();
    if (!name.starts_with(kNamespacePrefix) || !is_of_a_dead_process(name, kNamespacePrefix)) continue;
    ::umount2(entry.path().c_str(), MNT_DETACH);
    if (::unlink(entry.path().c_str()) == 0) ++swept;
  }
  return swept;
}

void remove_run_directory(const fs::path& directory) {
  std::error_code none;
  for (const auto& kept : fs::directory_iterator(directory / "vlans", none)) {
    ::umount2(kept.path().c_str(), MNT_DETACH);
  }
  fs::remove_all(directory, none);
}

void sweep_directories(const fs::path& parent) {
  std::error_code none;
  for (const auto& entry : fs::directory_iterator(parent, none)) {
    const std::string name = entry.path().filename();
    if (is_of_a_dead_process(name, kRunDirectoryPrefix)) remove_run_directory(entry.path());
  }
}

}  // namespace ebond::lab
