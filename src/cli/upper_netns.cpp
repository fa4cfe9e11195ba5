#include "cli/upper_netns.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <nlohmann/json.hpp>
#include <thread>

#include "cli/away.h"

namespace ebond::cli {
namespace {

/// The daemon hears of it from netlink.
bool is_followed(const std::string& bond, control::Client& client) {
  using namespace std::chrono_literals;
  const auto end = std::chrono::steady_clock::now() + 10s;
  while (std::chrono::steady_clock::now() < end) {
    const auto shown = client.show(bond);
    if (!shown || shown->empty()) return false;
    if (is_away(shown->at(0))) return true;
    std::this_thread::sleep_for(5ms);
  }
  return false;
}

}  // namespace

os::Result<os::Namespace> open_namespace(const std::string& word) {
  if (word.contains('/')) return os::Namespace::open_path(word);
  auto named = os::Namespace::open_named(word);
  const bool is_number =
      !word.empty() && std::ranges::all_of(word, [](char c) { return c >= '0' && c <= '9'; });
  if (named || !is_number) return named;
  return os::Namespace::open_path(fmt::format("/proc/{}/ns/net", word));
}

Step<> put_into(const os::Namespace& there, const std::string& bond, os::Rtnetlink& links,
                control::Client& client) {
  const auto link = links.link(bond);
  if (!link) return std::unexpected(link.error().message());
  if (auto moved = links.move_to(link->ifindex, there); !moved) {
    return std::unexpected(moved.error().message());
  }
  if (!is_followed(bond, client)) return std::unexpected("ebondd did not follow it");
  return {};
}

}  // namespace ebond::cli
