#include "daemon/neighbours/behind.h"

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "daemon/neighbours/device_stack.h"

namespace ebond::daemon {
namespace {

using Entries = std::vector<os::ForwardingEntry>;

/// Devices whose frames leave the bond as they are, but for a tag: no tunnels.
bool passes_frames_on(const os::LinkInfo& link) {
  return link.kind == "vlan" || link.kind == "macvlan" || link.kind == "macvtap" || link.kind == "bridge";
}

class Survey {
 public:
  Survey(std::vector<StackedDevice> stack, const Entries& entries) {
    for (const auto& entry : entries) {
      if (entry.bridge) {
        by_bridge_[*entry.bridge].push_back(&entry);
      } else {
        own_lists_[entry.device].insert(entry.mac);
      }
    }
    keep_what_passes(std::move(stack));
    for (const auto& device : stack_) {
      if (device.link.vlan && device.link.lower && !device.link.lower_netnsid) {
        hide(*device.link.lower, device.link);
      }
    }
  }

  bool needs_port_vlans() const {
    return std::ranges::any_of(stack_,
                               [](const auto& device) { return device.link.filters_vlans.has_value(); });
  }

  std::vector<core::MacBehind> macs(const os::PortVlans& vlans) {
    for (const auto& device : stack_) {
      if (!device.link.is_up()) continue;
      if (device.link.filters_vlans) {
        add_filtering_bridge(device.link, vlans);
        continue;
      }
      add(device.link.mac, device.tags, by_vlans_.contains(device.link.ifindex));
      add_own_list(device);
      if (device.link.kind == "bridge") add_bridge(device.link);
    }
    return the_busiest_first();
  }

 private:
  /// Drops tunnels and what stands on them. A device stands behind what it stands on.
  void keep_what_passes(std::vector<StackedDevice> all) {
    std::set<os::IfIndex> masters;
    for (auto& device : all) {
      const auto& link = device.link;
      const bool stands_on_kept =
          masters.contains(link.ifindex) || (link.lower && on_bond_.contains(*link.lower));
      if (device.distance != 0 && !(stands_on_kept && passes_frames_on(link))) continue;
      on_bond_.insert(link.ifindex);
      if (device.distance == 0 || (link.kind == "vlan" && link.lower && by_vlans_.contains(*link.lower))) {
        by_vlans_.insert(link.ifindex);
      }
      if (link.master) masters.insert(*link.master);
      stack_.push_back(std::move(device));
    }
  }

  /// What a VLAN speaks with stands in the list of what it is on, too, and is not spoken there.
  void hide(os::IfIndex lower, const os::LinkInfo& vlan) {
    auto& hidden = hidden_[lower];
    hidden.insert(vlan.mac);
    const auto& list = own_lists_[vlan.ifindex];
    hidden.insert(list.begin(), list.end());
  }

  /// A bridge's MAC may be the bond's; then it is not the bond's alone.
  void add(const wire::MacAddress& mac, const wire::VlanTags& tags, bool is_own = false,
           core::Milliseconds idle = {}) {
    if (!mac.is_valid_unicast()) return;
    const auto [place, is_new] = places_.try_emplace({mac, tags}, found_.size());
    if (is_new) {
      found_.push_back({{.mac = mac, .tags = tags, .is_own = is_own}, idle});
      return;
    }
    auto& before = found_[place->second];
    if (!is_own) before.behind.is_own = false;
    before.idle = std::min(before.idle, idle);
  }

  /// What somebody sends to at this moment is lost until it is taught: it goes before all that is idle.
  std::vector<core::MacBehind> the_busiest_first() {
    std::ranges::stable_sort(found_, {}, &Found::idle);
    std::vector<core::MacBehind> macs;
    for (auto& each : found_) macs.push_back(std::move(each.behind));
    return macs;
  }

  void add_own_list(const StackedDevice& device) {
    const auto& hidden = hidden_[device.link.ifindex];
    for (const auto& mac : own_lists_[device.link.ifindex]) {
      if (!hidden.contains(mac)) add(mac, device.tags);
    }
  }

