#include "os/address_filter.h"

#include <fmt/format.h>
#include <linux/if_ether.h>
#include <linux/neighbour.h>
#include <linux/rtnetlink.h>
#include <netlink/attr.h>
#include <netlink/msg.h>
#include <sys/socket.h>

#include <array>
#include <cstring>
#include <optional>
#include <utility>

namespace ebond::os {
namespace {

ndmsg entry_header(core::IfIndex device) {
  ndmsg header{};
  header.ndm_family = AF_BRIDGE;
  header.ndm_ifindex = static_cast<int>(std::to_underlying(device));
  return header;
}

NetlinkRequest change(std::uint16_t type, std::uint16_t flags, core::IfIndex device,
                      const core::MacAddress& mac) {
  auto header = entry_header(device);
  header.ndm_state = NUD_PERMANENT;
  header.ndm_flags = NTF_SELF;
  NetlinkRequest request(type, flags, header);
  request.bytes(NDA_LLADDR, mac.octets().data(), mac.octets().size());
  return request;
}

/// The device of which this is an entry, of its own lists: a bridge's entries for its port are of another
/// kind.
std::optional<core::IfIndex> owner(const nlmsghdr& message) {
  if (message.nlmsg_type != RTM_NEWNEIGH || !nlmsg_valid_hdr(&message, sizeof(ndmsg))) return std::nullopt;
  const auto& header = *static_cast<const ndmsg*>(nlmsg_data(&message));
  if ((header.ndm_flags & NTF_SELF) == 0) return std::nullopt;
  return core::IfIndex(static_cast<std::uint32_t>(header.ndm_ifindex));
}

void add_address(const nlmsghdr& message, TakenAddresses& list) {
  const auto* address = nlmsg_find_attr(const_cast<nlmsghdr*>(&message), sizeof(ndmsg), NDA_LLADDR);
  if (address == nullptr || nla_len(address) != ETH_ALEN) return;
  std::array<std::uint8_t, ETH_ALEN> octets{};
  std::memcpy(octets.data(), nla_data(address), octets.size());
  const core::MacAddress mac(octets);
  (mac.is_multicast() ? list.groups : list.unicast).insert(mac);
}

}  // namespace

Result<AddressFilter> AddressFilter::open(const Namespace& where) {
  auto socket = NetlinkSocket::open(where);
  if (!socket) return std::unexpected(socket.error());
  return AddressFilter(std::move(*socket));
}

Result<TakenAddresses> AddressFilter::list(core::IfIndex device) {
  Lists one{{device, {}}};
  auto told = dump(device, one);
  if (!told) return std::unexpected(told.error());
  return std::move(one[device]);
}

Result<std::size_t> AddressFilter::dump(core::IfIndex device, Lists& lists) {
  core::IfIndex latest{};
  std::size_t devices = 0;
  const auto begin = [&] {
    latest = {};
    devices = 0;
    for (auto& [each, list] : lists) list = {};
  };
  NetlinkRequest request(RTM_GETNEIGH, NLM_F_DUMP, entry_header(device));
  begin();
  auto seen = socket_.ask(
      request,
      fmt::format("cannot list the addresses that interface number {} takes", std::to_underlying(device)),
      [&](const nlmsghdr& message) {
        const auto whose = owner(message);
        if (!whose) return;
        if (std::exchange(latest, *whose) != *whose) ++devices;
        if (const auto list = lists.find(*whose); list != lists.end()) add_address(message, list->second);
      },
      begin);
  if (!seen) return std::unexpected(seen.error());
  return devices;
}

Result<> AddressFilter::add(core::IfIndex device, const core::MacAddress& mac) {
  auto request = change(RTM_NEWNEIGH, NLM_F_CREATE | NLM_F_EXCL, device, mac);
  return socket_.ask(request, fmt::format("cannot have interface number {} take frames to {}",
                                          std::to_underlying(device), mac.to_string()));
}

Result<> AddressFilter::remove(core::IfIndex device, const core::MacAddress& mac) {
  auto request = change(RTM_DELNEIGH, 0, device, mac);
  return socket_.ask(request, fmt::format("cannot have interface number {} no longer take frames to {}",
                                          std::to_underlying(device), mac.to_string()));
}

}  // namespace ebond::os
