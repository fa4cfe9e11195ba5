#include "daemon/run_directory.h"

#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cctype>
#include <charconv>

#include "core/types.h"
#include "os/file.h"
#include "os/machine_facts.h"
#include "os/pinned_map.h"

namespace ebond::daemon {
namespace {

namespace fs = std::filesystem;

os::Result<> check_nobody_else_writes(const fs::path& directory) {
  struct stat facts{};
  if (::stat(directory.c_str(), &facts) != 0) {
    return os::errno_error(fmt::format("cannot look at {}", directory.string()), errno);
  }
  const bool group_writes = (facts.st_mode & S_IWGRP) != 0 && facts.st_gid != 0;
  if (facts.st_uid == ::geteuid() && !group_writes && (facts.st_mode & S_IWOTH) == 0) return {};
  return os::errno_error(
      fmt::format("others may write to {}, and ebondd does what stands there: give it to root "
                  "alone (chown 0:0, chmod 755)",
                  directory.string()),
      EPERM);
}

/// A name of the directory itself, which no other one has.
os::Result<std::string> id_of(const fs::path& directory) {
  constexpr mode_t kForAll = 0644;
  const auto file = directory / "id";
  auto id = os::read_file(file);
  if (id && id->size() >= 16) return id->substr(0, 16);
  if (!id && id.error().errno_value != ENOENT) return id;
  auto made = os::random_digits();
  if (auto written = os::write_file_atomically(file, made + "\n", kForAll); !written) {
    return std::unexpected(written.error());
  }
  return made;
}

}  // namespace

os::Result<RunDirectory> RunDirectory::open(const fs::path& run_dir) {
  std::error_code error;
  const auto path = fs::canonical(run_dir, error);
  if (error) return os::errno_error(fmt::format("cannot look at {}", run_dir.string()), error.value());
  if (auto done = os::make_directories(path / "state"); !done) return std::unexpected(done.error());
  for (const auto& directory : {path, path / "state"}) {
    if (auto ours = check_nobody_else_writes(directory); !ours) return std::unexpected(ours.error());
  }
  const auto id = id_of(path);
  if (!id) return std::unexpected(id.error());
  for (const auto& name : {name_pins(path), name_pins(path) + "-" + *id}) {
    RunDirectory found(run_dir, name);
    if (auto made = os::make_pin_dir(found.pin_dir()); !made) return std::unexpected(made.error());
    if (::symlink(id->c_str(), found.pin_owner().c_str()) == 0) return found;
    if (errno != EEXIST) {
      const int why = errno;
      fs::remove(found.pin_dir(), error);  // if it is empty
      return os::errno_error(fmt::format("cannot mark {} as this daemon's", found.pin_dir().string()), why);
    }
    if (fs::read_symlink(found.pin_owner(), error) == *id) return found;
  }
  return os::errno_error(fmt::format("the pins of {} belong to another run directory", path.string()),
                         EEXIST);
}

void RunDirectory::leave_pins() const {
  std::error_code error;
  const auto owner = pin_owner();
  for (fs::directory_iterator entry(pin_dir(), error), end; !error && entry != end; entry.increment(error)) {
    if (entry->path() != owner) return;
  }
  if (error) return;
  // The directory, and the one of all daemons, unless there is more in it.
  fs::remove(owner, error);
  if (fs::remove(pin_dir(), error)) fs::remove(pin_dir().parent_path(), error);
}

std::string RunDirectory::name_pins(const fs::path& run_dir) {
  // bpffs takes no dots in names.
  std::string name;
  for (const char letter : fs::absolute(run_dir).lexically_normal().string()) {
    const bool is_plain = std::isalnum(static_cast<unsigned char>(letter)) != 0 || letter == '-';
    if (is_plain)
      name += letter;
    else if (letter == '/')
      name += '_';
    else
      name += fmt::format("%{:02x}", static_cast<unsigned char>(letter));
  }
  // A longer name than a file may have: what is left of it is told apart by the owner's mark.
  constexpr std::size_t kLongest = 230;
  return name.substr(0, kLongest);
}

std::filesystem::path RunDirectory::pin_dir() const {
  return fs::path("/sys/fs/bpf/ebond") / pin_name_;
}

std::optional<std::pair<std::uint64_t, core::IfIndex>> RunDirectory::parse_key(std::string_view key) {
  std::uint64_t inode = 0;
  std::uint32_t bond = 0;
  const auto* end = key.data() + key.size();
  const auto first = std::from_chars(key.data(), end, inode);
  if (first.ec != std::errc{} || first.ptr == end || *first.ptr != '-') return std::nullopt;
  const auto second = std::from_chars(first.ptr + 1, end, bond);
  if (second.ec != std::errc{} || second.ptr != end) return std::nullopt;
  return std::pair{inode, core::IfIndex(bond)};
}

std::string RunDirectory::bond_key(const os::NamespaceId& where, core::IfIndex bond) {
  return fmt::format("{}-{}", where.inode, static_cast<unsigned>(bond));
}

}  // namespace ebond::daemon
