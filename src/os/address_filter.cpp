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

/// The unicast MAC of an entry of the device's own list; a bridge's entries for its port are of another kind.
std::optional<core::MacAddress> own_unicast(const nlmsghdr& message, core::IfIndex device) {
  if (message.nlmsg_type != RTM_NEWNEIGH || !nlmsg_valid_hdr(&message, sizeof(ndmsg))) return std::nullopt;
  const auto& header = *static_cast<const ndmsg*>(nlmsg_data(&message));
  if (header.ndm_ifindex != static_cast<int>(std::to_underlying(device)) ||
      (header.ndm_flags & NTF_SELF) == 0) {
    return std::nullopt;
  }
  const auto* address = nlmsg_find_attr(const_cast<nlmsghdr*>(&message), sizeof(ndmsg), NDA_LLADDR);
  if (address == nullptr || nla_len(address) != ETH_ALEN) return std::nullopt;
  std::array<std::uint8_t, ETH_ALEN> octets{};
  std::memcpy(octets.data(), nla_data(address), octets.size());
  if ((octets[0] & 1) != 0) return std::nullopt;
  return core::MacAddress(octets);
}

}  // namespace

Result<AddressFilter> AddressFilter::open(const Namespace& where) {
  auto socket = NetlinkSocket::open(where);
  if (!socket) return std::unexpected(socket.error());
  return AddressFilter(std::move(*socket));
}

Result<std::set<core::MacAddress>> AddressFilter::list(core::IfIndex device) {
  std::set<core::MacAddress> found;
  NetlinkRequest request(RTM_GETNEIGH, NLM_F_DUMP, entry_header(device));
  auto seen = socket_.ask(
      request,
      fmt::format("cannot list the addresses that interface number {} takes", std::to_underlying(device)),
      [&](const nlmsghdr& message) {
        if (auto mac = own_unicast(message, device)) found.insert(*mac);
      },
      [&] { found.clear(); });
  if (!seen) return std::unexpected(seen.error());
  return found;
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
