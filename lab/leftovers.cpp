#include "lab/leftovers.h"

#include <fmt/format.h>
#include <signal.h>
#include <sys/mount.h>
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

struct Slot {
  std::atomic<bool> used{false};
  std::array<char, 80> path{};  // of the namespace, zero-terminated
};
std::array<Slot, 64> namespaces;
std::array<std::atomic<pid_t>, 64> processes;
std::mutex writing;
pid_t owner = 0;

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
  }
  ::signal(signal, SIG_DFL);
  ::raise(signal);
}

/// Once, and only where nobody else handles the signal.
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

}  // namespace

std::string namespace_name(std::string_view node) {
  return fmt::format("{}{}-{}", kNamespacePrefix, ::getpid(), node);
}

void remember_namespace(std::string_view name) {
  const std::scoped_lock lock(writing);
  watch_signals();
  const auto path = path_of(name);
  for (auto& slot : namespaces) {
    if (slot.used || path.size() >= slot.path.size()) continue;
    slot.path.fill(0);
    std::ranges::copy(path, slot.path.begin());
    slot.used = true;
    return;
  }
  throw std::length_error("too many namespaces in the lab, or too long a name");
}

void forget_namespace(std::string_view name) {
  const std::scoped_lock lock(writing);
  const auto path = path_of(name);
  for (auto& slot : namespaces) {
    if (slot.used && path == slot.path.data()) slot.used = false;
  }
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
    if (!name.starts_with(kNamespacePrefix)) continue;
    pid_t pid = 0;
    const char* digits = name.data() + kNamespacePrefix.size();
    const auto [end, bad] = std::from_chars(digits, name.data() + name.size(), pid);
    if (bad != std::errc{} || *end != '-' || pid <= 0) continue;
    if (::kill(pid, 0) == 0 || errno != ESRCH) continue;
    ::umount2(entry.path().c_str(), MNT_DETACH);
    if (::unlink(entry.path().c_str()) == 0) ++swept;
  }
  return swept;
}

}  // namespace ebond::lab
