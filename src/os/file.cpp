#include "os/file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>

#include <array>
#include <cstdio>
#include <system_error>

#include "os/unique_fd.h"

namespace ebond::os {
namespace {

namespace fs = std::filesystem;

std::unexpected<Error> failed(std::string_view verb, const fs::path& path, int error) {
  return errno_error(fmt::format("cannot {} {}", verb, path.string()), error);
}

/// 0, or the errno of the write that failed.
int write_all(int fd, std::string_view text) {
  while (!text.empty()) {
    const ssize_t n = ::write(fd, text.data(), text.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return errno;
    text.remove_prefix(static_cast<std::size_t>(n));
  }
  return 0;
}

}  // namespace

Result<std::string> read_file(const fs::path& path) {
  const UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd) return failed("open", path, errno);
  std::string text;
  std::array<char, 16384> chunk{};
  for (;;) {
    const ssize_t n = ::read(fd.get(), chunk.data(), chunk.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return failed("read", path, errno);
    if (n == 0) return text;
    text.append(chunk.data(), static_cast<std::size_t>(n));
  }
}

Result<> write_file_atomically(const fs::path& path, std::string_view text, mode_t mode) {
  fs::path draft = path;
  draft += fmt::format(".{}.tmp", ::getpid());
  {
    constexpr int kNew = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC;
    UniqueFd fd(::open(draft.c_str(), kNew, mode));
    if (!fd && errno == EEXIST && ::unlink(draft.c_str()) == 0) {  // of a process that had our id, and died
      fd = UniqueFd(::open(draft.c_str(), kNew, mode));
    }
    if (!fd) return failed("create", draft, errno);
    if (const int error = write_all(fd.get(), text); error != 0) {
      ::unlink(draft.c_str());
      return failed("write", path, error);
    }
  }
  if (::rename(draft.c_str(), path.c_str()) != 0) {
    const int error = errno;
    ::unlink(draft.c_str());
    return failed("replace", path, error);
  }
  return {};
}

Result<> append_to_file(const fs::path& path, std::string_view text) {
  const UniqueFd fd(::open(path.c_str(), O_WRONLY | O_APPEND | O_NOFOLLOW | O_CLOEXEC));
  if (!fd) return failed("open", path, errno);
  if (const int error = write_all(fd.get(), text); error != 0) return failed("write", path, error);
  return {};
}

Result<> write_kernel_file(const fs::path& path, std::string_view text) {
  const UniqueFd fd(::open(path.c_str(), O_WRONLY | O_CLOEXEC));
  if (!fd) return failed("open", path, errno);
  if (const int error = write_all(fd.get(), text); error != 0) return failed("write", path, error);
  return {};
}

Result<> make_directories(const fs::path& path) {
  std::error_code error;
  fs::create_directories(path, error);
  if (error) return failed("create directory", path, error.value());
  return {};
}

Result<> remove_file(const fs::path& path) {
  if (::unlink(path.c_str()) != 0 && errno != ENOENT) return failed("remove", path, errno);
  return {};
}

}  // namespace ebond::os
