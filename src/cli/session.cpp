#include "cli/session.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cstdio>

#include "cli/arguments.h"
#include "cli/start_daemon.h"
#include "os/netns.h"
#include "views/printable.h"

namespace ebond::cli {
namespace {

std::string how_to_start(const std::filesystem::path& run_dir) {
  if (run_dir == "/run/ebond") return "start it with `ebondd &` or `systemctl start ebondd`";
  return fmt::format("start it with `ebondd --run-dir {} &`", run_dir.native());
}

}  // namespace

void complain(std::string_view program, std::string_view message) {
  std::fflush(stdout);
  fmt::print(stderr, "{}: {}\n", program, views::printable(message));
}

void print(std::string_view text) {
  std::fwrite(text.data(), 1, text.size(), stdout);
}

std::expected<control::Client, int> connect(std::string_view program, const std::filesystem::path& run_dir,
                                            const std::string& netns) {
  auto client = control::Client::connect(control::socket_in(run_dir));
  if (!client) {
    using Kind = control::ConnectFailure::Kind;
    if (client.error().kind != Kind::no_daemon) {
      complain(program, client.error().message);
      return std::unexpected(kRefused);
    }
    complain(program, fmt::format("{}: {}", client.error().message, how_to_start(run_dir)));
    return std::unexpected(kNoDaemon);
  }
  if (!netns.empty()) {
    const auto where = os::Namespace::open_named(netns);
    if (!where) {
      complain(program, where.error().message());
      return std::unexpected(kRefused);
    }
    client->in_namespace(os::UniqueFd(::fcntl(where->fd(), F_DUPFD_CLOEXEC, 0)));
  }
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

}  // namespace ebond::cli
