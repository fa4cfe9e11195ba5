// Telling slaves' cards what to let in beside their own MAC: VLANs and unicast addresses that stand on bond0,
// multicast groups it listens to.
//
// Every slave's card, not the active one's alone as with the driver: the kernel fails over before this hears
// of it, or without it. What is going to be told is written down before (SlaveOriginals::told), so that a
// daemon that dies in between leaves the next one something to take back. Used by Slaves.
#pragma once

#include <functional>
#include <map>
#include <set>
#include <string>
#include <utility>

#include "core/receive_filter.h"
#include "daemon/bond/dues.h"
#include "daemon/bond/originals.h"

namespace ebond::daemon {

class CardFilters {
 public:
  /// `save`: writes the state file.
  CardFilters(Hands& hands, const Reporter& reporter, Dues& dues, std::function<void()> save)
      : hands_(hands), reporter_(reporter), dues_(dues), save_(std::move(save)) {}

  /// `told_before`: by an earlier daemon, or about to be.
  void came(os::IfIndex card, const core::ReceiveFilter& told_before);
  void forget(os::IfIndex card);

  // What cards are to let in. Until a half of it was said, nothing of that half is told or taken back.
  void want_what_stands(std::set<core::VlanKey> vlans, std::set<wire::MacAddress> unicast);
  void want_groups(std::set<wire::MacAddress> groups);
  /// Of one card, a unicast address more.
  void want_also(os::IfIndex card, const wire::MacAddress& mac, bool on);
  void want_nothing_more();
  const core::ReceiveFilter& wanted() const { return wanted_; }

  /// Brings the card to that, as far as it lets one; what it refuses is tried again at each call. True if
  /// what it is told is otherwise now.
  bool tell(SlaveOriginals& slave);
  /// Groups could not be passed on to it.
  bool owes(const std::string& slave) const;

 private:
  struct Card {
    core::ReceiveFilter inherited{};    ///< told by an earlier daemon
    core::ReceiveFilter done{};         ///< seen to be told
    core::ReceiveFilter untold{};       ///< refused, or told by somebody else, who will take it back
    std::set<wire::MacAddress> also{};  ///< to be let in by this one alone
  };
  template <class Thing>
  struct Things;
  bool tell_what_stands(const SlaveOriginals& slave, Things<core::VlanKey>& vlans,
                        Things<wire::MacAddress>& macs);
  bool tell_groups(const SlaveOriginals& slave, Things<wire::MacAddress>& groups);

  Hands& hands_;
  const Reporter& reporter_;
  Dues& dues_;
  std::function<void()> save_;
  std::map<os::IfIndex, Card> cards_;
  core::ReceiveFilter wanted_;
  bool knows_what_stands_ = false, knows_groups_ = false;
  std::set<std::pair<os::IfIndex, std::string>> refused_;  ///< by a card, and complained of already
};

}  // namespace ebond::daemon
