// Names in the order a person counts: eth2 before eth10.
#pragma once

#include <string_view>

namespace ebond::config {

/// A strict weak order: runs of digits compare as numbers, all else octet by octet; equal so far, plainly.
bool natural_less(std::string_view a, std::string_view b);

struct NaturalLess {
  bool operator()(std::string_view a, std::string_view b) const { return natural_less(a, b); }
};

}  // namespace ebond::config
