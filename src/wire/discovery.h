// What the device at the other end of a cable says of itself, by LLDP (wire/lldp.h) or CDP (wire/cdp.h).
//
// Texts are octets as they came, of any encoding and without a final NUL, 255 at most.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

namespace ebond::wire {

struct Discovery {
  std::string chassis_id{};  ///< the device: a MAC, an address or a name; with CDP its name
  std::string port_id{};     ///< the port that it sent by
  std::string system_name{};
  std::string port_description{};
  std::chrono::seconds ttl{0};                    ///< so long it is true; 0: it takes back what it said
  std::optional<std::uint16_t> port_vlan{};       ///< of frames without a tag
  std::optional<std::uint16_t> max_frame_size{};  ///< octets, header and FCS included
  bool operator==(const Discovery&) const = default;
};

}  // namespace ebond::wire
