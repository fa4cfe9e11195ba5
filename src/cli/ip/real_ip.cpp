#include "cli/ip/real_ip.h"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>

namespace ebond::cli::ip {
namespace {

bool is_program(const std::filesystem::path& path) {
  struct stat about{};
  return ::stat(path.c_str(), &about) == 0 && S_ISREG(about.st_mode) && ::access(path.c_str(), X_OK) == 0;
}

bool is_same_file(const std::filesystem::path& left, const std::filesystem::path& right) {
  struct stat one{}, other{};
  return ::stat(left.c_str(), &one) == 0 && ::stat(right.c_str(), &other) == 0 &&
         one.st_dev == other.st_dev && one.st_ino == other.st_ino;
}

}  // namespace

std::optional<std::filesystem::path> find_real_ip(std::string_view path, const std::filesystem::path& own) {
  const auto fits = [&](const std::filesystem::path& candidate) {
    return is_program(candidate) && !is_same_file(candidate, own);
  };
  while (!path.empty()) {
    const auto directory = path.substr(0, path.find(':'));
    path.remove_prefix(std::min(path.size(), directory.size() + 1));
    auto candidate = std::filesystem::path(directory) / "ip";
    if (fits(candidate)) return candidate;
  }
  constexpr std::array kHomes = {"/sbin/ip", "/usr/sbin/ip", "/bin/ip"};
  const auto* home = std::ranges::find_if(kHomes, fits);
  if (home == kHomes.end()) return std::nullopt;
  return std::filesystem::path(*home);
}

}  // namespace ebond::cli::ip
