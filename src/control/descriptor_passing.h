// Bytes and one open descriptor through a unix stream socket (SCM_RIGHTS), and who is at its other end.
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <expected>
#include <span>
#include <string_view>
#include <system_error>

#include "os/unique_fd.h"

namespace ebond::control {

struct Received {
  std::size_t bytes = 0;    ///< 0: the other end closed
  os::UniqueFd descriptor;  ///< close-on-exec; empty where none came
};

/// Sends all of `bytes` (at least one), and a duplicate of `descriptor` with the first of them unless it is
/// -1. Never raises SIGPIPE.
std::expected<void, std::error_code> send_with_descriptor(int socket, std::string_view bytes, int descriptor);

/// One recvmsg. More than one descriptor is an error (bad_message), and all of them are closed.
std::expected<Received, std::error_code> receive_with_descriptor(int socket, std::span<char> space);

struct Peer {
  pid_t pid = 0;
  uid_t uid = static_cast<uid_t>(-1);  ///< as this process' user namespace sees it
};
/// SO_PEERCRED: as of the connect().
std::expected<Peer, std::error_code> peer_of(int socket);

/// Is it a descriptor of a network namespace (an nsfs file of CLONE_NEWNET)?
bool is_network_namespace(int descriptor);

}  // namespace ebond::control
