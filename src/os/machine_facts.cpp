#include "os/machine_facts.h"

#include <fmt/format.h>

#include <cstdint>
#include <random>

#include "os/file.h"

namespace ebond::os {

namespace {

std::string line_of(const std::string& file) {
  auto text = read_file(file).value_or("");
  while (!text.empty() && text.back() == '\n') text.pop_back();
  return text;
}

}  // namespace

std::string boot_id() {
  return line_of("/proc/sys/kernel/random/boot_id");
}

std::string process_name(std::uint32_t id) {
  return line_of(fmt::format("/proc/{}/comm", id));
}

std::string random_digits() {
  std::random_device source;  // getrandom(2)
  const auto high = static_cast<std::uint64_t>(source()) << 32;
  return fmt::format("{:016x}", high | source());
}

}  // namespace ebond::os
