// Any bytes as a route- and as a route6- file: routes, and a note with its place on each that is left out.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "config/route_file.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  for (const bool ipv6 : {false, true}) {
    const auto file = ebond::config::parse_route_file(text, "route-bond0", "bond0", ipv6);
    for (const auto& note : file.notes) {
      if (note.message.empty() || note.where.file.empty() || note.where.line == 0) std::abort();
    }
  }
  return 0;
}
