// What is loaded into the real ip: the calls by which it talks to the kernel about links. Requests about
// bonds are answered by LinkService, answers about links retold by link_view; every other byte passes as it
// is.
//
// A function here stands in for the C library's of the same name and calls that one for what it leaves alone.
#include <dlfcn.h>
#include <linux/netlink.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "cli/ip/conversation.h"
#include "cli/ip/handover.h"
#include "cli/ip/link_service.h"
#include "cli/ip/link_view.h"

namespace ebond::cli::ip {
namespace {

template <class Function>
Function* next(const char* name) {
  return reinterpret_cast<Function*>(::dlsym(RTLD_NEXT, name));
}
const auto real_socket = next<decltype(::socket)>("socket");
const auto real_close = next<decltype(::close)>("close");
const auto real_send = next<decltype(::send)>("send");
const auto real_sendmsg = next<decltype(::sendmsg)>("sendmsg");
const auto real_recvmsg = next<decltype(::recvmsg)>("recvmsg");

/// The state of this process. None in a program that is not the real ip (a shell between us and it).
struct Session {
  LinkService service;
  std::map<int, Conversation> conversations;
  bool busy = false;  ///< what is called now is called by ourselves
};
std::unique_ptr<Session> session;

class Busy {
 public:
  Busy() { session->busy = true; }
  ~Busy() { session->busy = false; }
  Busy(const Busy&) = delete;
  Busy& operator=(const Busy&) = delete;
};

Conversation* conversation_of(int fd) {
  if (!session || session->busy) return nullptr;
  const auto found = session->conversations.find(fd);
  return found == session->conversations.end() ? nullptr : &found->second;
}

std::uint32_t port_of(int fd) {
  sockaddr_nl own{};
  socklen_t size = sizeof own;
  return ::getsockname(fd, reinterpret_cast<sockaddr*>(&own), &size) == 0 ? own.nl_pid : 0;
}

/// The one message of a call to send, or nothing if it holds several.
View only_message(View datagram) {
  const auto messages = messages_in(datagram);
  return messages.size() == 1 ? messages.front() : View();
}

/// True if the request is answered here. Else `request` is what the kernel shall be asked.
bool take_request(int fd, Conversation& conversation, Bytes& request) {
  const auto message = only_message(request);
  const auto link = read_link(message);
  if (!link && !read_stats(message)) return false;
  const Busy busy;
  if (!link) {
    conversation.bonds = LinkService::bonds();
    return false;
  }
  if (link->header.nlmsg_type == RTM_GETLINK) {
    conversation.bonds = LinkService::bonds();
    const bool is_dump = (link->header.nlmsg_flags & NLM_F_DUMP) == NLM_F_DUMP;
    if (is_dump && !conversation.bonds.empty()) request = without_filters(message);
    return false;
  }
  auto answer = session->service.answer(message, port_of(fd));
  if (!answer) return false;
  conversation.inbox.push_back(std::move(*answer));
  return true;
}

Bytes gathered(const msghdr& message) {
  Bytes bytes;
  for (std::size_t i = 0; i < message.msg_iovlen; ++i) {
    const auto* part = static_cast<const std::uint8_t*>(message.msg_iov[i].iov_base);
    bytes.insert(bytes.end(), part, part + message.msg_iov[i].iov_len);
  }
  return bytes;
}

/// The next datagram, retold. 0 or above: go on; below: what recvmsg said.
ssize_t fetch(int fd, Conversation& conversation, int flags) {
  while (conversation.inbox.empty()) {
    sockaddr_nl from{};
    iovec nothing{};
    msghdr look{};
    look.msg_name = &from;
    look.msg_namelen = sizeof from;
    look.msg_iov = &nothing;
    look.msg_iovlen = 1;
    const auto size = real_recvmsg(fd, &look, MSG_PEEK | MSG_TRUNC | (flags & MSG_DONTWAIT));
    if (size <= 0) return size < 0 ? size : -1;
    Bytes datagram(static_cast<std::size_t>(size));
    iovec all{datagram.data(), datagram.size()};
    look.msg_iov = &all;
    const auto received = real_recvmsg(fd, &look, 0);
    if (received < 0) return received;
    datagram.resize(static_cast<std::size_t>(received));
    if (!conversation.bonds.empty()) datagram = retold(datagram, conversation.bonds);
    if (!datagram.empty()) conversation.inbox.push_back(std::move(datagram));
  }
  return 0;
}

bool is_the_real_ip() {
  return std::string_view(program_invocation_short_name) == "ip";
}

__attribute__((constructor)) void begin() {
  if (!is_the_real_ip()) return;
  restore_environment();
  session = std::make_unique<Session>(LinkService(take_own_options()));
}

}  // namespace
}  // namespace ebond::cli::ip

// The C library's names.

using ebond::cli::ip::Bytes;
#define EBOND_INSTEAD extern "C" __attribute__((visibility("default")))  // and named in preload.map

EBOND_INSTEAD int socket(int domain, int type, int protocol) noexcept {
  using namespace ebond::cli::ip;
  const int fd = real_socket(domain, type, protocol);
  if (fd >= 0 && session && !session->busy && domain == AF_NETLINK && protocol == NETLINK_ROUTE) {
    session->conversations[fd] = {};
  }
  return fd;
}

EBOND_INSTEAD int close(int fd) {
  using namespace ebond::cli::ip;
  if (conversation_of(fd)) session->conversations.erase(fd);
  return real_close(fd);
}

EBOND_INSTEAD ssize_t send(int fd, const void* bytes, size_t size, int flags) {
  using namespace ebond::cli::ip;
  auto* conversation = conversation_of(fd);
  if (!conversation) return real_send(fd, bytes, size, flags);
  const auto* first = static_cast<const std::uint8_t*>(bytes);
  Bytes request(first, first + size);
  if (!take_request(fd, *conversation, request)) {
    const auto sent = real_send(fd, request.data(), request.size(), flags);
    if (sent < 0) return sent;
  }
  return static_cast<ssize_t>(size);
}

EBOND_INSTEAD ssize_t sendmsg(int fd, const msghdr* message, int flags) {
  using namespace ebond::cli::ip;
  auto* conversation = conversation_of(fd);
  if (!conversation) return real_sendmsg(fd, message, flags);
  auto request = gathered(*message);
  const auto size = static_cast<ssize_t>(request.size());
  if (take_request(fd, *conversation, request)) return size;
  iovec all{request.data(), request.size()};
  msghdr changed = *message;
  changed.msg_iov = &all;
  changed.msg_iovlen = 1;
  const auto sent = real_sendmsg(fd, &changed, flags);
  return sent < 0 ? sent : size;
}

EBOND_INSTEAD ssize_t recvmsg(int fd, msghdr* message, int flags) {
  using namespace ebond::cli::ip;
  auto* conversation = conversation_of(fd);
  if (!conversation) return real_recvmsg(fd, message, flags);
  if (const auto said = fetch(fd, *conversation, flags); said < 0) return said;
  return deliver(*conversation, *message, flags);
}
