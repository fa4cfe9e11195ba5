#include "cli/ip/handover.h"

#include <fcntl.h>
#include <unistd.h>

#include <charconv>
#include <cstdlib>
#include <string>
#include <string_view>

namespace ebond::cli::ip {
namespace {

constexpr const char* kPreload = "LD_PRELOAD";
constexpr const char* kOptionsVariable = "EBOND_IP_OPTIONS";
constexpr char kEnd = '\n';  // no option has one in it

std::string_view in_environment(const char* name) {
  const char* value = std::getenv(name);
  return value ? value : "";
}

/// Up to the separator, which goes too.
std::string take_part(std::string_view& text, char separator) {
  const auto part = text.substr(0, text.find(separator));
  text.remove_prefix(std::min(text.size(), part.size() + 1));
  return std::string(part);
}

constexpr std::string_view kByDescriptor = "/proc/self/fd/";

/// The loader takes LD_PRELOAD apart at blanks and colons, and knows no way to quote one.
std::string loadable(const std::filesystem::path& library) {
  const auto& path = library.native();
  if (path.find_first_of(" :") == std::string::npos) return path;
  const int open = ::open(path.c_str(), O_RDONLY);  // it stays open beyond exec
  return open < 0 ? path : std::string(kByDescriptor) + std::to_string(open);
}

/// It was for the loader alone.
void close_if_by_descriptor(std::string_view library) {
  if (!library.starts_with(kByDescriptor)) return;
  library.remove_prefix(kByDescriptor.size());
  int descriptor = -1;
  const auto* end = library.data() + library.size();
  const auto parsed = std::from_chars(library.data(), end, descriptor);
  if (parsed.ec != std::errc{} || parsed.ptr != end) return;
  // Not close(): in the library that is its own, which is not ready yet.
  ::close_range(static_cast<unsigned>(descriptor), static_cast<unsigned>(descriptor), 0);
}

}  // namespace

void hand_over(const std::filesystem::path& library, const control::KeyValues& own_options) {
  auto preload = loadable(library);
  if (const auto others = in_environment(kPreload); !others.empty()) preload += ":" + std::string(others);
  ::setenv(kPreload, preload.c_str(), 1);
  std::string options;
  for (const auto& [key, value] : own_options) {
    options.append(key).append(1, kEnd).append(value).append(1, kEnd);
  }
  if (!options.empty()) ::setenv(kOptionsVariable, options.c_str(), 1);
}

void restore_environment() {
  auto preload = in_environment(kPreload);
  close_if_by_descriptor(take_part(preload, ':'));
  const std::string others(preload);
  if (others.empty()) {
    ::unsetenv(kPreload);
  } else {
    ::setenv(kPreload, others.c_str(), 1);
  }
}

control::KeyValues take_own_options() {
  control::KeyValues options;
  auto text = in_environment(kOptionsVariable);
  while (!text.empty()) {
    auto key = take_part(text, kEnd);
    options.emplace_back(std::move(key), take_part(text, kEnd));
  }
  ::unsetenv(kOptionsVariable);
  return options;
}

}  // namespace ebond::cli::ip
