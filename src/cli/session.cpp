#include "cli/session.h"

#include <fmt/format.h>
#include <sched.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>

#include "cli/arguments.h"
#include "cli/start_daemon.h"
#include "core/printable.h"
#include "os/netns.h"

namespace ebond::cli {
namespace {

std::string how_to_start(const std::filesystem::path& run_dir) {
  if (run_dir == "/run/ebond") return "start it with `ebondd &` or `systemctl start ebondd`";
  return fmt::format("start it with `ebondd --run-dir {} &`", run_dir.native());
}

/// Moves this process into the network namespace, where the daemon then finds it. One that may not go there
/// may still look at it from here: the answer is its identity then, else "".
std::expected<std::string, std::string> enter(const std::string& netns) {
  const auto where = os::Namespace::open_named(netns);
  if (!where) return std::unexpected(where.error().message());
  if (::setns(where->fd(), CLONE_NEWNET) == 0) return std::string();
  if (errno == EPERM) return where->id().to_string();
  return std::unexpected(fmt::format("cannot enter network namespace {}: {}", netns, std::strerror(errno)));
}

}  // namespace

void complain(std::string_view program, std::string_view message) {
  std::fflush(stdout);
  fmt::print(stderr, "{}: {}\n", program, core::printable(message));
}

void print(std::string_view text) {
  std::fwrite(text.data(), 1, text.size(), stdout);
}

std::expected<control::Client, int> connect(std::string_view program, const std::filesystem::path& run_dir,
                                            const std::string& netns) {
  std::string only_look_at;
  if (!netns.empty()) {
    const auto entered = enter(netns);
    if (!entered) {
      complain(program, entered.error());
      return std::unexpected(kRefused);
    }
    only_look_at = *entered;
  }
  auto client = control::Client::connect(control::socket_in(run_dir));
  if (!client) {
    using Kind = control::ConnectFailure::Kind;
    const auto& [kind, message] = client.error();
    complain(program,
             kind == Kind::no_daemon ? fmt::format("{}: {}", message, how_to_start(run_dir)) : message);
    return std::unexpected(kind == Kind::no_daemon || kind == Kind::no_answer ? kNoDaemon : kRefused);
  }
  if (!only_look_at.empty()) client->only_look_at(std::move(only_look_at));
  return std::move(*client);
}

std::expected<control::Client, int> connect_or_start(std::string_view program,
                                                     const std::filesystem::path& run_dir) {
  const auto first = control::Client::connect(control::socket_in(run_dir));
  const bool none_runs = !first && first.error().kind == control::ConnectFailure::Kind::no_daemon;
  const auto daemon = find_daemon();
  if (none_runs && daemon && ::geteuid() == 0) {
    if (auto started = start_daemon(*daemon, run_dir); !started) {
      complain(program, started.error());
      return std::unexpected(kNoDaemon);
    }
  }
  return connect(program, run_dir, "");
}

int conclude_with_warnings(const control::Result<std::vector<std::string>>& warnings) {
  if (warnings) {
    for (const auto& warning : *warnings) complain(kProgram, "warning: " + warning);
  }
  return conclude(kProgram, warnings);
}

}  // namespace ebond::cli
