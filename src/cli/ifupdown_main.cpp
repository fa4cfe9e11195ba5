// What /etc/network/if-pre-up.d/ebond, if-up.d/ebond and if-post-down.d/ebond run, with what ifupdown tells
// them in the environment. Steps aside where another makes the bond: Debian's ifenslave, if its scripts are
// there, or whoever made one of the bonding driver's by that name.
#include <fmt/format.h>
#include <unistd.h>

#include <filesystem>

#include "cli/ifupdown_live.h"
#include "cli/run_program.h"
#include "cli/session.h"
#include "os/netns.h"

namespace ebond::cli {
namespace {

namespace fs = std::filesystem;
using Phase = IfupdownStanza::Phase;

constexpr auto kIfenslave = "/etc/network/if-pre-up.d/ifenslave";

bool is_of_bonding_driver(const std::string& interface) {
  std::error_code ignored;
  return fs::is_directory(fs::path("/sys/class/net") / interface / "bonding", ignored);
}

/// If ebond is to do anything. Says why not, once for each stanza that is about a bond.
bool is_ours_to_do(const IfupdownStanza& stanza) {
  if (stanza.interface.empty() || stanza.phase == Phase::another) return false;
  // What is ours the daemon knows: a slave whose stanza says nothing of it is one all the same.
  if (stanza.phase == Phase::post_down) return true;
  if (!stanza.makes_bond() && stanza.master().empty()) return false;
  if (::access(kIfenslave, X_OK) == 0) {
    if (stanza.phase == Phase::pre_up) {
      complain(kProgram, fmt::format("{} is left to Debian's ifenslave, whose {} is there: `apt purge "
                                     "ifenslave`, if ebond is to make it",
                                     stanza.interface, kIfenslave));
    }
    return false;
  }
  return !is_of_bonding_driver(stanza.master().empty() ? stanza.interface : stanza.master());
}

/// Under systemd the daemon is systemd's to start, and at boot this may come before it.
void have_daemon_started(const fs::path& run_dir) {
  if (!fs::is_directory("/run/systemd/system") || run_dir != "/run/ebond") return;
  if (control::Client::connect(control::socket_in(run_dir))) return;
  (void)output_of({"systemctl", "--quiet", "start", "ebondd.service"});
}

int run(const IfupdownStanza& stanza) {
  const auto run_dir = control::default_run_dir();
  const bool makes = stanza.phase == Phase::pre_up;
  if (makes) have_daemon_started(run_dir);
  // What goes down, with no daemon there: nothing that could be done.
  if (!makes && !control::Client::connect(control::socket_in(run_dir))) return kDone;
  auto client = connect_or_start(kProgram, run_dir);
  if (!client) return client.error();
  auto second = connect(kProgram, run_dir, "");
  if (!second) return second.error();
  const auto here = os::Namespace::current();
  auto links = here ? os::Rtnetlink::open(*here) : std::unexpected(here.error());
  auto other_links = here ? os::Rtnetlink::open(*here) : std::unexpected(here.error());
  if (!links || !other_links) {
    complain(kProgram, (links ? other_links : links).error().message());
    return kRefused;
  }
  LiveHost host(std::move(*second), std::move(*other_links), [] { return std::nullopt; });
  LiveIfupdown live(std::move(host), std::move(*client), std::move(*links));
  return run_ifupdown(stanza, live) ? kDone : kRefused;
}

}  // namespace
}  // namespace ebond::cli

int main() {
  std::vector<std::string> environment;
  for (char** variable = environ; *variable != nullptr; ++variable) environment.emplace_back(*variable);
  const auto stanza = ebond::cli::stanza_of_environment(environment);
  return ebond::cli::is_ours_to_do(stanza) ? ebond::cli::run(stanza) : ebond::cli::kDone;
}
