#include "daemon/bond/belongings.h"

#include <linux/if_addr.h>

#include <algorithm>
#include <cerrno>
#include <initializer_list>

namespace ebond::daemon {
namespace {

/// Is it done, or need not be?
bool went_well(const os::Result<>& done, std::initializer_list<int> harmless) {
  return done || std::ranges::find(harmless, done.error().errno_value) != harmless.end();
}

/// The first failure of several.
class Outcome {
 public:
  void add(os::Result<> done, std::initializer_list<int> harmless) {
    if (!went_well(done, harmless) && first_) first_ = std::move(done);
  }
  os::Result<> get() && { return std::move(first_); }

 private:
  os::Result<> first_;
};

/// What a route needs stands before it: the way to its gateway.
void sort_by_need(std::vector<os::Route>& routes) {
  std::ranges::stable_sort(routes, {}, [](const os::Route& route) {
    return std::pair(route.gateway.has_value(), route.gateway && !route.destination);
  });
}

bool is_the_same(const os::Address& a, const os::Address& b) {
  return a.local == b.local && a.prefix_length == b.prefix_length && a.peer == b.peer;
}

}  // namespace

os::Result<Belongings> note_belongings(Hands& hands, const os::LinkInfo& link) {
  Belongings those{.interface = link.name};
  auto addresses = hands.addresses(link.ifindex);
  if (!addresses) return std::unexpected(addresses.error());
  std::ranges::copy_if(*addresses, std::back_inserter(those.addresses), [](const os::Address& address) {
    return (address.flags & IFA_F_DADFAILED) == 0;  // somebody else's
  });
  auto routes = hands.routes(link.ifindex);
  if (!routes) return std::unexpected(routes.error());
  those.routes = *std::move(routes);
  sort_by_need(those.routes);
  auto neighbours = hands.written_neighbours(link.ifindex);
  if (!neighbours) return std::unexpected(neighbours.error());
  those.neighbours = *std::move(neighbours);
  auto rules = hands.rules_naming(link.name);
  if (!rules) return std::unexpected(rules.error());
  those.rules = *std::move(rules);
  return those;
}

Belongings belongings_on(const Belongings& those, os::IfIndex upper, const std::string& name) {
  auto moved = those;
  moved.interface = name;
  for (auto& address : moved.addresses) {
    address.ifindex = upper;
    if (address.is_ipv6()) address.flags |= IFA_F_NODAD;
    // "eth0:1" is bond0's as "bond0:1".
    if (address.label.starts_with(those.interface)) {
      address.label = name + address.label.substr(those.interface.size());
    }
  }
  for (auto& route : moved.routes) route.ifindex = upper;
  for (auto& neighbour : moved.neighbours) neighbour.ifindex = upper;
  for (auto& rule : moved.rules) rule = rule.renamed(those.interface, name);
  return moved;
}

os::Result<> follow_lifetimes(Hands& hands, os::IfIndex upper, std::vector<os::Address>& addresses) {
  const auto now = hands.addresses(upper);
  if (!now) return std::unexpected(now.error());
  for (auto& address : addresses) {
    const auto found =
        std::ranges::find_if(*now, [&](const os::Address& each) { return is_the_same(each, address); });
    if (found == now->end()) continue;
    address.valid_lifetime = found->valid_lifetime;
    address.preferred_lifetime = found->preferred_lifetime;
  }
  return {};
}

os::Result<> give_addresses(Hands& hands, const Belongings& those) {
  for (const auto& address : those.addresses) {
    if (auto done = hands.add_address(address); !went_well(done, {EEXIST})) return done;
  }
  return {};
}

os::Result<> give_neighbours(Hands& hands, const Belongings& those) {
  for (const auto& neighbour : those.neighbours) {
    if (auto done = hands.add_neighbour(neighbour); !went_well(done, {EEXIST})) return done;
  }
  return {};
}

os::Result<> give_ways(Hands& hands, const Belongings& those) {
  for (const auto& route : those.routes) {
    if (auto done = hands.add_route(route); !went_well(done, {EEXIST})) return done;
  }
  if (auto done = give_neighbours(hands, those); !done) return done;
  for (const auto& rule : those.rules) {
    if (auto done = hands.add_rule(rule); !went_well(done, {EEXIST})) return done;
  }
  return {};
}

os::Result<> take_addresses(Hands& hands, const Belongings& those) {
  Outcome outcome;
  for (const auto& address : those.addresses) {
    outcome.add(hands.delete_address(address), {EADDRNOTAVAIL, ENODEV});
  }
  return std::move(outcome).get();
}

os::Result<> take_ways(Hands& hands, const Belongings& those) {
  Outcome outcome;
  for (const auto& route : those.routes) {
    outcome.add(hands.delete_route(route), {ESRCH, ENOENT, ENODEV});
  }
  for (const auto& neighbour : those.neighbours) {
    outcome.add(hands.delete_neighbour(neighbour), {ENOENT, ENODEV});
  }
  for (const auto& rule : those.rules) outcome.add(hands.delete_rule(rule), {ENOENT});
  return std::move(outcome).get();
}

}  // namespace ebond::daemon
