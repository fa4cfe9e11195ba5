// The soak's strangers: frames that no honest neighbour sends, clients that no honest program is, and filters
// that somebody else put on a slave.
//
// All of it from a seed, so that the same operation is rude in the same way. What may be believed by its
// form (a whole LACPDU, an ARP in a host's name) is not sent: who shares the wire can lie, and then frames
// are lost that the soak could not excuse.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "core/types.h"
#include "os/netns.h"
#include "tests/soak/situation.h"
#include "wire/bytes.h"
#include "wire/mac_address.h"

namespace ebond::soak {

/// "garbage", "lacp", "arp", "nd", "bfd", "echo", "lldp", "cut": a few hundred, to that MAC if to one.
std::vector<wire::Bytes> frames_of_a_stranger(const std::string& kind, const wire::MacAddress& to,
                                              std::uint64_t seed);

/// "garbage", "nested", "long", "half", "many", "calls", "hurried": talks to the socket, and goes. As user
/// and group `id`, of no other group.
void be_a_hostile_client(const std::filesystem::path& socket, const std::string& kind, unsigned id,
                         std::uint64_t seed);

/// A filter of somebody else's on an interface's ingress, which lets each frame pass ("unspec") or accepts it
/// ("ok"); or, empty, takes it away.
void set_foreign_filter(const os::Namespace& where, core::IfIndex interface, const std::string& verdict);

}  // namespace ebond::soak
