#include "wire/discovery_text.h"

namespace ebond::wire {

std::string discovery_text(ByteView octets) {
  std::string text(octets.begin(), octets.end());
  while (!text.empty() && text.back() == '\0') text.pop_back();
  if (text.size() > kLongestDiscoveryText) text.resize(kLongestDiscoveryText);
  return text;
}

}  // namespace ebond::wire
