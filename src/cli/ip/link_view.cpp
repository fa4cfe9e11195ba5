#include "cli/ip/link_view.h"

#include <linux/if.h>
#include <linux/if_bonding.h>
#include <linux/if_link.h>

#include <algorithm>

namespace ebond::cli::ip {
namespace {

constexpr std::string_view kKind = "bond";

/// bond0's lower half: a veth or netkit device whose other end is a bond of this namespace, or stands in
/// another one.
bool is_lower_half(const LinkMessage& link, const Bonds& bonds) {
  if (contains(link.attributes, IFLA_LINK_NETNSID)) {
    const auto alias = text_in(link.attributes, IFLA_IFALIAS);
    return alias.starts_with("lower half of ") && alias.ends_with("(ebond)");
  }
  const auto other_end = number_in<std::uint32_t>(link.attributes, IFLA_LINK);
  if (!other_end || bonds.bond(*other_end) == nullptr) return false;
  const auto* info = find(link.attributes, IFLA_LINKINFO);
  const auto kind = info == nullptr ? std::string() : text_in(read_attributes(info->value), IFLA_INFO_KIND);
  return kind == "veth" || kind == "netkit";
}

void copy(AttributeWriter& out, const Attributes& attributes, std::initializer_list<std::uint16_t> but) {
  for (const auto& attribute : attributes) {
    if (std::ranges::find(but, attribute.type) == but.end()) out.put(attribute);
  }
}

Attributes info_of(const LinkMessage& link) {
  const auto* info = find(link.attributes, IFLA_LINKINFO);
  return info ? read_attributes(info->value) : Attributes();
}

/// Without the other end there is no layer below that could be down (RFC 2863 3.1.13).
std::uint8_t state_of_its_own(std::uint8_t operstate) {
  return operstate == IF_OPER_LOWERLAYERDOWN ? std::uint8_t{IF_OPER_DOWN} : operstate;
}

Bytes as_bond(LinkMessage link, const ShownBond& bond) {
  link.info.ifi_flags |= IFF_MASTER;
  AttributeWriter out;
  copy(out, link.attributes, {IFLA_LINK, IFLA_LINK_NETNSID, IFLA_LINKINFO, IFLA_OPERSTATE});
  if (const auto state = number_in<std::uint8_t>(link.attributes, IFLA_OPERSTATE)) {
    out.put_number(IFLA_OPERSTATE, state_of_its_own(*state));
  }
  out.nest(IFLA_LINKINFO, [&](AttributeWriter& info) {
    info.put_text(IFLA_INFO_KIND, kKind);
    info.put(IFLA_INFO_DATA, bond.data);
    copy(info, info_of(link), {IFLA_INFO_KIND, IFLA_INFO_DATA});
  });
  return write_link(link.header, link.info, out.bytes());
}

Bytes as_slave(LinkMessage link, const Bonds::Membership& membership) {
  link.info.ifi_flags |= IFF_SLAVE;
  AttributeWriter out;
  copy(out, link.attributes, {IFLA_MASTER, IFLA_LINKINFO});
  if (membership.bond->ifindex != 0) out.put_number(IFLA_MASTER, membership.bond->ifindex);
  out.nest(IFLA_LINKINFO, [&](AttributeWriter& info) {
    copy(info, info_of(link), {IFLA_INFO_SLAVE_KIND, IFLA_INFO_SLAVE_DATA});
    info.put_text(IFLA_INFO_SLAVE_KIND, kKind);
    info.put(IFLA_INFO_SLAVE_DATA, membership.slave->data);
  });
  return write_link(link.header, link.info, out.bytes());
}

Bytes retold_link(View message, const LinkMessage& link, const Bonds& bonds) {
  const auto ifindex = static_cast<std::uint32_t>(link.info.ifi_index);
  if (const auto* bond = bonds.bond(ifindex)) {
    // A bond in a bond: both are told.
    const auto outer = bonds.membership(ifindex);
    auto told = as_bond(link, *bond);
    const auto inner = read_link(told);
    if (outer && inner) return as_slave(*inner, outer);
    return told;
  }
  if (const auto membership = bonds.membership(ifindex)) return as_slave(link, membership);
  const bool in_a_list = (link.header.nlmsg_flags & NLM_F_MULTI) != 0;
  if (in_a_list && is_lower_half(link, bonds)) return {};
  return {message.begin(), message.end()};
}

void put_counters(AttributeWriter& out, std::uint16_t attribute,
                  const std::optional<LacpCounters>& counters) {
  out.nest(attribute, [&](AttributeWriter& types) {
    types.nest(LINK_XSTATS_TYPE_BOND, [&](AttributeWriter& bond) {
      if (!counters) return;
      bond.nest(BOND_XSTATS_3AD, [&](AttributeWriter& values) {
        for (std::size_t i = 0; i < counters->size(); ++i) {
          values.put_number(static_cast<std::uint16_t>(BOND_3AD_STAT_LACPDU_RX + i), counters->at(i));
        }
      });
    });
  });
}

/// `ip link xstats type bond`, `type bond_slave`: what the driver adds to the answers that ask for it.
Bytes retold_stats(const StatsMessage& stats, const Bonds& bonds) {
  AttributeWriter out;
  for (const auto& attribute : stats.attributes) out.put(attribute);
  const auto is_wanted = [&](unsigned which) {
    return (stats.info.filter_mask & IFLA_STATS_FILTER_BIT(which)) != 0;
  };
  const auto* bond = bonds.bond(stats.info.ifindex);
  if (bond && is_wanted(IFLA_STATS_LINK_XSTATS)) put_counters(out, IFLA_STATS_LINK_XSTATS, bond->lacp);
  const auto membership = bonds.membership(stats.info.ifindex);
  if (membership && is_wanted(IFLA_STATS_LINK_XSTATS_SLAVE)) {
    put_counters(out, IFLA_STATS_LINK_XSTATS_SLAVE, membership.slave->lacp);
  }
  return write_stats(stats.header, stats.info, out.bytes());
}

Bytes retold_message(View message, const Bonds& bonds) {
  if (const auto link = read_link(message); link && link->header.nlmsg_type == RTM_NEWLINK) {
    return retold_link(message, *link, bonds);
  }
  if (const auto stats = read_stats(message); stats && stats->header.nlmsg_type == RTM_NEWSTATS) {
    return retold_stats(*stats, bonds);
  }
  return {message.begin(), message.end()};
}

}  // namespace

Bytes retold(View datagram, const Bonds& bonds) {
  Bytes result;
  for (const auto message : messages_in(datagram)) {
    const auto told = retold_message(message, bonds);
    result.insert(result.end(), told.begin(), told.end());
    result.resize(NLMSG_ALIGN(result.size()));
  }
  return result;
}

Bytes without_filters(View request) {
  const auto link = read_link(request);
  if (!link || link->header.nlmsg_type != RTM_GETLINK) return {request.begin(), request.end()};
  AttributeWriter out;
  copy(out, link->attributes, {IFLA_MASTER, IFLA_LINKINFO});
  return write_link(link->header, link->info, out.bytes());
}

}  // namespace ebond::cli::ip
