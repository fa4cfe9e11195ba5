// The inside of lacp::System. An entry point changes variables, then converge_and_tell() runs every machine
// until none moves, and answers what changed for the outside: the data path first, then LACPDUs that tell of
// it, then the record.
#pragma once

#include <optional>
#include <string>

#include "core/lacp/member.h"
#include "core/lacp/system.h"

namespace ebond::core::lacp {

struct System::State {
  Settings settings;
  Members members;
  std::uint16_t last_aggregator = 0;
  std::uint16_t told_active = 0;
  std::optional<TimePoint> resumed_at;  ///< adopted, and not yet advanced

  // Transitions.
  Member& add_member(const PortFacts& facts);
  void set_actor(Member& member);
  void set_link(Member& member, const LinkState& link);
  void take_lacpdu(Member& member, const wire::Lacpdu& pdu, TimePoint now, Actions& actions);
  void take_marker(Member& member, wire::ByteView pdu, TimePoint now, Actions& actions);
  /// Our own LACPDU came in.
  void take_loop(Member& member, const wire::Lacpdu& pdu, TimePoint now, Actions& actions);

  /// Runs the machines and appends what the outside must know.
  void converge_and_tell(TimePoint now, Actions& actions);
  /// The last LACPDU of a port that speaks: not in sync, so that the partner at once sends nothing more.
  /// Where it leaves `for_good` it says so; else its place in the aggregator is kept.
  static void say_goodbye(const Member& member, bool for_good, Actions& actions);

 private:
  static wire::Bytes lacpdu_frame(const Member& member);
  bool run_machines(TimePoint now);
  void tell_data_path(Actions& actions);
  void send(TimePoint now, Actions& actions);
  void record(Actions& actions);
};

}  // namespace ebond::core::lacp
