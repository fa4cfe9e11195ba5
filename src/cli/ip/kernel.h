// A conversation of our own with the kernel about links, in the namespace the process is in, or in another
// one for the length of it. Speaks to the kernel directly, past what we put between the real ip and it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "cli/ip/netlink_message.h"
#include "os/unique_fd.h"

namespace ebond::cli::ip {

/// While one lives, this thread's namespace is another one. A descriptor below 0: its own.
class Visit {
 public:
  explicit Visit(int netns);
  ~Visit();
  Visit(const Visit&) = delete;
  Visit& operator=(const Visit&) = delete;
  bool arrived() const { return arrived_; }

 private:
  os::UniqueFd home_;
  bool arrived_ = true;
};

class Kernel {
 public:
  Kernel();

  /// The answer, a whole NLMSG_ERROR message: its error 0 if the kernel did it.
  Bytes ask(Bytes request);

  struct Link {
    std::uint32_t ifindex = 0;
    std::uint32_t flags = 0;
    std::uint32_t master = 0;  ///< 0: none
    std::uint32_t mtu = 0;
    std::string name;
  };
  std::optional<Link> link(std::uint32_t ifindex);
  std::optional<Link> link(const std::string& name);

 private:
  Bytes converse(Bytes& request);
  std::optional<Link> get(std::uint32_t ifindex, const std::string& name);

  os::UniqueFd socket_;
  std::uint32_t sequence_ = 0;
};

/// The error of an NLMSG_ERROR message: 0 or a negative errno.
int error_in(View answer);
/// The same answer, to another socket's request.
Bytes readdressed(Bytes answer, const nlmsghdr& request, std::uint32_t port);

}  // namespace ebond::cli::ip
