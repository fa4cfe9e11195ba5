#include "daemon/run_directory.h"

#include <fmt/format.h>

#include <cctype>

#include "core/types.h"

namespace ebond::daemon {

std::filesystem::path RunDirectory::pin_dir() const {
  // bpffs takes no dots in names.
  std::string name = std::filesystem::absolute(run_dir_).lexically_normal().string();
  for (auto& letter : name) {
    if (std::isalnum(static_cast<unsigned char>(letter)) == 0 && letter != '-') letter = '_';
  }
  return std::filesystem::path("/sys/fs/bpf/ebond") / name;
}

std::string RunDirectory::bond_key(const os::NamespaceId& where, core::IfIndex bond) {
  return fmt::format("{}-{}", where.inode, static_cast<unsigned>(bond));
}

}  // namespace ebond::daemon
