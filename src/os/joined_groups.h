// Which multicast groups the IP stack has joined on an interface, as /proc tells.
// Used to say the memberships again after a failover. Groups that are never reported (224.0.0.1, ff02::1,
// interface-local ones) are not among them.
#pragma once

#include <string_view>
#include <vector>

#include "core/types.h"
#include "os/error.h"
#include "os/netns.h"
#include "wire/igmp.h"
#include "wire/ip_address.h"

namespace ebond::os {

template <class Address>
struct JoinedGroup {
  Address address{};
  std::vector<Address> only_from;  ///< a source-specific group's sources (RFC 4607); else empty
  bool operator==(const JoinedGroup&) const = default;
};

struct JoinedGroups {
  wire::IgmpVersion igmp_version = wire::IgmpVersion::v3;  ///< what the querier there speaks
  std::vector<JoinedGroup<wire::Ipv4Address>> ipv4;
  std::vector<JoinedGroup<wire::Ipv6Address>> ipv6;
};

/// A kernel without IPv6 has no IPv6 groups. An interface that is not there has none at all.
Result<JoinedGroups> joined_groups(const Namespace& where, core::IfIndex interface);

/// The texts of /proc/net/igmp, mcfilter, igmp6 and mcfilter6.
struct MembershipTexts {
  std::string_view igmp, mcfilter, igmp6, mcfilter6;
};
JoinedGroups parse_joined_groups(const MembershipTexts& texts, core::IfIndex interface);

}  // namespace ebond::os
