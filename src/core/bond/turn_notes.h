// What comes together in one turn of a bond, until it is told: orders for MACs, frames to send, the record,
// and the reasons. The parts of a bond write into it; the turn (turn.h) makes the actions of it.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/bond.h"
#include "core/slave.h"

namespace ebond::core {

struct TurnNotes {
  TimePoint now{};
  SeenBy seen_by{};             ///< what this turn goes by
  Actions mac_actions{};        ///< in the order they must be carried out
  Actions transmissions{};      ///< once the table is written
  std::vector<Event> events{};  ///< the record, in the order things happened
  std::string why_active{};     ///< why the active slave changed, if it did
  std::string why_lost{};       ///< why a slave cannot be used any more: the first reason there was

  void lost(const std::string& why) {
    if (why_lost.empty()) why_lost = why;
  }
  void send(IfIndex slave, std::vector<std::uint8_t> frame) {
    transmissions.emplace_back(action::Transmit{slave, std::move(frame)});
  }
  void link_event(const Slave& slave, const LinkTransition& change) {
    events.push_back({.kind = EventKind::link,
                      .slave = slave.name,
                      .from = std::string(mii_status_name(change.from)),
                      .to = std::string(mii_status_name(change.to)),
                      .why = change.why});
  }
  /// A judge holds this slave out, or lets it pass.
  void path_event(const Slave& slave, MiiStatus before, std::string why) {
    events.push_back({.kind = EventKind::path,
                      .slave = slave.name,
                      .from = std::string(mii_status_name(before)),
                      .to = std::string(mii_status_name(slave.path.shown())),
                      .why = std::move(why)});
  }
};

}  // namespace ebond::core
