#include "cli/ip/conversation.h"

#include <algorithm>

namespace ebond::cli::ip {
namespace {

/// Copies into the parts of `message`, as far as there is room. How much it was.
std::size_t scatter(const Bytes& datagram, const msghdr& message) {
  std::size_t done = 0;
  for (std::size_t i = 0; i < message.msg_iovlen && done < datagram.size(); ++i) {
    const auto& part = message.msg_iov[i];
    const auto size = std::min(part.iov_len, datagram.size() - done);
    if (size > 0) std::memcpy(part.iov_base, datagram.data() + done, size);
    done += size;
  }
  return done;
}

void set_sender(msghdr& message) {
  sockaddr_nl kernel{};
  kernel.nl_family = AF_NETLINK;
  if (message.msg_name != nullptr) {
    std::memcpy(message.msg_name, &kernel, std::min<std::size_t>(message.msg_namelen, sizeof kernel));
    message.msg_namelen = sizeof kernel;
  }
  message.msg_controllen = 0;
}

}  // namespace

ssize_t deliver(Conversation& conversation, msghdr& message, int flags) {
  const auto& datagram = conversation.inbox.front();
  const auto size = datagram.size();
  const auto copied = scatter(datagram, message);
  set_sender(message);
  message.msg_flags = copied < size ? MSG_TRUNC : 0;
  if ((flags & MSG_PEEK) == 0) conversation.inbox.pop_front();
  return static_cast<ssize_t>((flags & MSG_TRUNC) != 0 ? size : copied);
}

}  // namespace ebond::cli::ip
