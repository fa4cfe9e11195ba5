// How a bond takes an interface and gives it back exactly as it was, and where it was.
//
// take() notes what it is about to change, so that give_back() can undo it, in this process or a later one:
// the note goes to the state file before anything is changed. Used by Slaves and by adoption.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/receive_filter.h"
#include "daemon/bond/belongings.h"
#include "daemon/bond/hands.h"

namespace ebond::daemon {

/// What bond0 took over of an interface, for as long as that is its slave.
struct Moved {
  os::IfIndex upper{};      ///< bond0,
  std::string upper_name;   ///< and what it was called
  Belongings belongings{};  ///< as the interface had them
};

/// An interface as it was before it became a slave.
struct SlaveOriginals {
  os::IfIndex ifindex{};
  std::string name;
  wire::MacAddress mac;
  std::optional<wire::MacAddress> permanent_mac;  ///< by which it is known again; virtual devices have none
  std::string bus{};                              ///< and by its place there, if both are known
  std::uint32_t mtu = 0;
  std::uint32_t flags = 0;                  ///< IFF_UP, IFF_NOARP, IFF_PROMISC, IFF_ALLMULTI
  std::optional<std::string> disable_ipv6;  ///< the sysctl's value; none: a kernel without IPv6
  bool had_clsact = true;                   ///< false: the clsact qdisc on it is ours to remove
  std::vector<os::Address> addresses;       ///< those that do not come back by themselves
  std::vector<os::Route> routes;            ///< likewise
  bool leaving = false;                     ///< its release has begun: a daemon that finds this finishes it
  bool had_lro = false;                     ///< merged what it received
  /// What the bond had its card let in, or was about to: taken back with all else.
  core::ReceiveFilter told{};
  std::optional<Moved> moved{};  ///< bond0 has what it had, addresses and routes among it
  /// Of a bond that has its slaves away: the number that it had, and is to have again, where it came from.
  /// `ifindex` is the one where slaves stand.
  std::optional<os::IfIndex> at_home{};
};

/// Where the slaves of a bond stand, and where they came from.
struct Places {
  Hands& slaves;
  Hands* home;  ///< the same for most bonds; null: it is gone, and they stay where they are
  static Places of_a_bond(Hands& hands) { return {hands, &hands}; }
};

/// What an interface looks like now, to be put back later. Changes nothing.
os::Result<SlaveOriginals> note_originals(Hands& hands, const os::LinkInfo& link);

/// Addresses flushed, or with bond0, IPv6 off, MTU as the bond's. Not yet up and its MAC still its own.
/// One that is to be away goes there in between.
os::Result<> take(const Places& places, const SlaveOriginals& originals, std::uint32_t bond_mtu);
/// The kernel forgets bond0's neighbours when its MAC changes: those that take() gave to it are there again.
os::Result<> give_neighbours_again(Hands& hands, const SlaveOriginals& originals);

/// Sets a MAC address, taking the interface down for a moment where it cannot change it live.
os::Result<> set_mac_even_if_busy(Hands& hands, os::IfIndex ifindex, const wire::MacAddress& mac);

/// Undoes take() and all that being a slave brought. Does as much as it can; the first failure is reported.
/// An interface that is gone is no error. One that is away goes home once it is there what it was; it may be
/// home already, by whoever's doing: the kernel sends cards there when a namespace ends.
os::Result<> give_back(const Places& places, const SlaveOriginals& originals);
/// Where one that is away came from, is it there (again)? By its permanent MAC; one without by its name, and
/// by a MAC that it may have: its own, or `worn`.
os::Result<std::optional<os::LinkInfo>> find_at_home(Hands& home, const SlaveOriginals& originals,
                                                     const std::vector<wire::MacAddress>& worn = {});
/// The same of give_back() of one that was found there.
os::Result<> give_back_at_home(const Places& places, const os::LinkInfo& link,
                               const SlaveOriginals& originals);

/// One that the kernel sent to the initial namespace, because that of the slaves ended: it is made what it
/// was, and goes home, if there is one. What it had there it has again then.
os::Result<> give_back_from(Hands& initial, Hands* home, const os::LinkInfo& link,
                            const SlaveOriginals& originals);

/// Likewise for one that went to another namespace, `left`: what it still wears of its time as a slave is
/// taken off. It is down there, as the kernel leaves it, and has no addresses.
os::Result<> give_back_elsewhere(Hands& hands, const os::LinkInfo& left, const SlaveOriginals& originals);

}  // namespace ebond::daemon
