// Bytes through a unix stream socket, and the open descriptors that may come along (SCM_RIGHTS). Another's
// open file is a dangerous gift: to look at it or to close it may ask a file server of the giver's, which
// need not answer. So those are never closed by the thread that received them, and from most peers none is
// taken at all.
#pragma once

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

/// One recvmsg, with the descriptor that came along. More than one is an error (bad_message), and all of them
/// are closed, elsewhere.
std::expected<Received, std::error_code> receive_with_descriptor(int socket, std::span<char> space);

/// Of a peer that may send none: its bytes, or operation_not_permitted once a descriptor waits among them.
/// That is not touched; it stays in the socket.
std::expected<std::size_t, std::error_code> receive_bytes(int socket, std::span<char> space);

/// From now on the kernel refuses the peer's descriptors, with EPERM (Linux 6.16 and later; nothing happens
/// before).
void refuse_descriptors(int socket);

/// Is it a descriptor of a network namespace (an nsfs file of CLONE_NEWNET)? Asks no file system but nsfs.
bool is_network_namespace(int descriptor);

/// Closes it in another thread: however long that takes, nobody waits.
void close_elsewhere(os::UniqueFd descriptor);

/// Ends a connection with a peer that may send no descriptors: at once, or, if there is one in it, in another
/// thread that shares nothing with this process: no lock and no socket of its outlives it by that.
void close_socket(os::UniqueFd socket);

/// How many such threads have not come to their end.
std::size_t unfinished_closings();

}  // namespace ebond::control
