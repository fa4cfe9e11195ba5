// Who is at the other end of a connection, and what it may do: asked of the kernel, never of the peer itself.
//
// A process id comes to mean another process when its own has ended, and a process becomes another program
// when it executes one. So the id is held by a pidfd from the connect() on, and what is read of it in /proc
// counts only if the process was alive after the reading. A peer that is another user by now, or that has its
// capabilities from its program's file, is refused: nobody could tell whether it asked for itself or before
// it was given them.
#pragma once

#include <sys/types.h>

#include <expected>
#include <string>
#include <system_error>
#include <vector>

#include "control/capability.h"
#include "control/rights.h"
#include "os/unique_fd.h"

namespace ebond::control {

class Peer : public Rights {
 public:
  /// SO_PEERCRED and SO_PEERPIDFD, as of the connect(). Before Linux 6.5 the pidfd is opened now, by id.
  static std::expected<Peer, std::error_code> of(int socket);

  pid_t pid() const { return pid_; }  ///< 0: not to be seen from this process's pid namespace
  uid_t uid() const { return uid_; }  ///< as this process's user namespace sees it

  /// As of now. The error says what is wrong with the peer: "its process has ended".
  std::expected<Credentials, std::string> credentials() const;
  /// Root of this process's own user namespace: uid 0 with CAP_NET_ADMIN there, which could do to this
  /// process what it likes anyway. Everybody else is a guest.
  bool is_root() const;
  /// The one it is in now. None if that cannot be told.
  os::UniqueFd network_namespace() const;

  Result<> may_change(NamespaceRef netns) const override;
  /// A guest makes none once half of this process's descriptors are taken: roots of containers cannot use up
  /// what the host's bonds live on.
  Result<> may_add(NamespaceRef netns) const override;
  /// No guest may: names are the host's, and cards that it sent there would be out of its container's reach.
  Result<> may_name_a_namespace() const override;

 private:
  Peer(pid_t pid, uid_t uid, os::UniqueFd process) : pid_(pid), uid_(uid), process_(std::move(process)) {}
  bool is_alive() const;
  os::UniqueFd directory() const;

  pid_t pid_;
  uid_t uid_;
  os::UniqueFd process_;  ///< a pidfd
};

/// Descriptors are given out from the lowest number on: is the next one beyond so many quarters of the limit?
bool are_descriptors_scarce(int next, unsigned quarters);

/// The uid alone, of SO_PEERCRED.
std::expected<uid_t, std::error_code> peer_uid(int socket);

/// The user namespace that owns a network namespace, its parent and so on, as far up as this process can see.
std::vector<UserNamespace> lineage_of(NamespaceRef netns);

}  // namespace ebond::control
