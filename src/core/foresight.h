// What a bond does with frames, and would do without each of its slaves: tables for `ebond flow` and `ebond
// balance`. A loss is played on a copy of the bond, so that all that decides about it does: options, LACP,
// load, the table before.
#pragma once

#include <string>
#include <vector>

#include "core/bond.h"

namespace ebond::core {

struct Foresight {
  std::string bond{};
  MacAddress mac{};
  DatapathSpec spec{};
  struct Named {
    SlotId slot{};
    std::string name{};
    bool operator==(const Named&) const = default;
  };
  std::vector<Named> slaves{};  ///< in enslave order
  Table now{};
  struct Loss {
    std::string slave{};
    Table table{};
    bool operator==(const Loss&) const = default;
  };
  /// Of each slave that is up: the carrier is lost, and downdelay is over; 802.3ad, if nothing is left to
  /// send by at once, has agreed with its partner on another aggregator.
  std::vector<Loss> losses{};
  bool operator==(const Foresight&) const = default;
};

Foresight foresee(const Bond& bond, TimePoint now);

}  // namespace ebond::core
