// The listening socket as a file: made once per directory, however many daemons try.
#pragma once

#include <filesystem>

#include "control/service.h"
#include "os/unique_fd.h"

namespace ebond::control {

/// Owns the socket file and the lock beside it (`ebondd.lock`); both are given up on destruction.
class SocketFile {
 public:
  /// Bound, listening, non-blocking, close-on-exec, mode 0666. Makes the directory (0755) where it is
  /// missing.
  static Result<SocketFile> listen(const std::filesystem::path& path);

  SocketFile(SocketFile&&) = default;
  SocketFile& operator=(SocketFile&&) = delete;
  ~SocketFile();

  /// The listening descriptor, for the one who accepts on it.
  os::UniqueFd take_descriptor() { return std::move(socket_); }

 private:
  SocketFile(std::filesystem::path path, os::UniqueFd lock, os::UniqueFd socket)
      : path_(std::move(path)), lock_(std::move(lock)), socket_(std::move(socket)) {}

  std::filesystem::path path_;
  os::UniqueFd lock_;
  os::UniqueFd socket_;
};

}  // namespace ebond::control
