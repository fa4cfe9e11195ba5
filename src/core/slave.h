// A slave, as core keeps it: facts about the NIC, its place in the table, its options, its link.
#pragma once

#include <string>

#include "core/link_monitor.h"
#include "core/options/options.h"
#include "core/types.h"

namespace ebond::core {

struct Slave {
  IfIndex ifindex{};
  std::string name;
  SlotId slot{};
  MacAddress permanent_mac;
  MacAddress mac;  ///< the one it wears now
  LinkState link;  ///< as last reported
  LinkMonitor monitor;
  SlaveOptions options{};
  bool no_arp = false;  ///< IFF_NOARP as last ordered

  bool is_up() const { return monitor.is_up(); }
};

}  // namespace ebond::core
