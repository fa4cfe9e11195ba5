#include "control/event_message.h"

namespace ebond::control {
namespace {

using nlohmann::json;

const json* member_of(const json& object, const char* name) {
  if (!object.is_object()) return nullptr;
  const auto found = object.find(name);
  return found == object.end() ? nullptr : &*found;
}

std::string text_of(const json& object, const char* name) {
  const auto* found = member_of(object, name);
  return found && found->is_string() ? found->get<std::string>() : std::string();
}

std::int64_t number_of(const json& object, const char* name, std::int64_t otherwise) {
  const auto* found = member_of(object, name);
  return found && found->is_number_integer() ? found->get<std::int64_t>() : otherwise;
}

}  // namespace

json event_to_json(const core::StampedEvent& event) {
  return {{"realtime_ns", event.realtime_ns},
          {"monotonic_ns", event.monotonic_ns},
          {"netns", event.netns},
          {"bond", event.bond},
          {"kind", core::event_kind_name(event.event.kind)},
          {"slave", event.event.slave},
          {"from", event.event.from},
          {"to", event.event.to},
          {"why", event.event.why},
          {"seen_by", core::seen_by_name(event.event.seen_by)},
          {"table_us", event.table_us},
          {"announce_us", event.announce_us}};
}

core::StampedEvent event_from_json(const json& object) {
  return {number_of(object, "realtime_ns", 0),
          number_of(object, "monotonic_ns", 0),
          text_of(object, "netns"),
          text_of(object, "bond"),
          {core::event_kind_of(text_of(object, "kind")), text_of(object, "slave"), text_of(object, "from"),
           text_of(object, "to"), text_of(object, "why"), core::seen_by_of(text_of(object, "seen_by"))},
          number_of(object, "table_us", -1),
          number_of(object, "announce_us", -1)};
}

}  // namespace ebond::control
