#include "core/neighbour.h"

#include <fmt/core.h>

#include <algorithm>
#include <utility>

#include "core/printable.h"

namespace ebond::core {
namespace {

std::string one_line(const std::string& text) {
  auto line = printable(text);
  std::ranges::replace_if(line, [](char c) { return c == '\n' || c == '\t'; }, ' ');
  return line;
}

Neighbour neighbour_of(DiscoveryProtocol protocol, const wire::Discovery& said) {
  Neighbour neighbour{.protocol = protocol,
                      .chassis = one_line(said.chassis_id),
                      .system = one_line(said.system_name),
                      .port = one_line(said.port_id),
                      .port_description = one_line(said.port_description),
                      .port_vlan = said.port_vlan,
                      .max_frame_size = said.max_frame_size};
  if (neighbour.system.empty()) neighbour.system = neighbour.chassis;
  return neighbour;
}

}  // namespace

std::string_view discovery_protocol_name(DiscoveryProtocol protocol) {
  return protocol == DiscoveryProtocol::lldp ? "LLDP" : "CDP";
}

std::string neighbour_words(const Neighbour& neighbour) {
  return fmt::format("{} {}", neighbour.system, neighbour.port);
}

bool NeighbourRecord::heard(DiscoveryProtocol protocol, const wire::Discovery& said, TimePoint now) {
  auto speaks = neighbour_of(protocol, said);
  const bool is_same = known_ && known_->protocol == protocol && known_->is_same_port(speaks);
  if (said.ttl == said.ttl.zero()) {
    if (is_same) until_ = now;
    return false;
  }
  const bool is_better = known_ && protocol < known_->protocol;
  if (!is_same && is_current(now) && !is_better) return false;
  // By another protocol the same port may have another name.
  const bool is_news = !known_ || (!is_same && !(is_better && is_current(now)));
  known_ = std::move(speaks);
  heard_at_ = now;
  until_ = now + said.ttl;
  return is_news;
}

}  // namespace ebond::core
