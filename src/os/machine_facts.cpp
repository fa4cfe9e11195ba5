#include "os/machine_facts.h"

#include <fmt/format.h>
#include <sys/utsname.h>

#include <cstdint>
#include <random>
#include <sstream>
#include <utility>

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

bool is_linux_at_least(unsigned version, unsigned patchlevel) {
  struct utsname name{};
  if (::uname(&name) != 0) return false;
  std::istringstream release(name.release);
  unsigned here = 0, level = 0;
  char dot = 0;
  if (!(release >> here >> dot >> level) || dot != '.') return false;
  return std::pair(here, level) >= std::pair(version, patchlevel);
}

std::string random_digits() {
  std::random_device source;  // getrandom(2)
  const auto high = static_cast<std::uint64_t>(source()) << 32;
  return fmt::format("{:016x}", high | source());
}

}  // namespace ebond::os
