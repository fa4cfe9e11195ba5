// What an RTM_NEWLINK or RTM_DELLINK asks, as far as bonds are concerned: of which link, which master, which
// options, and what is left of it for the kernel. Pure; what answers which part is LinkService's to know.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "cli/ip/netlink_message.h"

namespace ebond::cli::ip {

struct LinkRequest {
  nlmsghdr header{};
  ifinfomsg info{};

  bool is_removal = false;              ///< RTM_DELLINK
  std::uint32_t ifindex = 0;            ///< 0: by name, or one to be made
  std::string name;                     ///< IFLA_IFNAME: the new one's, or a new name of `ifindex`
  std::string kind;                     ///< IFLA_INFO_KIND
  std::string slave_kind;               ///< IFLA_INFO_SLAVE_KIND
  Bytes data;                           ///< IFLA_INFO_DATA's inside
  Bytes slave_data;                     ///< IFLA_INFO_SLAVE_DATA's inside
  std::optional<std::uint32_t> mtu;     ///< IFLA_MTU
  std::optional<std::uint32_t> master;  ///< IFLA_MASTER: 0 to leave it
  std::optional<int> netns_fd;          ///< IFLA_NET_NS_FD: where it shall be, or go
  std::optional<pid_t> netns_of;        ///< IFLA_NET_NS_PID
  Attributes others;                    ///< all but master and linkinfo, into the request's bytes

  bool creates() const { return (header.nlmsg_flags & NLM_F_CREATE) != 0; }
  bool moves_namespace() const { return netns_fd || netns_of; }
  bool concerns_options() const { return !kind.empty() || !slave_kind.empty(); }
};

/// None if it is not such a message.
std::optional<LinkRequest> read_request(View message);

/// A request on `ifindex` for all of `request` that neither bond nor master is; none if nothing is left.
std::optional<Bytes> rest_of(const LinkRequest& request, std::uint32_t ifindex);
/// The same for a device just made: its name, queues and namespace are settled.
std::optional<Bytes> rest_of_creation(const LinkRequest& request, std::uint32_t ifindex);
/// "ifindex shall have this master", 0 for none.
Bytes master_request(std::uint32_t ifindex, std::uint32_t master);

}  // namespace ebond::cli::ip
