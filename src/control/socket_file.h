// The listening socket as a file: made once per directory, however many daemons try.
#pragma once

#include <sys/types.h>

#include <filesystem>
#include <optional>

#include "control/service.h"
#include "os/unique_fd.h"

namespace ebond::control {

/// The lock beside the socket, which one ebondd has at a time. Makes the directory (0755) where it is
/// missing.
Result<os::UniqueFd> lock_directory(const std::filesystem::path& directory);

/// Owns the socket file and the lock beside it (`ebondd.lock`); both are given up on destruction.
class SocketFile {
 public:
  /// Bound, listening, non-blocking, close-on-exec. Mode 0666, or 0660 and of that group. `lock` is what
  /// lock_directory() gave; none: it is taken here.
  static Result<SocketFile> listen(const std::filesystem::path& path,
                                   std::optional<gid_t> group = std::nullopt, os::UniqueFd lock = {});

  SocketFile(SocketFile&&) = default;
  SocketFile& operator=(SocketFile&&) = delete;
  ~SocketFile();

  /// May others than root connect? Those who are connected stay.
  void set_open_to_guests(bool open) const;
  /// The listening descriptor, for the one that accepts on it.
  os::UniqueFd take_descriptor() { return std::move(socket_); }

 private:
  SocketFile(std::filesystem::path path, mode_t mode, os::UniqueFd lock, os::UniqueFd socket)
      : path_(std::move(path)), mode_(mode), lock_(std::move(lock)), socket_(std::move(socket)) {}

  std::filesystem::path path_;
  mode_t mode_;
  os::UniqueFd lock_;
  os::UniqueFd socket_;
};

}  // namespace ebond::control
