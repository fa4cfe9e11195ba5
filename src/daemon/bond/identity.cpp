#include "daemon/bond/identity.h"

#include <algorithm>

namespace ebond::daemon {
namespace {

/// What an older ebond made bears no cookie.
bool is_ours(const os::LinkInfo& lower, const std::string& cookie) {
  return cookie.empty() || os::BondDevice::bears(lower.alias, cookie);
}

}  // namespace

os::Result<FoundUpper> find_upper(Hands& hands, os::IfIndex lower, const std::string& cookie) {
  const auto below = hands.link(lower);
  if (!below) return std::unexpected(below.error());
  const auto gone = [&] { return os::errno_error("the upper half of " + below->name + " is gone", ENODEV); };
  if (!below->is_half_of_a_pair() || !below->lower || !is_ours(*below, cookie)) return gone();
  std::shared_ptr<Hands> apart;
  if (below->lower_netnsid) {
    // Without a cookie the number may be a stranger's.
    if (cookie.empty()) return gone();
    os::LinkInfo left;
    left.name = "the upper half of " + below->name;
    left.new_netnsid = below->lower_netnsid;
    auto there = hands.hands_at(left);
    if (!there) return std::unexpected(there.error());
    apart = std::move(*there);
  }
  auto upper = (apart ? *apart : hands).link(*below->lower);
  if (!upper) return std::unexpected(upper.error());
  const bool is_apart = upper->lower_netnsid.has_value();
  if (!upper->is_half_of_a_pair() || upper->lower != lower || is_apart != (apart != nullptr)) return gone();
  return FoundUpper{std::move(*upper), std::move(apart)};
}

os::Result<FoundUpper> find_pair(Hands& hands, const StoredBond& stored) {
  auto found = find_upper(hands, stored.lower, stored.cookie);
  const bool is_a_stranger = found && stored.cookie.empty() && found->link.ifindex != stored.memory.ifindex;
  if (is_a_stranger) return os::errno_error(stored.memory.name + " is gone", ENODEV);
  return found;
}

std::optional<os::IfIndex> find_half(Hands& hands, const StoredBond& stored) {
  const auto upper = hands.link(stored.memory.ifindex);
  if (upper && upper->is_half_of_a_pair() && upper->lower_netnsid && upper->name == stored.memory.name &&
      upper->mac == stored.memory.mac) {
    return upper->ifindex;
  }
  const auto lower = hands.link(stored.lower);
  if (lower && !stored.cookie.empty() && is_ours(*lower, stored.cookie)) return lower->ifindex;
  return std::nullopt;
}

bool has_gone(const os::Result<os::LinkInfo>& link, const SlaveOriginals* known) {
  if (!link) return link.error().errno_value == ENODEV;
  if (known == nullptr || !known->permanent_mac || !link->permanent_mac) return false;
  return *known->permanent_mac != *link->permanent_mac;
}

os::LinkInfo nothing_of(os::IfIndex ifindex) {
  os::LinkInfo link;
  link.ifindex = ifindex;
  return link;
}

os::Result<bool> is_still_there(Hands& hands, const std::filesystem::path& pins, const StoredBond& stored,
                                const SlaveOriginals& slave) {
  const auto link = hands.link(slave.ifindex);
  if (has_gone(link, &slave)) return false;
  if (!link) return std::unexpected(link.error());
  if (link->permanent_mac && slave.permanent_mac) return true;
  const auto carries = hands.carries_program(pins, slave.ifindex);
  if (carries.value_or(false)) return true;
  if (link->mac == slave.mac || link->mac == stored.memory.mac) return true;
  const bool wears_its = std::ranges::any_of(stored.memory.slaves, [&](const core::SlaveMemory& each) {
    return each.facts.ifindex == slave.ifindex && each.facts.current_mac == link->mac;
  });
  // The first slave's is the bond's MAC from then on, and the state file may not tell of that yet.
  const bool wears_another_slaves =
      std::ranges::find(stored.originals, link->mac, &SlaveOriginals::mac) != stored.originals.end();
  const bool is_it = wears_its || wears_another_slaves;
  // No maps, no programs: that is an answer. What could not be looked at is none.
  if (is_it || carries || carries.error().errno_value == ENOENT) return is_it;
  return std::unexpected(carries.error());
}

}  // namespace ebond::daemon
