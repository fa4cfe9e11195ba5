// ebond-exporter: the metrics of all network namespaces for Prometheus. Answers one HTTP request on its
// standard input, which is a connection that systemd took for it (ebond-exporter.socket), and ends: there is
// nothing of it between two scrapes.
#include <fmt/format.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstdio>
#include <string>

#include "cli/arguments.h"
#include "cli/http.h"
#include "cli/metrics.h"
#include "control/client.h"

namespace {

using namespace ebond;
using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

constexpr milliseconds kPatience = std::chrono::seconds(5);

bool wait_for(int descriptor, short what, Clock::time_point until) {
  const auto left = std::chrono::duration_cast<milliseconds>(until - Clock::now());
  if (left <= milliseconds::zero()) return false;
  pollfd waits{descriptor, what, 0};
  return ::poll(&waits, 1, static_cast<int>(left.count())) > 0;
}

/// What came of a request's head until it was whole, too long, or took too long.
std::string receive_head(int connection) {
  const auto until = Clock::now() + kPatience;
  std::string received;
  while (received.size() < cli::kMaxHttpHead && !cli::is_whole_head(received)) {
    std::array<char, 2048> space{};
    if (!wait_for(connection, POLLIN, until)) break;
    const auto size = ::recv(connection, space.data(), space.size(), 0);
    if (size <= 0) break;
    received.append(space.data(), static_cast<std::size_t>(size));
  }
  return received;
}

void send_all(int connection, std::string_view text) {
  while (!text.empty()) {
    if (!wait_for(connection, POLLOUT, Clock::now() + kPatience)) return;
    const auto size = ::send(connection, text.data(), text.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    if (size < 0 && errno != EAGAIN && errno != EINTR) return;
    if (size > 0) text.remove_prefix(static_cast<std::size_t>(size));
  }
  // What is not read when a socket is closed would take the answer with it.
  ::shutdown(connection, SHUT_WR);
  std::array<char, 2048> rest{};
  const auto until = Clock::now() + std::chrono::seconds(1);
  while (wait_for(connection, POLLIN, until) && ::recv(connection, rest.data(), rest.size(), 0) > 0) {
  }
}

std::expected<std::string, std::string> metrics(cli::Arguments arguments, bool openmetrics) {
  arguments.openmetrics = openmetrics;
  auto client = control::Client::connect(control::socket_in(arguments.run_dir));
  if (!client) return std::unexpected(client.error().message);
  auto text = cli::collect_metrics(arguments, *client);
  if (!text) return std::unexpected(text.error().message);
  return *std::move(text);
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app("The metrics of ebond's bonds for Prometheus: answers one HTTP request on standard input",
               "ebond-exporter");
  cli::Arguments arguments;
  arguments.command = cli::Command::up;  // whose files are looked at
  arguments.everywhere = true;
  std::string run_dir = control::default_run_dir(), config_dir = arguments.config_dir;
  app.add_option("--run-dir", run_dir, "where ebondd keeps its socket")->capture_default_str();
  app.add_option("--config-dir", config_dir, "where the TOML files for boot are")->capture_default_str();
  app.set_version_flag("--version", "ebond-exporter " EBOND_VERSION);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? cli::kDone : cli::kUsage;
  }
  arguments.run_dir = run_dir;
  arguments.config_dir = config_dir;
  int type = 0;
  socklen_t size = sizeof type;
  if (::getsockopt(STDIN_FILENO, SOL_SOCKET, SO_TYPE, &type, &size) != 0 || type != SOCK_STREAM) {
    fmt::print(stderr,
               "ebond-exporter: standard input is not a connection: it is started by ebond-exporter.socket; "
               "`ebond metrics --all` prints what it tells\n");
    return cli::kUsage;
  }
  const auto head = receive_head(STDIN_FILENO);
  if (head.empty()) return cli::kDone;
  send_all(STDIN_FILENO,
           cli::answer_http(head, [&](bool openmetrics) { return metrics(arguments, openmetrics); }));
  return cli::kDone;
}
