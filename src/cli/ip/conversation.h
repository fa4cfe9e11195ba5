// One netlink socket of the real ip: what it was sent waits here, retold, until it is read. The rules of
// recvmsg (MSG_PEEK, MSG_TRUNC, a buffer too small) over datagrams of our own making.
#pragma once

#include <sys/socket.h>

#include <deque>

#include "cli/ip/bonds.h"
#include "cli/ip/netlink_message.h"

namespace ebond::cli::ip {

struct Conversation {
  std::deque<Bytes> inbox;
  Bonds bonds;  ///< as they were at the last question about links
};

/// The next datagram, as recvmsg would give it. There must be one.
ssize_t deliver(Conversation& conversation, msghdr& message, int flags);

}  // namespace ebond::cli::ip
