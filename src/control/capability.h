// May a process use a capability over what a user namespace owns? Decided as the kernel decides it for itself
// (ns_capable(): cap_capable() in security/commoncap.c), from facts that peer.h reads. Values in, an answer
// out.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace ebond::control {

/// A namespace by its nsfs file, as os::NamespaceId.
struct UserNamespaceId {
  std::uint64_t device = 0;
  std::uint64_t inode = 0;
  bool operator==(const UserNamespaceId&) const = default;
};

struct UserNamespace {
  UserNamespaceId id;
  uid_t owner =
      static_cast<uid_t>(-1);  ///< the effective uid that made it, as this process's user namespace sees it
};

struct Credentials {
  uid_t uid = static_cast<uid_t>(-1);  ///< the effective one, as this process's user namespace sees it
  std::uint64_t effective = 0;         ///< CapEff, a bit each
  UserNamespaceId home;                ///< the user namespace that they count in
  bool may_be_borrowed =
      false;  ///< they may be its program's, by set-uid or by file capabilities, not its own
};

/// `lineage`: the user namespace that owns the thing, then its parent, and so on. A process has its effective
/// capabilities in its own user namespace and in those below it; and all capabilities in a namespace, and in
/// those below, that its uid made right below its own.
bool is_capable(const Credentials& who, std::span<const UserNamespace> lineage, unsigned capability);

/// Uid and CapEff in the text of /proc/PID/status; `home` is left empty. None if it has not both.
std::optional<Credentials> parse_status(std::string_view status);

}  // namespace ebond::control
