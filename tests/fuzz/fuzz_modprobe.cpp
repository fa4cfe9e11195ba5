// Any bytes as a modprobe.conf, read after a good one: options for a bond, or a problem with its place.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "config/modprobe.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace ebond::config;
  ModprobeConfig config;
  if (!add_modprobe_text(config, "alias bond0 bonding\noptions bond0 mode=1 miimon=100\n", "first.conf"))
    std::abort();
  const auto added = add_modprobe_text(config, {reinterpret_cast<const char*>(data), size}, "second.conf");
  if (!added && (added.error().message.empty() || added.error().where.file.empty())) std::abort();
  std::vector<std::string> remarks;
  const auto options = config.options_for("bond0", remarks);
  if (!options && options.error().message.empty()) std::abort();
  return 0;
}
