// Network namespaces: which one, by what name, and how a thread visits one.
//
// A namespace is identified by the device and inode of its nsfs file, which outlives names and descriptors;
// the daemon stores that to find a bond's namespace again after a restart. Nothing here creates namespaces.
#pragma once

#include <sys/types.h>

#include <compare>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "os/error.h"
#include "os/unique_fd.h"

namespace ebond::os {

/// Where `ip netns` keeps its names.
inline constexpr std::string_view kNamespaceDirectory = "/run/netns";

struct NamespaceId {
  std::uint64_t device = 0;
  std::uint64_t inode = 0;
  auto operator<=>(const NamespaceId&) const = default;
  std::string to_string() const;  ///< "net:[4026531840]", as readlink /proc/self/ns/net prints
};

/// Holds a namespace open: it stays as long as this lives, whatever becomes of its name and processes.
class Namespace {
 public:
  /// The calling thread's.
  static Result<Namespace> current();
  /// Process 1's: the machine's own (or the container's).
  static Result<Namespace> initial();
  /// By its `ip netns` name.
  static Result<Namespace> open_named(std::string_view name);
  static Result<Namespace> open_path(const std::filesystem::path& path);
  /// Takes a descriptor from elsewhere (a client's); refuses one that is not a network namespace.
  static Result<Namespace> from_fd(UniqueFd fd);
  /// By identity, for adopting bonds after a restart: this thread's, /run/netns/*, /proc/*/ns/net, then
  /// whatever is mounted, in any process's mount namespace.
  /// ENOENT if it is nowhere there; any other error if some place could not be looked into, so that it may be
  /// there all the same.
  static Result<Namespace> find(NamespaceId id);
  /// The first that `is_it` says yes to, among the same.
  static std::optional<Namespace> find_if(const std::function<bool(const Namespace&)>& is_it);
  /// Does anybody but this process hold it: by a name, a mount, a process in it, an open descriptor? Looks
  /// through all of /proc if nobody does; an error if that cannot be told.
  static Result<bool> is_used(NamespaceId id);

  int fd() const { return fd_.get(); }
  NamespaceId id() const { return id_; }
  bool is_initial() const;
  /// SO_NETNS_COOKIE: unlike id(), no other namespace of this boot has it, ever. 0: the kernel has none
  /// (before Linux 5.14), or it could not be asked.
  std::uint64_t cookie() const;
  Result<Namespace> duplicate() const;

 private:
  Namespace(UniqueFd fd, NamespaceId id) : fd_(std::move(fd)), id_(id) {}
  UniqueFd fd_;
  NamespaceId id_;
};

/// The calling thread is in `where` for as long as this lives, then back where it was. Sockets opened
/// meanwhile stay in `where`. Must end on the thread it began on.
class NamespaceScope {
 public:
  static Result<NamespaceScope> enter(const Namespace& where);
  NamespaceScope(NamespaceScope&& other) noexcept = default;
  NamespaceScope& operator=(NamespaceScope&&) = delete;
  /// Ends the program if the way back is barred: a thread in the wrong namespace does harm.
  ~NamespaceScope();

 private:
  explicit NamespaceScope(UniqueFd home) : home_(std::move(home)) {}
  UniqueFd home_;
};

}  // namespace ebond::os
