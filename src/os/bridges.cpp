#include "os/bridges.h"

#include <linux/if_bridge.h>
#include <linux/if_ether.h>
#include <linux/if_link.h>
#include <linux/neighbour.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>

#include <array>
#include <utility>

#include "os/netlink_attributes.h"

namespace ebond::os {
namespace {

std::optional<ForwardingEntry> parse_entry(const nlmsghdr& message) {
  if (message.nlmsg_type != RTM_NEWNEIGH || !nlmsg_valid_hdr(&message, sizeof(ndmsg))) return std::nullopt;
  const auto& header = *static_cast<const ndmsg*>(nlmsg_data(&message));
  if (header.ndm_family != AF_BRIDGE) return std::nullopt;
  ForwardingEntry entry{.device = core::IfIndex(static_cast<std::uint32_t>(header.ndm_ifindex)),
                        .mac = {},
                        .is_local = (header.ndm_state & NUD_PERMANENT) != 0};
  for_each_attribute(message, sizeof(ndmsg), [&](const nlattr& a) {
    if (nla_type(&a) == NDA_LLADDR && nla_len(&a) == ETH_ALEN) {
      entry.mac = core::MacAddress(*value_in<std::array<std::uint8_t, ETH_ALEN>>(a));
    } else if (nla_type(&a) == NDA_VLAN) {
      entry.vlan = value_in<std::uint16_t>(a);
    } else if (nla_type(&a) == NDA_CACHEINFO) {
      constexpr unsigned kMsATick = 10;  // USER_HZ
      entry.idle = core::Milliseconds(std::uint64_t{kMsATick} * value_of<nda_cacheinfo>(a).ndm_used);
    } else if (const auto master = value_in<std::uint32_t>(a); nla_type(&a) == NDA_MASTER && master) {
      entry.bridge = core::IfIndex(*master);
    }
  });
  // What a device keeps itself: its list of addresses, or in a VXLAN device where a MAC is far away.
  if ((header.ndm_flags & NTF_SELF) != 0) {
    if (!entry.is_local) return std::nullopt;
    entry.bridge.reset();
  }
  if (!entry.mac.is_valid_unicast()) return std::nullopt;
  return entry;
}

/// One VLAN, or the first or the last of several.
struct VlanReader {
  std::map<std::uint16_t, bool>& vlans;
  std::uint16_t first = 0;

  void read(const bridge_vlan_info& info) {
    if ((info.flags & BRIDGE_VLAN_INFO_RANGE_BEGIN) != 0) {
      first = info.vid;
      return;
    }
    const bool untagged = (info.flags & BRIDGE_VLAN_INFO_UNTAGGED) != 0;
    if ((info.flags & BRIDGE_VLAN_INFO_RANGE_END) == 0) first = info.vid;
    for (std::uint32_t id = first; id <= info.vid; ++id) vlans[static_cast<std::uint16_t>(id)] = untagged;
  }
};

void read_port(const nlmsghdr& message, PortVlans& ports) {
  if (message.nlmsg_type != RTM_NEWLINK || !nlmsg_valid_hdr(&message, sizeof(ifinfomsg))) return;
  const auto& header = *static_cast<const ifinfomsg*>(nlmsg_data(&message));
  if (header.ifi_family != AF_BRIDGE) return;
  VlanReader reader{ports[core::IfIndex(static_cast<std::uint32_t>(header.ifi_index))]};
  for_each_attribute(message, sizeof(ifinfomsg), [&](const nlattr& a) {
    if (nla_type(&a) != IFLA_AF_SPEC) return;
    for_each_nested(a, [&](const nlattr& inner) {
      const auto info = value_in<bridge_vlan_info>(inner);
      if (nla_type(&inner) == IFLA_BRIDGE_VLAN_INFO && info) reader.read(*info);
    });
  });
}

}  // namespace

Result<Bridges> Bridges::open(const Namespace& where) {
  auto socket = NetlinkSocket::open(where);
  if (!socket) return std::unexpected(socket.error());
  return Bridges(std::move(*socket));
}

Result<std::vector<ForwardingEntry>> Bridges::forwarding_entries() {
  std::vector<ForwardingEntry> found;
  ndmsg header{};
  header.ndm_family = AF_BRIDGE;
  NetlinkRequest request(RTM_GETNEIGH, NLM_F_DUMP, header);
  auto seen = socket_.ask(
      request, "cannot list what is behind bridges",
      [&](const nlmsghdr& message) {
        if (auto entry = parse_entry(message)) found.push_back(*entry);
      },
      [&] { found.clear(); });
  if (!seen) return std::unexpected(seen.error());
  return found;
}

Result<PortVlans> Bridges::port_vlans() {
  PortVlans ports;
  ifinfomsg header{};
  header.ifi_family = AF_BRIDGE;
  NetlinkRequest request(RTM_GETLINK, NLM_F_DUMP, header);
  request.u32(IFLA_EXT_MASK, RTEXT_FILTER_BRVLAN_COMPRESSED);
  auto seen = socket_.ask(
      request, "cannot list the VLANs of bridges' ports",
      [&](const nlmsghdr& message) { read_port(message, ports); }, [&] { ports.clear(); });
  if (!seen) return std::unexpected(seen.error());
  return ports;
}

}  // namespace ebond::os
