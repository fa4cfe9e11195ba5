#include "cli/ip/kernel.h"

#include <fcntl.h>
#include <linux/if_link.h>
#include <sched.h>
#include <sys/socket.h>

#include <cerrno>

namespace ebond::cli::ip {
namespace {

constexpr std::size_t kLongestAnswer = std::size_t{64} * 1024;

std::optional<Kernel::Link> link_in(View answer) {
  const auto message = read_link(answer);
  if (!message || message->header.nlmsg_type != RTM_NEWLINK) return std::nullopt;
  return Kernel::Link{static_cast<std::uint32_t>(message->info.ifi_index), message->info.ifi_flags,
                      number_in<std::uint32_t>(message->attributes, IFLA_MASTER).value_or(0),
                      number_in<std::uint32_t>(message->attributes, IFLA_MTU).value_or(0),
                      text_in(message->attributes, IFLA_IFNAME)};
}

}  // namespace

Visit::Visit(int netns) {
  if (netns < 0) return;
  home_ = os::UniqueFd(::open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC));
  arrived_ = home_ && ::setns(netns, CLONE_NEWNET) == 0;
}

Visit::~Visit() {
  if (home_ && arrived_) (void)::setns(home_.get(), CLONE_NEWNET);
}

Kernel::Kernel() : socket_(::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE)) {
  const int on = 1;
  (void)::setsockopt(socket_.get(), SOL_NETLINK, NETLINK_EXT_ACK, &on, sizeof on);
}

Bytes Kernel::converse(Bytes& request) {
  auto header = number_in<nlmsghdr>(request);
  if (!header) return answer_to({}, 0, -EINVAL, {});
  header->nlmsg_seq = ++sequence_;
  std::memcpy(request.data(), &*header, sizeof *header);
  sockaddr_nl kernel{};
  kernel.nl_family = AF_NETLINK;
  const auto sent = ::sendto(socket_.get(), request.data(), request.size(), 0,
                             reinterpret_cast<const sockaddr*>(&kernel), sizeof kernel);
  if (sent < 0) return answer_to(*header, 0, -errno, {});
  Bytes answer(kLongestAnswer);
  ssize_t received = -1;
  do {
    received = ::recvfrom(socket_.get(), answer.data(), answer.size(), 0, nullptr, nullptr);
  } while (received < 0 && errno == EINTR);
  if (received < 0) return answer_to(*header, 0, -errno, {});
  answer.resize(static_cast<std::size_t>(received));
  return answer;
}

Bytes Kernel::ask(Bytes request) {
  return converse(request);
}

std::optional<Kernel::Link> Kernel::get(std::uint32_t ifindex, const std::string& name) {
  AttributeWriter attributes;
  if (ifindex == 0) attributes.put_text(IFLA_IFNAME, name);
  nlmsghdr header{};
  header.nlmsg_type = RTM_GETLINK;
  header.nlmsg_flags = NLM_F_REQUEST;
  ifinfomsg info{};
  info.ifi_index = static_cast<int>(ifindex);
  auto request = write_link(header, info, attributes.bytes());
  return link_in(converse(request));
}

std::optional<Kernel::Link> Kernel::link(std::uint32_t ifindex) {
  return get(ifindex, {});
}

std::optional<Kernel::Link> Kernel::link(const std::string& name) {
  return get(0, name);
}

int error_in(View answer) {
  const auto header = number_in<nlmsghdr>(answer);
  if (!header || header->nlmsg_type != NLMSG_ERROR) return 0;
  return number_in<int>(answer.subspan(NLMSG_HDRLEN)).value_or(-EPROTO);
}

Bytes readdressed(Bytes answer, const nlmsghdr& request, std::uint32_t port) {
  if (auto header = number_in<nlmsghdr>(answer)) {
    header->nlmsg_seq = request.nlmsg_seq;
    header->nlmsg_pid = port;
    std::memcpy(answer.data(), &*header, sizeof *header);
  }
  return answer;
}

}  // namespace ebond::cli::ip
