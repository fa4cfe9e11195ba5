#include "os/sysctl.h"

#include <fmt/format.h>

#include "os/file.h"

namespace ebond::os {
namespace {

Result<std::filesystem::path> path_of(IpFamily family, std::string_view interface, std::string_view key) {
  for (auto part : {interface, key}) {
    if (part.empty() || part == "." || part == ".." || part.find('/') != std::string_view::npos) {
      return std::unexpected(Error{EINVAL, fmt::format("'{}' cannot be part of a sysctl's path", part)});
    }
  }
  return fmt::format("/proc/sys/net/{}/conf/{}/{}", family == IpFamily::ipv4 ? "ipv4" : "ipv6", interface,
                     key);
}

}  // namespace

Result<std::string> read_interface_sysctl(const Namespace& where, IpFamily family, std::string_view interface,
                                          std::string_view key) {
  const auto path = path_of(family, interface, key);
  if (!path) return std::unexpected(path.error());
  const auto inside = NamespaceScope::enter(where);
  if (!inside) return std::unexpected(inside.error());
  auto text = read_file(*path);
  if (text && text->ends_with('\n')) text->pop_back();
  return text;
}

Result<> write_interface_sysctl(const Namespace& where, IpFamily family, std::string_view interface,
                                std::string_view key, std::string_view value) {
  const auto path = path_of(family, interface, key);
  if (!path) return std::unexpected(path.error());
  const auto inside = NamespaceScope::enter(where);
  if (!inside) return std::unexpected(inside.error());
  return write_kernel_file(*path, value);
}

}  // namespace ebond::os
