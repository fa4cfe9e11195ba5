// Is a DHCP client at work on an interface? If bond0 takes over what the client gave the interface, the
// client must follow: left where it is, it would give the interface the address again when it renews the
// lease, and take it away if it cannot. For `ebond add … --adopt`. Only looks.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "os/rtnetlink.h"

namespace ebond::cli {

struct DhcpSigns {
  std::vector<std::string> clients{};  ///< "dhclient (pid 812)"
  std::vector<std::string> leases{};   ///< "192.0.2.5, for 3540 s more"
  bool empty() const { return clients.empty() && leases.empty(); }
};

/// Clients by their sockets (UDP ports 68 and 546) and what they were called with, leases by the addresses'
/// lifetimes and by systemd-networkd's files. `root` is /.
DhcpSigns find_dhcp_client(const os::LinkInfo& link, const std::vector<os::Address>& addresses,
                           const std::filesystem::path& root);
/// The same on this machine; an interface that is not there has none.
DhcpSigns find_dhcp_client(os::Rtnetlink& links, const std::string& interface);
DhcpSigns find_dhcp_client(const std::string& interface);

// What is said of it, as whole sentences.
std::string dhcp_refusal(const std::string& interface, const std::string& bond, const DhcpSigns& signs);
std::string dhcp_warning(const std::string& interface, const std::string& bond, const DhcpSigns& signs);

}  // namespace ebond::cli
