#include "cli/add.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <nlohmann/json.hpp>
#include <thread>

#include "cli/dhcp_client.h"
#include "cli/session.h"
#include "os/netns.h"
#include "os/rtnetlink.h"

namespace ebond::cli {
namespace {

/// As `ip link` takes it: a name of `ip netns`, the number of a process, or a path.
os::Result<os::Namespace> open_namespace(const std::string& word) {
  if (word.contains('/')) return os::Namespace::open_path(word);
  auto named = os::Namespace::open_named(word);
  const bool is_number =
      !word.empty() && std::ranges::all_of(word, [](char c) { return c >= '0' && c <= '9'; });
  if (named || !is_number) return named;
  return os::Namespace::open_path(fmt::format("/proc/{}/ns/net", word));
}

os::Result<> move(const std::string& bond, const os::Namespace& there) {
  const auto here = os::Namespace::current();
  if (!here) return std::unexpected(here.error());
  auto links = os::Rtnetlink::open(*here);
  if (!links) return std::unexpected(links.error());
  const auto link = links->link(bond);
  if (!link) return std::unexpected(link.error());
  return links->move_to(link->ifindex, there);
}

/// The daemon hears of it from netlink.
bool is_followed(const std::string& bond, control::Client& client) {
  using namespace std::chrono_literals;
  const auto end = std::chrono::steady_clock::now() + 10s;
  while (std::chrono::steady_clock::now() < end) {
    const auto shown = client.show(bond);
    if (!shown) return false;
    const auto& report = shown->is_array() ? shown->at(0) : *shown;
    if (report.contains("away") && !report.at("away").is_null()) return true;
    std::this_thread::sleep_for(5ms);
  }
  return false;
}

int add_adopting(const Arguments& arguments, control::Client& client) {
  const auto dhcp = find_dhcp_client(arguments.adopt);
  if (!dhcp.empty() && !arguments.force) {
    complain(kProgram, dhcp_refusal(arguments.adopt, arguments.bond, dhcp));
    return kRefused;
  }
  const auto warnings = client.add_adopting(arguments.bond, arguments.options, arguments.adopt);
  if (warnings && !dhcp.empty()) {
    complain(kProgram, "warning: " + dhcp_warning(arguments.adopt, arguments.bond, dhcp));
  }
  return conclude_with_warnings(warnings);
}

}  // namespace

int run_add(const Arguments& arguments, control::Client& client) {
  if (!arguments.adopt.empty()) return add_adopting(arguments, client);
  if (arguments.upper_netns.empty()) {
    return conclude(kProgram, client.add(arguments.bond, arguments.options));
  }
  // Looked at before anything is made.
  const auto there = open_namespace(arguments.upper_netns);
  const auto here = os::Namespace::current();
  const bool is_here = there && here && there->id() == here->id();
  if (!there) {
    complain(kProgram, fmt::format("netns {}: {}", arguments.upper_netns, there.error().message()));
    return kRefused;
  }
  const auto added = client.add(arguments.bond, arguments.options);
  if (!added || is_here) return conclude(kProgram, added);
  const auto moved = move(arguments.bond, *there);
  if (moved && is_followed(arguments.bond, client)) return kDone;
  complain(kProgram,
           fmt::format("cannot have {} in netns {}, and no bond remains: {}", arguments.bond,
                       arguments.upper_netns, moved ? "ebondd did not follow it" : moved.error().message()));
  (void)client.del(arguments.bond);
  return kRefused;
}

}  // namespace ebond::cli
