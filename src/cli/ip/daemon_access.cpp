#include "cli/ip/daemon_access.h"

#include <dlfcn.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <filesystem>
#include <utility>

#include "cli/start_daemon.h"

namespace ebond::cli::ip {
namespace {

/// Where this library lies: the daemon of the same build or installation is near.
std::filesystem::path own_directory() {
  static const char here = 0;
  Dl_info info{};
  if (::dladdr(&here, &info) == 0 || info.dli_fname == nullptr) return {};
  std::error_code error;
  return std::filesystem::canonical(info.dli_fname, error).parent_path();
}

/// A daemon that lives answers in a millisecond; a change may take it longer.
constexpr control::Patience kPatienceOfIp{.to_look = std::chrono::seconds(2)};
bool gave_up = false;

bool left_bonds(const std::filesystem::path& run_dir) {
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(run_dir / "state", error)) {
    if (entry.path().extension() == ".json") return true;
  }
  return false;
}

}  // namespace

void give_up_on_daemon() {
  if (std::exchange(gave_up, true)) return;
  std::fputs("ip: warning: ebondd does not answer: bonds are shown, and changed, as the kernel knows them\n",
             stderr);
}

std::expected<control::Client, std::string> reach_daemon(Need need) {
  const auto run_dir = control::default_run_dir();
  if (gave_up && need != Need::new_bond) return std::unexpected(std::string());
  auto client = control::Client::connect(control::socket_in(run_dir), kPatienceOfIp);
  if (client) return std::move(*client);
  if (client.error().kind == control::ConnectFailure::Kind::no_answer && need != Need::new_bond) {
    give_up_on_daemon();
    return std::unexpected(std::string());
  }
  if (client.error().kind != control::ConnectFailure::Kind::no_daemon) {
    return std::unexpected(client.error().message);
  }
  const bool is_wanted = need == Need::new_bond || (need == Need::bonds && left_bonds(run_dir));
  if (!is_wanted) return std::unexpected(std::string());
  if (::geteuid() != 0) return std::unexpected(client.error().message);
  const auto daemon = find_daemon(own_directory());
  if (!daemon) return std::unexpected(client.error().message + ", and there is no ebondd to start");
  if (auto started = start_daemon(*daemon, run_dir); !started) return std::unexpected(started.error());
  client = control::Client::connect(control::socket_in(run_dir), kPatienceOfIp);
  if (client) return std::move(*client);
  return std::unexpected(client.error().message);
}

}  // namespace ebond::cli::ip
