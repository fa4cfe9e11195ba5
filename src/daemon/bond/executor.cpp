#include "daemon/bond/executor.h"

#include <algorithm>

#include "daemon/bond/mending.h"
#include "daemon/neighbours/announcer.h"
#include "daemon/neighbours/behind.h"
#include "daemon/neighbours/membership.h"
#include "daemon/neighbours/teacher.h"

namespace ebond::daemon {
namespace {

/// Asks, or says what is said every second: leaves nothing to write.
bool is_routine(const core::Action& action) {
  return std::holds_alternative<core::action::Transmit>(action) ||
         std::holds_alternative<core::action::Teach>(action) ||
         std::holds_alternative<core::action::SendByBond>(action);
}

/// What is asked for in an action, the core is told at once; more actions may follow from it.
template <class Action>
constexpr bool is_question =
    std::is_same_v<Action, core::action::ReadTxTotals> || std::is_same_v<Action, core::action::ReadBehind>;

}  // namespace

bool Executor::carry_out(const core::Actions& actions, core::TimePoint heard) {
  Turn turn{.heard = heard};
  return carry_out(actions, turn);
}

os::Result<> Executor::try_to(const core::Actions& actions, core::TimePoint heard) {
  Turn turn{.heard = heard};
  auto rest = actions;
  const auto programs = std::ranges::find_if(rest, [](const core::Action& action) {
    return std::holds_alternative<core::action::RespecialiseDatapath>(action);
  });
  if (programs != rest.end()) {
    if (auto loaded = load_programs(); !loaded) return loaded;
    turn.table_written = hands_.now();
    rest.erase(programs);
  }
  (void)carry_out(rest, turn);
  return {};
}

os::Result<> Executor::load_programs() {
  std::map<core::SlotId, os::IfIndex> slaves;
  for (const auto& slot : bond_.table().slots) slaves.emplace(slot.slot, slot.ifindex);
  auto done = programs_.respecialise(bond_.datapath_spec(), slaves);
  if (!done) return done;
  programs_.publish(bond_.table());
  return done;
}

void Executor::try_again() {
  if (dues_.has(kPrograms)) dues_.note(kPrograms, load_programs());
  if (dues_.has(kBondMac)) set_bond_mac();
  if (dues_.has(kNeighbours)) give_neighbours();
}

void Executor::set_bond_mac() {
  give_bond_mac(bond_.mac());
}

bool Executor::carry_out(const core::Actions& actions, Turn& turn) {
  bool to_write = false, listens = false;
  for (const auto& action : actions) {
    // An answer may be here at once.
    if (!listens && std::holds_alternative<core::action::Transmit>(action)) {
      senses_.listen();
      listens = true;
    }
    if (std::holds_alternative<core::action::ReadTxTotals>(action)) {
      to_write |= read_tx_totals(turn);
      continue;
    }
    if (std::holds_alternative<core::action::ReadBehind>(action)) {
      to_write |= read_behind();
      continue;
    }
    to_write |= !is_routine(action);
    std::visit(
        [&]<class Each>(const Each& each) {
          if constexpr (!is_question<Each>) act(each, turn);
        },
        action);
  }
  return to_write;
}

void Executor::act(const core::action::PublishTable&, Turn& turn) {
  programs_.publish(bond_.table());
  turn.table_written = hands_.now();
}

void Executor::act(const core::action::RespecialiseDatapath&, Turn&) {
  const auto done = load_programs();
  dues_.note(kPrograms, done);
  if (!done) programs_.publish(bond_.table());
}

void Executor::act(const core::action::SetCarrier& action, Turn&) {
  dues_.note(Mending::kCarrier, hands_.set_up(device_.lower(), action.on));
}

void Executor::act(const core::action::SetBondMac& action, Turn&) {
  give_bond_mac(action.mac);
}

void Executor::give_bond_mac(const wire::MacAddress& mac) {
  const auto set = upper_.hands().set_mac(upper_.ifindex(), mac);
  note_bond_mac(set);
  if (set && !upper_.is_away()) give_neighbours();  // those of a card's stayed where the bond belongs
}

void Executor::give_neighbours() {
  os::Result<> first_failure;
  for (const auto& slave : bond_.slaves()) {
    const auto* originals = slaves_.find(slave.ifindex);
    if (originals == nullptr) continue;
    if (auto done = give_neighbours_again(upper_.hands(), *originals); !done && first_failure)
      first_failure = done;
  }
  dues_.note(kNeighbours, first_failure);
}

void Executor::act(const core::action::SetSlaveMac& action, Turn&) {
  dues_.note(Mending::mac_of(slaves_.name_of(action.slave)),
             set_mac_even_if_busy(hands_, action.slave, action.mac));
}

void Executor::act(const core::action::SetNoArp& action, Turn&) {
  dues_.note(Mending::no_arp_of(slaves_.name_of(action.slave)), slaves_.set_no_arp(action.slave, action.on));
}

void Executor::act(const core::action::Announce&, Turn& turn) {
  announce_elsewhere(upper_.hands(), upper_.ifindex());
  auto sent = announce(upper_.hands(), upper_.ifindex());
  if (!sent) return reporter_.complain("cannot announce its addresses", sent.error());
  clock_.announced(turn, hands_.now(), *sent);
}

void Executor::act(const core::action::ResendIgmp&, Turn&) {
  resend_memberships_elsewhere(upper_.hands(), upper_.ifindex());
  auto sent = resend_memberships(upper_.hands(), upper_.ifindex());
  if (!sent) reporter_.complain("cannot renew its multicast memberships", sent.error());
}

void Executor::act(const core::action::Teach& action, Turn&) {
  auto sent = teach(upper_.hands(), upper_.ifindex(), hands_, action);
  if (!sent) reporter_.complain("cannot send learning packets", sent.error());
}

void Executor::act(const core::action::SetPromiscuous& action, Turn&) {
  slaves_.take_others(action.slave, action.on);
}

void Executor::act(const core::action::KeepTaking& action, Turn&) {
  slaves_.keep_taking(action.slave, action.mac, action.on);
}

bool Executor::read_tx_totals(Turn& turn) {
  auto totals = programs_.tx_totals();
  if (!totals) {
    reporter_.complain("cannot measure what it sends", totals.error());
    return false;
  }
  const auto more = bond_.tx_measured(*totals, turn.heard);
  (void)carry_out(more, turn);
  return !more.empty();
}

bool Executor::read_behind() {
  auto found = macs_behind(upper_.hands(), upper_.ifindex());
  if (!found) {
    reporter_.complain("cannot find the MACs behind it", found.error());
    return false;
  }
  const auto now = hands_.now();
  const bool to_write = carry_out(bond_.behind_read(std::move(*found), now), now);
  look_behind_elsewhere_();
  return to_write;
}

void Executor::act(const core::action::SendByBond& action, Turn&) {
  // That bond0 is down for the moment is not news here.
  for (const auto& frame : action.frames) (void)upper_.hands().send(upper_.ifindex(), frame);
}

void Executor::act(const core::action::Transmit& action, Turn&) {
  // That a slave is down for the moment is not news here: its link report is.
  (void)hands_.send(action.slave, action.frame);
}

void Executor::act(const core::action::Report& action, Turn& turn) {
  auto stamped = reporter_.stamp(action.event);
  if (stamped.event.kind == core::EventKind::failover) clock_.note(stamped, turn);
  reporter_.tell(stamped);
}

}  // namespace ebond::daemon
