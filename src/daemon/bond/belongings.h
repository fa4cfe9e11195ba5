// What makes an interface the one by which a machine is reached: its addresses, routes, neighbours that
// somebody wrote down, and rules that name it. `ebond add … --adopt` moves them to bond0, and whatever ends
// that moves them back.
//
// Used by Enslavement and Slaves. Nothing is noticed of it by a connection: an address is on both interfaces
// before it goes from the first, so that it is the machine's own all the time.
#pragma once

#include <string>
#include <vector>

#include "daemon/bond/hands.h"

namespace ebond::daemon {

struct Belongings {
  std::string interface;  ///< that they are of, as rules name it
  std::vector<os::Address> addresses{};
  std::vector<os::Route> routes{};  ///< those by other routes come after them
  std::vector<os::Neighbour> neighbours{};
  std::vector<os::Rule> rules{};
};

/// All of an interface. Changes nothing. Link-local addresses and what a router told are among it; what the
/// kernel makes of addresses is, too, for it is not always the kernel's (NetworkManager calls its own so).
os::Result<Belongings> note_belongings(Hands& hands, const os::LinkInfo& link);

/// The same as they are on bond0. Addresses were proved unique where they were, and are not asked for again.
Belongings belongings_on(const Belongings& those, os::IfIndex upper, const std::string& name);

/// They have the lifetimes that these have by now: a DHCP client may have renewed them, and time went by.
os::Result<> follow_lifetimes(Hands& hands, os::IfIndex upper, std::vector<os::Address>& addresses);

// One after the other; the first that fails ends it. What is there already is no error.
os::Result<> give_addresses(Hands& hands, const Belongings& those);
/// The kernel forgets an interface's when its MAC changes.
os::Result<> give_neighbours(Hands& hands, const Belongings& those);
/// Routes, neighbours and rules.
os::Result<> give_ways(Hands& hands, const Belongings& those);

// Does as much as it can; the first failure is the answer. What is not there any more is no error.
os::Result<> take_addresses(Hands& hands, const Belongings& those);
os::Result<> take_ways(Hands& hands, const Belongings& those);

}  // namespace ebond::daemon
