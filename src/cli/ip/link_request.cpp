#include "cli/ip/link_request.h"

#include <linux/if_link.h>
#include <sys/types.h>

#include <algorithm>
#include <initializer_list>
#include <string_view>

namespace ebond::cli::ip {
namespace {

constexpr std::string_view kSlaveSuffix = "_slave";

Bytes inside(const Attributes& attributes, std::uint16_t type) {
  const auto* found = find(attributes, type);
  return found ? Bytes(found->value.begin(), found->value.end()) : Bytes();
}

void read_info(LinkRequest& request, View value) {
  const auto info = read_attributes(value);
  request.kind = text_in(info, IFLA_INFO_KIND);
  request.slave_kind = text_in(info, IFLA_INFO_SLAVE_KIND);
  // "type bond_slave" of iproute2 stands there as it was typed.
  if (request.kind.ends_with(kSlaveSuffix)) {
    request.slave_kind = request.kind.substr(0, request.kind.size() - kSlaveSuffix.size());
    request.kind.clear();
  }
  request.data = inside(info, IFLA_INFO_DATA);
  request.slave_data = inside(info, IFLA_INFO_SLAVE_DATA);
}

std::optional<Bytes> request_without(const LinkRequest& request, std::uint32_t ifindex,
                                     std::initializer_list<std::uint16_t> but) {
  AttributeWriter left;
  for (const auto& attribute : request.others) {
    if (std::ranges::find(but, attribute.type) == but.end()) left.put(attribute);
  }
  auto info = request.info;
  info.ifi_index = static_cast<int>(ifindex);
  if (left.bytes().empty() && info.ifi_change == 0 && info.ifi_flags == 0) return std::nullopt;
  nlmsghdr header{};
  header.nlmsg_type = RTM_NEWLINK;
  header.nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK;
  return write_link(header, info, left.bytes());
}

}  // namespace

std::optional<LinkRequest> read_request(View message) {
  const auto link = read_link(message);
  if (!link || link->header.nlmsg_type == RTM_GETLINK) return std::nullopt;
  LinkRequest request;
  request.header = link->header;
  request.info = link->info;
  request.is_removal = link->header.nlmsg_type == RTM_DELLINK;
  request.ifindex = static_cast<std::uint32_t>(link->info.ifi_index);
  request.name = text_in(link->attributes, IFLA_IFNAME);
  request.mtu = number_in<std::uint32_t>(link->attributes, IFLA_MTU);
  request.master = number_in<std::uint32_t>(link->attributes, IFLA_MASTER);
  request.netns_fd = number_in<int>(link->attributes, IFLA_NET_NS_FD);
  request.netns_of = number_in<pid_t>(link->attributes, IFLA_NET_NS_PID);
  for (const auto& attribute : link->attributes) {
    if (attribute.type == IFLA_LINKINFO) read_info(request, attribute.value);
    if (attribute.type != IFLA_LINKINFO && attribute.type != IFLA_MASTER) request.others.push_back(attribute);
  }
  return request;
}

std::optional<Bytes> rest_of(const LinkRequest& request, std::uint32_t ifindex) {
  // A name beside an index is a new one; by itself it only says which link is meant.
  if (request.ifindex == 0) return request_without(request, ifindex, {IFLA_IFNAME, IFLA_ALT_IFNAME});
  return request_without(request, ifindex, {});
}

std::optional<Bytes> rest_of_creation(const LinkRequest& request, std::uint32_t ifindex) {
  return request_without(request, ifindex,
                         {IFLA_IFNAME, IFLA_LINK, IFLA_LINK_NETNSID, IFLA_NET_NS_FD, IFLA_NET_NS_PID,
                          IFLA_NUM_TX_QUEUES, IFLA_NUM_RX_QUEUES});
}

Bytes master_request(std::uint32_t ifindex, std::uint32_t master) {
  AttributeWriter attributes;
  attributes.put_number(IFLA_MASTER, master);
  nlmsghdr header{};
  header.nlmsg_type = RTM_NEWLINK;
  header.nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK;
  ifinfomsg info{};
  info.ifi_index = static_cast<int>(ifindex);
  return write_link(header, info, attributes.bytes());
}

}  // namespace ebond::cli::ip