  std::vector<const StackedDevice*> ports_of(const os::LinkInfo& bridge) const {
    std::vector<const StackedDevice*> ports;
    for (const auto& device : stack_) {
      if (device.link.master == bridge.ifindex) ports.push_back(&device);
    }
    return ports;
  }

  /// Behind a port that is not on the bond, and no address of such a port itself.
  bool is_behind(const os::ForwardingEntry& entry) const {
    return !entry.is_local && !on_bond_.contains(entry.device);
  }

  void add_bridge(const os::LinkInfo& bridge) {
    for (const auto* port : ports_of(bridge)) {
      for (const auto* entry : by_bridge_[bridge.ifindex]) {
        if (is_behind(*entry)) add(entry->mac, port->tags, false, entry->idle);
      }
    }
  }

  /// A MAC's frames leave by a port of the bond's if that is in the MAC's VLAN, with its tag or without. The
  /// bridge itself speaks in the VLANs that its own MAC is listed with.
  void add_filtering_bridge(const os::LinkInfo& bridge, const os::PortVlans& vlans) {
    for (const auto* port : ports_of(bridge)) {
      const auto known = vlans.find(port->link.ifindex);
      if (known == vlans.end()) continue;
      for (const auto* entry : by_bridge_[bridge.ifindex]) {
        if (!entry->vlan || (entry->mac != bridge.mac && !is_behind(*entry))) continue;
        const auto vlan = known->second.find(*entry->vlan);
        if (vlan == known->second.end()) continue;
        auto tags = port->tags;
        const bool untagged = vlan->second;
        if (!untagged) tags.push_back({.protocol = *bridge.filters_vlans, .id = *entry->vlan});
        add(entry->mac, tags, false, entry->idle);
      }
    }
  }

  std::vector<StackedDevice> stack_;
  std::set<os::IfIndex> on_bond_;
  std::set<os::IfIndex> by_vlans_;  ///< the bond, and VLANs on it and on each other
  std::map<os::IfIndex, std::vector<const os::ForwardingEntry*>> by_bridge_;
  std::map<os::IfIndex, std::set<wire::MacAddress>> own_lists_, hidden_;
  std::map<std::pair<wire::MacAddress, wire::VlanTags>, std::size_t> places_;
  struct Found {
    core::MacBehind behind;
    core::Milliseconds idle{};
  };
  std::vector<Found> found_;
};

}  // namespace

os::Result<std::vector<core::MacBehind>> macs_behind(Hands& hands, os::IfIndex bond) {
  auto stack = stack_on(hands, bond);
  if (!stack) return std::unexpected(stack.error());
  if (stack->empty()) return std::vector<core::MacBehind>{};
  const auto entries = hands.forwarding_entries();
  if (!entries) return std::unexpected(entries.error());
  Survey survey(std::move(*stack), *entries);
  os::PortVlans vlans;
  if (survey.needs_port_vlans()) {
    auto read = hands.port_vlans();
    if (!read) return std::unexpected(read.error());
    vlans = std::move(*read);
  }
  return survey.macs(vlans);
}

namespace {

/// As macs_behind() of the bond would have them. What a macvlan speaks with stands in the bond's own list.
std::vector<core::MacBehind> macs_of(Hands& there, const os::LinkInfo& link) {
  auto macs = macs_behind(there, link.ifindex).value_or(std::vector<core::MacBehind>{});
  if (link.vlan) {
    for (auto& each : macs) each.tags.insert(each.tags.begin(), *link.vlan);
  } else {
    std::erase_if(macs, [](const auto& each) { return each.is_own && each.tags.empty(); });
  }
  return macs;
}

}  // namespace

void macs_behind_elsewhere(Hands& hands, os::IfIndex bond,
                           std::function<void(std::vector<core::MacBehind>)> found) {
  hands.visit_elsewhere([bond, found = std::move(found)](Hands& there, const Hands::LinksElsewhere& links) {
    for (const auto& link : links) {
      if (link.lower != bond || !link.is_up() || !passes_frames_on(link)) continue;
      if (auto macs = macs_of(there, link); !macs.empty()) found(std::move(macs));
    }
  });
}

}  // namespace ebond::daemon
