// What an LACP system gives to its successor, so that no partner notices a new process: plain numbers, made
// to be written to a file.
#pragma once

#include <cstdint>
#include <vector>

#include "core/types.h"
#include "wire/lacpdu.h"

namespace ebond::core::lacp {

struct PortMemory {
  IfIndex id{};
  std::uint16_t port_number = 0;
  std::uint16_t own_aggregator = 0;  ///< the identifier of the aggregator that came with it
  std::uint16_t aggregator = 0;      ///< the one it is attached to; 0 none
  std::uint8_t receive_state = 0;    ///< enumerators of the machines' State types
  std::uint8_t mux_state = 0;
  std::uint8_t selected = 0;
  std::uint8_t actor_churn_state = 0;
  std::uint8_t partner_churn_state = 0;
  std::uint32_t actor_churned_count = 0;
  std::uint32_t partner_churned_count = 0;
  std::uint8_t actor_state = 0;  ///< state octet
  bool partner_knows_us = false;
  bool is_looped = false;  ///< our own LACPDUs came back
  wire::LacpInfo partner;
};
struct Memory {
  std::uint16_t last_aggregator = 0;    ///< the highest identifier given so far
  std::uint16_t active_aggregator = 0;  ///< 0 none
  std::vector<PortMemory> ports;        ///< in the order they were added
};

}  // namespace ebond::core::lacp
