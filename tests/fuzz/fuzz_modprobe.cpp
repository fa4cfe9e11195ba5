// Any bytes as a modprobe.conf, read after a good one: options for a bond, and remarks with their places.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "config/modprobe.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace ebond::config;
  ModprobeConfig config;
  add_modprobe_text(config, "alias bond0 bonding\noptions bond0 mode=1 miimon=100\n", "first.conf");
  if (!config.notes.empty()) std::abort();
  add_modprobe_text(config, {reinterpret_cast<const char*>(data), size}, "second.conf");
  if (config.options_for("bond0", config.notes).size() < 2) std::abort();
  for (const auto& note : config.notes) {
    if (note.message.empty() || note.where.file.empty()) std::abort();
  }
  return 0;
}
