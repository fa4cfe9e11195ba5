// A path as a unix socket's address.
#pragma once

#include <sys/socket.h>
#include <sys/un.h>

#include <filesystem>
#include <optional>

namespace ebond::control {

struct SocketAddress {
  sockaddr_un address{};
  const sockaddr* get() const { return reinterpret_cast<const sockaddr*>(&address); }
  socklen_t size() const { return sizeof address; }
};

/// None where the path is longer than the kernel takes (107 bytes).
inline std::optional<SocketAddress> socket_address(const std::filesystem::path& path) {
  SocketAddress result;
  const auto& text = path.native();
  if (text.empty() || text.size() >= sizeof result.address.sun_path) return std::nullopt;
  result.address.sun_family = AF_UNIX;
  text.copy(result.address.sun_path, text.size());
  return result;
}

}  // namespace ebond::control
