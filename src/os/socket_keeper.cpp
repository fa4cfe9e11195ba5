#include "os/socket_keeper.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>

#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <deque>
#include <map>
#include <optional>
#include <vector>

#include "os/system_calls.h"

namespace ebond::os {
namespace {

/// Room for some thousand messages: a daemon that adopts many bonds gives their sockets faster than they are
/// taken.
constexpr int kKeepersRoom = 16 << 20;

// A message is an id: with a descriptor, that is kept by it; without, that of the one to close.
using Id = std::uint64_t;

struct Message {
  Id id = 0;
  UniqueFd given;
};

/// None: the other end is gone.
std::optional<Message> receive(int channel) {
  Message message;
  iovec part{&message.id, sizeof message.id};
  alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(int))> control;
  msghdr header{};
  header.msg_iov = &part;
  header.msg_iovlen = 1;
  header.msg_control = control.data();
  header.msg_controllen = control.size();
  ssize_t size = 0;
  do {
    size = ::recvmsg(channel, &header, MSG_CMSG_CLOEXEC | MSG_WAITALL);
  } while (size < 0 && errno == EINTR);
  if (size != sizeof message.id) return std::nullopt;
  const auto* rights = CMSG_FIRSTHDR(&header);
  if (rights != nullptr && rights->cmsg_type == SCM_RIGHTS) {
    int fd = -1;
    std::memcpy(&fd, CMSG_DATA(rights), sizeof fd);
    message.given = UniqueFd(fd);
  }
  return message;
}

/// The other process. It takes what comes before it closes anything: a message waits for one closing at most.
[[noreturn]] void keep_all(int channel) {
  std::map<Id, UniqueFd> kept;
  std::deque<UniqueFd> to_close;
  for (;;) {
    pollfd news{channel, POLLIN, 0};
    if (::poll(&news, 1, to_close.empty() ? -1 : 0) < 0 && errno != EINTR) ::_exit(EXIT_FAILURE);
    if (news.revents == 0) {
      if (!to_close.empty()) to_close.pop_front();
      continue;
    }
    auto message = receive(channel);
    if (!message) ::_exit(EXIT_SUCCESS);
    if (message->given) {
      kept.emplace(message->id, std::move(message->given));
    } else if (auto known = kept.extract(message->id); !known.empty()) {
      to_close.push_back(std::move(known.mapped()));
    }
  }
}

[[noreturn]] void be_the_keeper(UniqueFd channel, bool restricted) {
  constexpr int kChannel = 3;
  channel.reset(::fcntl(channel.get(), F_DUPFD_CLOEXEC, kChannel + 1));  // one of the first three may be it
  ::setsid();
  ::prctl(PR_SET_NAME, "ebond-keeper");
  const int nothing = ::open("/dev/null", O_RDWR | O_CLOEXEC);
  if (nothing < 0) ::_exit(EXIT_FAILURE);
  for (const int each : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) ::dup2(nothing, each);
  ::dup3(channel.get(), kChannel, O_CLOEXEC);
  ::syscall(SYS_close_range, static_cast<unsigned>(kChannel) + 1, ~0U, 0U);
  (void)channel.release();
  (void)::chdir("/");
  rlimit descriptors{};
  if (::getrlimit(RLIMIT_NOFILE, &descriptors) == 0) {
    descriptors.rlim_cur = descriptors.rlim_max;
    (void)::setrlimit(RLIMIT_NOFILE, &descriptors);
  }
  if (restricted) (void)forbid_other_system_calls();
  keep_all(kChannel);
}

}  // namespace

/// To the other process. What could not be said is said with the next message.
class SocketKeeper::Hold::Channel {
 public:
  explicit Channel(UniqueFd socket) : socket_(std::move(socket)) {}

  /// 0 if that cannot be.
  Id give(int fd) {
    tell_the_rest();
    if (!send(next_, fd)) return 0;
    return next_++;
  }
  void take_back(Id id) {
    untold_.push_back(id);
    tell_the_rest();
  }

 private:
  void tell_the_rest() {
    while (!untold_.empty() && send(untold_.back(), -1)) untold_.pop_back();
  }
  bool send(Id id, int fd) const {
    iovec part{&id, sizeof id};
    alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(int))> control{};
    msghdr message{};
    message.msg_iov = &part;
    message.msg_iovlen = 1;
    if (fd >= 0) {
      message.msg_control = control.data();
      message.msg_controllen = control.size();
      auto* header = CMSG_FIRSTHDR(&message);
      header->cmsg_level = SOL_SOCKET;
      header->cmsg_type = SCM_RIGHTS;
      header->cmsg_len = CMSG_LEN(sizeof fd);
      std::memcpy(CMSG_DATA(header), &fd, sizeof fd);
    }
    // So few bytes go whole or not at all.
    return ::sendmsg(socket_.get(), &message, MSG_NOSIGNAL | MSG_DONTWAIT) == sizeof id;
  }

  UniqueFd socket_;
  Id next_ = 1;
  std::vector<Id> untold_;
};

SocketKeeper::Hold& SocketKeeper::Hold::operator=(Hold&& other) noexcept {
  if (this == &other) return *this;
  end();
  channel_ = std::move(other.channel_);
  id_ = other.id_;
  return *this;
}

void SocketKeeper::Hold::end() {
  if (channel_) channel_->take_back(id_);
  channel_.reset();
}

Result<SocketKeeper> SocketKeeper::start(bool restricted) {
  std::array<int, 2> ends{};
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) != 0) {
    return errno_error("cannot make a socket for the process that closes sockets", errno);
  }
  UniqueFd ours(ends[0]), its(ends[1]);
  ::setsockopt(ours.get(), SOL_SOCKET, SO_SNDBUFFORCE, &kKeepersRoom, sizeof kKeepersRoom);
  const pid_t child = ::fork();
  if (child < 0) return errno_error("cannot start the process that closes sockets", errno);
  if (child == 0) {
    ours.reset();
    be_the_keeper(std::move(its), restricted);
  }
  return SocketKeeper(std::make_shared<Hold::Channel>(std::move(ours)));
}

SocketKeeper::Hold SocketKeeper::keep(int socket) const {
  const auto id = channel_->give(socket);
  return id == 0 ? Hold() : Hold(channel_, id);
}

}  // namespace ebond::os
