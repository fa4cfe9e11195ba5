#include "os/journal.h"

#include <fmt/format.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include <algorithm>
#include <cstdint>
#include <cstdlib>

namespace ebond::os {
namespace {

void append_field(std::string& out, const std::string& name, const std::string& value) {
  out += name;
  if (value.find('\n') == std::string::npos) {
    out += '=';
  } else {  // its length, so that it may have lines
    out += '\n';
    auto length = static_cast<std::uint64_t>(value.size());
    for (int byte = 0; byte < 8; ++byte, length >>= 8) out += static_cast<char>(length & 0xFFU);
  }
  out += value;
  out += '\n';
}

}  // namespace

std::optional<Journal> Journal::of_environment(int descriptor, const std::filesystem::path& socket) {
  const char* named = std::getenv("JOURNAL_STREAM");
  struct stat facts{};
  if (named == nullptr || ::fstat(descriptor, &facts) != 0) return std::nullopt;
  if (named != fmt::format("{}:{}", facts.st_dev, facts.st_ino)) return std::nullopt;
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  const auto& path = socket.native();
  if (path.size() >= sizeof(address.sun_path)) return std::nullopt;
  std::ranges::copy(path, address.sun_path);
  UniqueFd connected(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!connected) return std::nullopt;
  if (::connect(connected.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    return std::nullopt;
  }
  return Journal(std::move(connected));
}

bool Journal::send(const Fields& fields) const {
  std::string message;
  for (const auto& [name, value] : fields) append_field(message, name, value);
  return ::send(socket_.get(), message.data(), message.size(), MSG_NOSIGNAL) ==
         static_cast<ssize_t>(message.size());
}

}  // namespace ebond::os
