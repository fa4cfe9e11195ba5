#include "os/netlink_socket.h"

#include <fmt/format.h>
#include <linux/rtnetlink.h>
#include <netlink/attr.h>
#include <netlink/msg.h>
#include <sys/socket.h>

#include <cstring>
#include <new>
#include <stdexcept>
#include <utility>

namespace ebond::os {
namespace {

// The kernel makes dump messages of at most 32 KiB (NLMSG_GOODSIZE); one link with many VFs may be longer.
constexpr std::size_t kReceiveSize = 1 << 18;
constexpr int kDumpAttempts = 5;

/// The extended acknowledgement's text, NLMSGERR_ATTR_MSG; empty if there is none.
std::string extended_text(const nlmsghdr& message) {
  if ((message.nlmsg_flags & NLM_F_ACK_TLVS) == 0) return {};
  const auto* error = static_cast<const nlmsgerr*>(nlmsg_data(&message));
  std::size_t offset = sizeof(nlmsgerr);
  if ((message.nlmsg_flags & NLM_F_CAPPED) == 0) offset += error->msg.nlmsg_len - NLMSG_HDRLEN;
  int left = nlmsg_attrlen(&message, static_cast<int>(offset));
  for (auto* a = nlmsg_attrdata(&message, static_cast<int>(offset)); nla_ok(a, left);
       a = nla_next(a, &left)) {
    if (nla_type(a) != NLMSGERR_ATTR_MSG) continue;
    const auto* text = static_cast<const char*>(nla_data(a));
    return {text, ::strnlen(text, static_cast<std::size_t>(nla_len(a)))};
  }
  return {};
}

void require(int status) {
  if (status < 0) throw std::logic_error("a netlink request outgrew its buffer");
}

}  // namespace

void NetlinkRequest::Free::operator()(nl_msg* message) const {
  nlmsg_free(message);
}
NetlinkRequest::NetlinkRequest(NetlinkRequest&&) noexcept = default;
NetlinkRequest::~NetlinkRequest() = default;

NetlinkRequest::NetlinkRequest(std::uint16_t type, std::uint16_t flags, const void* header, std::size_t size)
    : message_(nlmsg_alloc_simple(type, NLM_F_REQUEST | flags)) {
  if (!message_) throw std::bad_alloc();
  raw(header, size);
}

NetlinkRequest& NetlinkRequest::raw(const void* data, std::size_t size) {
  require(nlmsg_append(message_.get(), const_cast<void*>(data), size, NLMSG_ALIGNTO));
  return *this;
}

NetlinkRequest& NetlinkRequest::bytes(int attribute, const void* data, std::size_t size) {
  require(nla_put(message_.get(), attribute, static_cast<int>(size), data));
  return *this;
}

NetlinkRequest& NetlinkRequest::text(int attribute, std::string_view value) {
  require(nla_put_string(message_.get(), attribute, std::string(value).c_str()));
  return *this;
}

NetlinkRequest& NetlinkRequest::nest(int attribute, const std::function<void(NetlinkRequest&)>& fill) {
  nlattr* start = nla_nest_start(message_.get(), attribute);
  if (start == nullptr) require(-1);
  fill(*this);
  nla_nest_end(message_.get(), start);
  return *this;
}

nlmsghdr* NetlinkRequest::header() {
  return nlmsg_hdr(message_.get());
}

Result<NetlinkSocket> NetlinkSocket::open(const Namespace& where, std::uint32_t groups, int protocol) {
  auto inside = NamespaceScope::enter(where);
  if (!inside) return std::unexpected(inside.error());
  UniqueFd fd(::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, protocol));
  if (!fd) return errno_error("cannot open a netlink socket", errno);
  const int on = 1;
  // Older kernels know the last two not; their absence costs words and time, not correctness.
  ::setsockopt(fd.get(), SOL_NETLINK, NETLINK_EXT_ACK, &on, sizeof on);
  ::setsockopt(fd.get(), SOL_NETLINK, NETLINK_CAP_ACK, &on, sizeof on);
  ::setsockopt(fd.get(), SOL_NETLINK, NETLINK_GET_STRICT_CHK, &on, sizeof on);
  sockaddr_nl self{};
  self.nl_family = AF_NETLINK;
  self.nl_groups = groups;
  if (::bind(fd.get(), reinterpret_cast<const sockaddr*>(&self), sizeof self) != 0) {
    return errno_error("cannot bind a netlink socket", errno);
  }
  return NetlinkSocket(std::move(fd));
}

Result<> NetlinkSocket::send(nlmsghdr& request, std::string_view what) {
  for (;;) {
    const ssize_t n = ::send(fd_.get(), &request, request.nlmsg_len, 0);
    if (n >= 0) return {};
    if (errno != EINTR) return errno_error(std::string(what), errno);
  }
}

Result<NetlinkSocket::Ending> NetlinkSocket::ask_once(nlmsghdr& request, std::string_view what,
                                                      const Visit& visit) {
  request.nlmsg_seq = ++sequence_;
  const bool dump = (request.nlmsg_flags & NLM_F_DUMP) == NLM_F_DUMP;
  if (!dump) request.nlmsg_flags |= NLM_F_ACK;
  if (auto sent = send(request, what); !sent) return std::unexpected(sent.error());
  // One for all sockets of a thread: there are some for each namespace. An answer may lead to another
  // question.
  thread_local std::vector<std::uint8_t> spare;
  auto buffer = std::exchange(spare, {});
  buffer.resize(kReceiveSize);
  auto ending = hear_answer(buffer, what, visit);
  spare = std::move(buffer);
  return ending;
}

Result<NetlinkSocket::Ending> NetlinkSocket::hear_answer(std::vector<std::uint8_t>& buffer,
                                                         std::string_view what, const Visit& visit) {
  auto ending = Ending::complete;
  for (;;) {
    const ssize_t n = ::recv(fd_.get(), buffer.data(), buffer.size(), 0);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return errno_error(std::string(what), errno);
    int left = static_cast<int>(n);
    for (auto* m = reinterpret_cast<nlmsghdr*>(buffer.data()); nlmsg_ok(m, left); m = nlmsg_next(m, &left)) {
      if (m->nlmsg_seq != sequence_) continue;  // the rest of an answer given up earlier
      if ((m->nlmsg_flags & NLM_F_DUMP_INTR) != 0) ending = Ending::interrupted;
      if (m->nlmsg_type == NLMSG_DONE) return ending;
      if (m->nlmsg_type == NLMSG_ERROR) {
        const int error = -static_cast<const nlmsgerr*>(nlmsg_data(m))->error;
        if (error == 0) return ending;
        return std::unexpected(Error{error, std::string(what), extended_text(*m)});
      }
      if (visit) visit(*m);
    }
  }
}

Result<> NetlinkSocket::ask(NetlinkRequest& request, std::string_view what, const Visit& visit,
                            const std::function<void()>& restart) {
  for (int attempt = 1;; ++attempt) {
    auto ending = ask_once(*request.header(), what, visit);
    if (!ending) return std::unexpected(ending.error());
    if (*ending == Ending::complete || attempt == kDumpAttempts) return {};
    if (restart) restart();
  }
}

}  // namespace ebond::os
