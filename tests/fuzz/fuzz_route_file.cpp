// Any bytes as a route- and as a route6- file: routes, or a problem with its place.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "config/route_file.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  for (const bool ipv6 : {false, true}) {
    const auto routes = ebond::config::parse_route_file(text, "route-bond0", "bond0", ipv6);
    if (!routes && (routes.error().message.empty() || routes.error().where.file.empty())) std::abort();
  }
  return 0;
}
