#include "fake_kernel.h"

#include <fmt/format.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <net/if_arp.h>

#include <algorithm>

namespace ebond::daemon {

os::LinkInfo FakeLink::as_told() const {
  constexpr std::uint32_t kLowerUp = 1 << 16;  // IFF_LOWER_UP, which <net/if.h> does not know
  auto told = info;
  if (info.is_up() && nic.carrier) told.flags |= kLowerUp;
  return told;
}

FakeLink& FakeKernel::add(std::string name, std::uint32_t ifindex, std::string kind) {
  FakeLink link;
  link.info.ifindex = os::IfIndex(ifindex);
  link.info.name = std::move(name);
  link.info.kind = std::move(kind);
  link.info.arptype = ARPHRD_ETHER;
  link.info.mac = *wire::MacAddress::parse(fmt::format("02:00:00:00:00:{:02x}", ifindex & 0xff));
  link.info.mtu = 1500;
  return links.insert_or_assign(link.info.ifindex, std::move(link)).first->second;
}

FakeLink& FakeKernel::add_nic(const std::string& name, std::uint32_t ifindex) {
  auto& link = add(name, ifindex);
  link.info.permanent_mac = link.info.mac;
  link.info.flags = IFF_UP;
  link.addresses.push_back({.ifindex = link.info.ifindex,
                            .local = wire::Ipv4Address{192, 0, 2, static_cast<std::uint8_t>(ifindex)},
                            .prefix_length = 24,
                            .label = name});
  link.routes.push_back({.destination = wire::Ipv4Address{198, 51, 100, 0},
                         .prefix_length = 24,
                         .gateway = wire::Ipv4Address{192, 0, 2, 254},
                         .ifindex = link.info.ifindex});
  return link;
}

FakeLink* FakeKernel::find(os::IfIndex ifindex) {
  const auto found = links.find(ifindex);
  return found == links.end() ? nullptr : &found->second;
}

FakeLink* FakeKernel::find(const std::string& name) {
  for (auto& [ifindex, link] : links) {
    if (link.info.is_called(name)) return &link;
  }
  return nullptr;
}

void FakeKernel::remove(os::IfIndex ifindex) {
  const auto* link = find(ifindex);
  if (link == nullptr) return;
  const bool has_other = link->info.is_half_of_a_pair() && !link->info.lower_netnsid;
  const auto other = has_other ? link->info.lower : std::nullopt;
  links.erase(ifindex);
  if (other) links.erase(*other);
}

namespace {

std::string describe_programs(const core::DatapathSpec& spec) {
  return fmt::format("  programs for mode {} policy {} packets {} counting {} queues {} stamping {}\n",
                     std::to_underlying(spec.mode), std::to_underlying(spec.xmit_hash_policy),
                     spec.packets_per_slave, spec.count_tx, spec.queue_ids, spec.stamp_rx);
}

std::string describe_table(const core::Table& table) {
  std::string text = "  buckets";
  // Of many, which of them a slot has is the past's doing (balance-tlb, balance-alb).
  constexpr std::size_t kMany = 16;
  auto buckets = table.buckets;
  if (buckets.size() > kMany) {
    std::ranges::sort(buckets);
    const auto [same, end] = std::ranges::unique(buckets);
    buckets.erase(same, end);
  }
  for (const auto slot : buckets) text += fmt::format(" {}", std::to_underlying(slot));
  text += " standby";
  for (const auto slot : table.standby) text += fmt::format(" {}", std::to_underlying(slot));
  for (const auto& slot : table.slots) {
    text += fmt::format("\n  slot {} accepts {} queue {} speaks {}", std::to_underlying(slot.slot),
                        slot.accepts, slot.queue_id, slot.own_mac ? slot.own_mac->to_string() : "-");
  }
  return text + "\n";
}

}  // namespace

std::string FakeKernel::describe() const {
  std::string text;
  for (const auto& [ifindex, link] : links) {
    text += fmt::format("{} {} mac {} mtu {} flags {:x} clsact {} rx {} tx {} watched {}\n",
                        std::to_underlying(ifindex), link.info.name, link.info.mac.to_string(), link.info.mtu,
                        link.info.flags, link.clsact, link.rx ? int(std::to_underlying(*link.rx)) : -1,
                        link.tx, link.watched);
    for (const auto& address : link.addresses) {
      text += fmt::format("  address {} {}\n", os::to_string(address.local), address.label);
    }
    for (const auto& route : link.routes) {
      text += fmt::format("  route {} table {} metric {}\n",
                          route.destination ? os::to_string(*route.destination) : "default", route.table,
                          route.metric);
    }
    for (const auto& neighbour : link.neighbours) {
      text += fmt::format("  neighbour {}\n", os::to_string(neighbour.address));
    }
    for (const auto& [key, value] : link.ipv6) text += fmt::format("  {} {}\n", key, value);
    if (link.lro) text += "  lro\n";
    if (link.info.gso != os::GsoLimits{}) text += fmt::format("  pieces of {}\n", link.info.gso.size);
    for (const auto& mac : link.taken) text += fmt::format("  takes {}\n", mac.to_string());
    for (const auto& vlan : link.vlans_in) text += fmt::format("  lets VLAN {} in\n", vlan.id);
    for (const auto& group : link.groups) text += fmt::format("  group {}\n", group.to_string());
  }
  // Their priorities say which comes first, not when they were made.
  for (const auto& [ifindex, link] : links) {
    for (const auto& rule : rules) {
      if (rule.names(link.info.name)) text += fmt::format("rule of {}\n", link.info.name);
    }
  }
  for (const auto& [path, each] : pins) {
    text += fmt::format("pins {}", path.string());
    for (const auto& [slot, slave] : each.slots) {
      text += fmt::format(" {}:{}", std::to_underlying(slot), std::to_underlying(slave));
    }
    text += fmt::format(" table {} of {}\n", each.table.buckets.size(), each.table.slots.size());
    text += describe_programs(each.spec) + describe_table(each.table);
  }
  return text;
}

FakeKernel* FakeNamespaces::find(const std::string& name) {
  for (auto& [id, each] : all) {
    if (each.label == name) return &each;
  }
  return nullptr;
}

FakeKernel* FakeNamespaces::find(const os::NamespaceId& id) {
  const auto found = all.find(id);
  return found == all.end() ? nullptr : &found->second;
}

FakeKernel& FakeNamespaces::make(const std::string& name, const std::string& cookie, const FakeKernel& like) {
  os::NamespaceId id{.device = like.where.device, .inode = like.where.inode + 100};
  while (all.contains(id)) ++id.inode;
  auto& made = all[id];
  made.where = id;
  made.cookie = like.cookie + 1000 + id.inode;
  made.label = name;
  made.has_hook = like.has_hook;
  made.has_netkit = like.has_netkit;
  made.next_ifindex = 300;
  auto& loopback = made.add("lo", 1).info;
  loopback.flags = IFF_LOOPBACK;
  loopback.alias = cookie;
  return made;
}

void FakeNamespaces::take_name_off(FakeKernel& which) {
  which.label = which.where.to_string();
}

void FakeNamespaces::end_nameless(FakeKernel& initial) {
  for (auto& [id, kernel] : all) {
    if (kernel.label != id.to_string()) continue;
    for (const auto& [ifindex, link] : std::map(kernel.links)) {
      if (link.info.is_half_of_a_pair() && link.info.lower_netnsid) remove(kernel, ifindex, &initial);
      if (!link.info.permanent_mac) continue;
      auto as = ifindex;
      while (initial.find(as) != nullptr) as = os::IfIndex(std::to_underlying(as) + 1);
      move(kernel, ifindex, initial, as);
    }
  }
  std::erase_if(all, [](const auto& each) { return each.second.label == each.first.to_string(); });
}

void FakeNamespaces::move(FakeKernel& from, os::IfIndex link, FakeKernel& to, os::IfIndex as) {
  auto moved = *from.find(link);
  from.links.erase(link);
  moved.info.ifindex = as;
  moved.info.flags &= ~static_cast<std::uint32_t>(IFF_UP);
  moved.addresses.clear();
  moved.routes.clear();
  moved.neighbours.clear();
  moved.groups.clear();
  moved.taken.clear();
  moved.clsact = false;
  moved.rx.reset();
  moved.own_vlans = 0;
  moved.watched = false;
  moved.ipv6 = {{"disable_ipv6", "0"}, {"forwarding", "0"}};
  if (moved.info.is_half_of_a_pair() && moved.info.lower) {
    for (auto* kernel : {&from, &to}) {
      auto* other = kernel->find(*moved.info.lower);
      if (other == nullptr || other->info.lower != link || !other->info.is_half_of_a_pair()) continue;
      other->info.lower = as;
      other->info.lower_netnsid = kernel == &from ? std::optional(0) : std::nullopt;
      moved.info.lower_netnsid = other->info.lower_netnsid;
    }
  }
  to.links.insert_or_assign(as, std::move(moved));
}

void FakeNamespaces::remove(FakeKernel& from, os::IfIndex link, FakeKernel* other) {
  const auto* known = from.find(link);
  if (known == nullptr) return;
  const bool is_apart = known->info.is_half_of_a_pair() && known->info.lower_netnsid && known->info.lower;
  if (is_apart && other != nullptr) other->links.erase(*known->info.lower);
  from.remove(link);
}

std::string FakeNamespaces::describe() const {
  std::string text;
  for (const auto& [id, each] : all) {
    // The kernel ends one in which nothing is left but its loopback device.
    if (each.label == id.to_string() && each.links.size() == 1) continue;
    text += fmt::format("namespace {}\n{}", each.label, each.describe());
  }
  return text;
}

}  // namespace ebond::daemon
