// Any bytes as a file for `ebond apply`: bonds, or a problem with its place.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "config/toml.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto bonds = ebond::config::parse_toml({reinterpret_cast<const char*>(data), size}, "bonds.toml");
  if (!bonds && (bonds.error().message.empty() || bonds.error().where.file.empty())) std::abort();
  return 0;
}
