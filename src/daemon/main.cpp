// ebondd [--run-dir DIR] [--socket-group GROUP] [--hooks-dir DIR] [--hook-time SECONDS] [--no-carrier-hook]
// [--no-seccomp]: runs in the foreground, logs to stderr.
#include <grp.h>
#include <malloc.h>
#include <sched.h>
#include <spdlog/spdlog.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <CLI/CLI.hpp>
#include <asio/io_context.hpp>
#include <asio/signal_set.hpp>
#include <asio/steady_timer.hpp>
#include <cstdlib>
#include <optional>
#include <string>

#include "control/server.h"
#include "control/socket_file.h"
#include "daemon/daemon.h"
#include "daemon/hooks.h"
#include "daemon/kernel_machine.h"
#include "daemon/log.h"
#include "os/hook_runner.h"
#include "os/service_manager.h"
#include "os/socket_keeper.h"
#include "os/system_calls.h"

namespace {

int fail(const std::string& message) {
  spdlog::critical("{}", message);
  return EXIT_FAILURE;
}

/// A busy machine's failover waits for nobody. The lowest of the real-time priorities is above all ordinary
/// work; where the kernel keeps that to itself (a container's cgroup), the best of the ordinary ones. Threads
/// made from now on inherit it: one that stayed behind would hold up the loop by the locks they share.
void go_first() {
  const sched_param lowest{.sched_priority = ::sched_get_priority_min(SCHED_RR)};
  if (::sched_setscheduler(0, SCHED_RR, &lowest) == 0) return;
  (void)::setpriority(PRIO_PROCESS, 0, -15);
}

/// A namespace with a bond in it takes some twenty descriptors, and a daemon without any left is blind.
void allow_descriptors() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  (void)::setrlimit(RLIMIT_NOFILE, &limit);
}

/// What is large is wanted seldom (the kernel's type information, for a program) and goes back to the system;
/// and threads share their heaps. The library would keep as much as was ever used, for each thread.
void keep_little_memory() {
  constexpr int kLarge = 1 << 20, kHeaps = 2;
  (void)::mallopt(M_MMAP_THRESHOLD, kLarge);
  (void)::mallopt(M_TRIM_THRESHOLD, kLarge);
  (void)::mallopt(M_ARENA_MAX, kHeaps);
}

std::optional<gid_t> group_id(const std::string& name) {
  const auto* group = ::getgrnam(name.c_str());
  return group ? std::optional(group->gr_gid) : std::nullopt;
}

/// What a bond never takes cannot be made to be done. Without it a bond works as well.
void forbid_other_system_calls(bool wanted) {
  if (!wanted) return spdlog::warn("system calls are not restricted, as asked for (--no-seccomp)");
  if (const auto done = ebond::os::forbid_other_system_calls(); !done) {
    return spdlog::warn("system calls are not restricted: {}", done.error().message());
  }
  spdlog::info("system calls are restricted to those that bonds take; others answer EPERM");
}

/// Before there is anything that it could inherit, and while programs may still be run.
std::optional<ebond::os::HookRunner> start_hook_runner(const std::string& directory, unsigned seconds) {
  auto runner = ebond::os::HookRunner::start(directory, std::chrono::seconds(seconds));
  if (runner) return std::move(*runner);
  spdlog::warn("no hooks are run: {}", runner.error().message());
  return std::nullopt;
}

/// Before there is anything that it could inherit.
std::optional<ebond::os::SocketKeeper> start_keeper(bool restricted) {
  auto keeper = ebond::os::SocketKeeper::start(restricted);
  if (keeper) return std::move(*keeper);
  spdlog::warn("with many bonds this daemon will take long to end: {}", keeper.error().message());
  return std::nullopt;
}

