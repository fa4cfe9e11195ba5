// A kernel small enough to read: the links of one network namespace, with what the daemon sets on them, and
// the pinned maps of its bonds. It lives on when the daemon of a test is killed.
#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "core/receive_filter.h"
#include "core/table.h"
#include "os/bridges.h"
#include "os/joined_groups.h"
#include "os/netns.h"
#include "os/rtnetlink_types.h"

namespace ebond::daemon {

struct FakeLink {
  /// `info` as netlink tells it, with what the NIC says of its carrier.
  os::LinkInfo as_told() const;
  os::LinkInfo info;
  std::string bus = "0000:01:00.0";
  core::LinkState nic{.carrier = true, .speed_mbps = 1000, .duplex = core::Duplex::full};  ///< once it is up
  std::vector<os::Address> addresses{};
  std::vector<os::Route> routes{};
  std::vector<os::Neighbour> neighbours{};  ///< that were written down
  std::size_t shared_routes = 0;            ///< by several next hops, it among them
  std::map<std::string, std::string> ipv6{{"disable_ipv6", "0"}, {"forwarding", "0"}};
  std::set<wire::MacAddress> groups{};
  std::set<wire::MacAddress> taken{};  ///< unicast addresses
  std::set<core::VlanKey> vlans_in{};  ///< that its card lets in
  bool lro = false;
  bool clsact = false;
  std::optional<core::SlotId> rx{};  ///< the slot of the RX program on it
  bool tx = false;                   ///< the TX program is on it
  bool others_program = false;       ///< a program of another bond is on it
  std::size_t own_vlans = 0;         ///< VLANs whose frames are left to it
  bool watched = false;              ///< by the carrier hook
  // What it refuses
  std::optional<std::uint32_t> largest_mtu{};
  int mac_errno = 0;  ///< any change of its MAC
  bool mac_needs_down = false;
  std::uint32_t fixed_flags = 0;  ///< changes of these
};

struct FakePins {
  core::DatapathSpec spec;
  bool bond0_is_apart = false;
  bool bond0_lets_all_in = false;
  os::IfIndex lower{};
  std::map<core::SlotId, os::IfIndex> slots;
  core::Table table;
};

class FakeKernel {
 public:
  FakeLink& add(std::string name, std::uint32_t ifindex, std::string kind = "");
  /// A NIC as tests like it: up, with an address, a route, a permanent MAC ending in its ifindex.
  FakeLink& add_nic(const std::string& name, std::uint32_t ifindex);
  FakeLink* find(os::IfIndex ifindex);
  FakeLink* find(const std::string& name);
  FakeLink& at(const std::string& name) { return *find(name); }
  /// With its other half, if it is a veth and that is here.
  void remove(os::IfIndex ifindex);

  /// All of it as text, a line for each thing, so that a test can compare before and after.
  std::string describe() const;

  os::NamespaceId where{.device = 4, .inode = 4026531840};
  std::uint64_t cookie = 5;  ///< of the namespace
  std::string boot_id = "a boot";
  std::uint64_t cookies_made = 0;
  std::string label;  ///< as `ip netns` would say
  bool has_hook = true;
  bool has_netkit = false;
  std::map<os::IfIndex, FakeLink> links;
  std::map<std::filesystem::path, FakePins> pins;
  std::vector<os::ForwardingEntry> forwarding;  ///< of its bridges and devices
  os::PortVlans port_vlans;
  std::vector<os::Rule> rules;
  std::uint32_t next_ifindex = 100;
};

/// The namespaces that bonds have for their own, beside the one of a World's kernel. They live on with their
/// names.
class FakeNamespaces {
 public:
  /// Null if there is none of that name.
  FakeKernel* find(const std::string& name);
  FakeKernel* find(const os::NamespaceId& id);
  FakeKernel& make(const std::string& name, const std::string& cookie, const FakeKernel& like);
  void take_name_off(FakeKernel& which);
  /// Nobody holds those without a name any more: what was real hardware goes to `initial`, all else is gone.
  void end_nameless(FakeKernel& initial);
  /// An interface leaves one for another.
  static void move(FakeKernel& from, os::IfIndex link, FakeKernel& to, os::IfIndex as);
  /// With its other half in `other`.
  static void remove(FakeKernel& from, os::IfIndex link, FakeKernel* other);
  std::string describe() const;
  std::map<os::NamespaceId, FakeKernel> all;
};

}  // namespace ebond::daemon
