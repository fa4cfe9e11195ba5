// A turn: one call of an entry point of Bond, from what happened to what must be done.
//
//   change    what happened is taken in, by the one function that is for it
//   converge  the judges and LACP are asked, until none has news: who carries is decided
//   tell      how the bond stands is compared with what the world was last told; the differences are actions,
//             in the order they must be carried out
//
// Only this sees every part of a bond (state.h). The functions of a change are in changes.cpp, the choice of
// the active slave and what follows from it in choice.cpp, what judges say in verdicts.cpp.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/bond/state.h"
#include "core/bond/turn_notes.h"

namespace ebond::core {

class Turn final : public Bench::Host {
 public:
  using Changes = std::vector<std::pair<std::string, std::string>>;

  /// `seen_by`: see Event::seen_by
  Turn(Bond::State& bond, TimePoint now, SeenBy seen_by = {});

  // Change.
  void enslave(const NewSlave& facts);
  /// `kind`: released or unplugged.
  void remove(IfIndex slave, EventKind kind);
  void link_reported(IfIndex slave, const LinkState& link, LinkSource source);
  void slave_renamed(IfIndex slave, std::string name);
  void admin_state(bool up);
  void options_set(BondOptions wanted, const Changes& changes, const std::vector<std::string>& remarks);
  void slave_option_set(Slave& slave, const SlaveOptions& before, std::string_view key,
                        std::string_view value);
  void mac_was_set(MacAddress mac);
  /// False if no protocol of the bond waits for it: then there is no turn to end.
  bool frame_heard(Slave& slave, const wire::EthernetFrame& frame);
  /// `frame` is no Ethernet II frame.
  bool cdp_heard(Slave& slave, std::span<const std::uint8_t> frame);
  void behind_read(std::vector<MacBehind> found);
  void behind_found_elsewhere(std::vector<MacBehind> found);
  void time_passed();

  /// Converge and tell.
  Actions end();

  // For the bench.
  Scene scene() override { return bond_.scene(); }
  /// Brings verdicts to the gates, the only way there. If that makes a slave usable or unusable, the active
  /// slave is chosen again, once for all verdicts. True if a hold began or ended.
  bool carry_out(JudgeNews news) override;

 private:
  void link_changed(Slave& slave, const LinkTransition& transition, bool at_enslaving = false);
  bool neighbour_heard(Slave& slave, DiscoveryProtocol protocol, const wire::Discovery& said);
  void judge_link(Slave& slave, const LinkChange& change);

  /// Chooses the active slave again.
  void choose(const std::string& why);
  void make_active(const Slave* chosen, const std::string& why);
  /// A slave that can be used from now on.
  void risen(const Slave& slave, const std::string& why);
  /// The option active_slave was set; empty: cleared.
  void make_active_by_name(std::string_view name);

  void converge();
  bool have_news();
  bool free_last_resort();
  Actions tell();
  void tell_datapath(Actions& actions);
  std::vector<MacBehind> that_moved(std::vector<MacBehind> found) const;
  void teach_behind(Actions& actions);

  Bond::State& bond_;
  TurnNotes notes_;
};

/// The value of the option active_slave among `changes`, if it is there.
std::optional<std::string> named_active_slave(const Turn::Changes& changes);

}  // namespace ebond::core