/// For as long as the loop turns: a daemon that hangs is ended and started again by whoever watches it.
void feed_watchdog(asio::steady_timer& timer, const ebond::os::ServiceManager& manager) {
  const auto interval = manager.watchdog();
  if (!interval) return;
  manager.tell("WATCHDOG=1");
  timer.expires_after(*interval / 3);
  timer.async_wait([&](const asio::error_code& cancelled) {
    if (!cancelled) feed_watchdog(timer, manager);
  });
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app("ebond's daemon: bonds network interfaces without the bonding driver");
  std::string run_dir = "/run/ebond", socket_group, hooks_dir = "/etc/ebond/hooks.d";
  unsigned hook_time = 10;
  bool verbose = false, no_hook = false, no_seccomp = false;
  app.add_option("--run-dir", run_dir, "where socket, state and proc texts are")->capture_default_str();
  app.add_option("--socket-group", socket_group, "who may connect beside root; default: everybody");
  app.add_option("--hooks-dir", hooks_dir, "programs to run at each event")->capture_default_str();
  app.add_option("--hook-time", hook_time, "after so many seconds a hook is killed")
      ->capture_default_str()
      ->check(CLI::Range(1, 3600));
  app.add_flag("--no-carrier-hook", no_hook, "watch links by netlink and poll alone");
  app.add_flag("--no-seccomp", no_seccomp, "leave all system calls open to it");
  app.add_flag("--verbose,-v", verbose, "log more");
  app.set_version_flag("--version", EBOND_VERSION);
  CLI11_PARSE(app, argc, argv);

  ebond::daemon::begin_log(verbose);

  ebond::control::ServerOptions door;
  door.warn = [](const std::string& warning) { spdlog::warn("{}", warning); };
  if (!socket_group.empty()) {
    door.group = group_id(socket_group);
    if (!door.group) return fail(fmt::format("--socket-group {}: there is no such group", socket_group));
  }
  // Whatever umask it was started with: nobody else writes what it reads.
  ::umask(022);
  auto hook_runner = start_hook_runner(hooks_dir, hook_time);
  auto keeper = start_keeper(!no_seccomp);
  // Whoever holds the lock may touch the bonds of this run directory.
  auto lock = ebond::control::lock_directory(run_dir);
  if (!lock) return fail(lock.error().message);
  const auto opened = ebond::daemon::RunDirectory::open(run_dir);
  if (!opened) return fail(opened.error().message());
  const auto& directory = *opened;
  go_first();
  allow_descriptors();
  keep_little_memory();
  const auto manager = ebond::os::ServiceManager::of_environment();
  asio::io_context loop(1);
  auto machine = ebond::daemon::KernelMachine::open(loop, directory, !no_hook, keeper ? &*keeper : nullptr);
  if (!machine) {
    directory.leave_pins();
    return fail(machine.error().message());
  }
  // The bonds run on without us: only `ebond del` ends one.
  asio::signal_set ending(loop, SIGINT, SIGTERM);
  ending.async_wait([&](const asio::error_code&, int) { loop.stop(); });
  ::signal(SIGPIPE, SIG_IGN);
  ::signal(SIGCHLD, SIG_IGN);  // the process that runs hooks needs no burial

  forbid_other_system_calls(!no_seccomp);
  try {
    std::optional<ebond::daemon::Hooks> hooks;
    if (hook_runner) hooks.emplace(loop, std::move(*hook_runner));
    ebond::daemon::Daemon daemon(**machine, directory);
    if (hooks) {
      daemon.hear_events([&](const auto& event) { hooks->note(event); });
      daemon.ask_about_hooks([&](auto& report) { hooks->tell(report); });
    }
    ebond::control::Server server(loop, directory.socket(), daemon, door);
    if (auto listening = server.listen(std::move(*lock)); !listening) {
      daemon.take_leave();
      return fail(listening.error().message);
    }
    daemon.adopt_all();
    spdlog::info("ebondd {} ready on {}", EBOND_VERSION, directory.socket().string());
    manager.tell("READY=1");
    asio::steady_timer watchdog(loop);
    feed_watchdog(watchdog, manager);
    loop.run();
    manager.tell("STOPPING=1");
    daemon.take_leave();
  } catch (const std::exception& error) {
    return fail(error.what());
  }
  spdlog::info("ending; the bonds stay as they are");
  return EXIT_SUCCESS;
}
