#include "os/machine_facts.h"

#include <fmt/format.h>

#include <cstdint>
#include <random>

#include "os/file.h"

namespace ebond::os {

std::string boot_id() {
  auto text = read_file("/proc/sys/kernel/random/boot_id").value_or("");
  while (!text.empty() && text.back() == '\n') text.pop_back();
  return text;
}

std::string random_digits() {
  std::random_device source;  // getrandom(2)
  const auto high = static_cast<std::uint64_t>(source()) << 32;
  return fmt::format("{:016x}", high | source());
}

}  // namespace ebond::os
