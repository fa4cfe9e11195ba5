// ebond's own configuration format, for `ebond apply FILE.toml`.
//
//   [bond.bond0]                        # one table a bond
//   mode = "active-backup"              # any option of the option table, as a word, number, boolean or list
//   miimon = 100
//   arp_ip_target = ["192.0.2.254"]
//   slaves = ["eth0", "eth1"]           # enslaved in this order; also { mac = "…" }, { pattern = "enp3s0f*"
//   } addresses = ["192.0.2.1/24", "2001:db8::1/64"] gateways = ["192.0.2.254"]          # default routes: at
//   most one IPv4, one IPv6 routes = [{ to = "198.51.100.0/24", via = "192.0.2.253", metric = 10 }]  # and
//   more words of ip route vlans = [{ id = 20, addresses = ["203.0.113.1/24"] }] bridge = "br0" dhcp4 = true
//   mtu = 9000
//   mac = "02:00:00:00:00:01"
//   netns = "web"                      # that the interface stands in; its slaves stay here
//   onboot = true
//
//   [slave.eth0]                        # options of one slave
//   prio = 10
//
// Whatever else stands in the file is an error that names its place and the nearest accepted key.
#pragma once

#include <string>
#include <string_view>

#include "config/bond_config.h"
#include "config/problem.h"

namespace ebond::config {

Result<Configuration> read_toml(const std::string& path);
/// `file` is what problems call it.
Result<Configuration> parse_toml(std::string_view text, const std::string& file);

}  // namespace ebond::config
