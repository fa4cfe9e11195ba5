// A process beside this one that has duplicates of sockets whose closing takes long, so that it is the one
// that closes them. Whenever a packet socket is closed for good, the kernel waits until every processor has
// let go of it: 13 ms each, one after the other. A loop that closes those of a slave stands still meanwhile,
// and a process that ends with 2,000 of them is gone after 27 s; so long nobody starts the next one.
//
// Used by ebondd. It is started before there is a lock or a socket that it could inherit, and has nothing but
// what it is given: no lock outlives this process by it. It ends when this process does. Where it is missing,
// or does not follow, closing takes as long as it takes, and all else is the same.
#pragma once

#include <cstdint>
#include <memory>
#include <utility>

#include "os/error.h"
#include "os/unique_fd.h"

namespace ebond::os {

class SocketKeeper {
 public:
  /// A process of its own, which may make no other system calls than this one if `restricted`.
  static Result<SocketKeeper> start(bool restricted);

  /// For as long as it lives another process has the socket, too. It is to be ended after the socket was
  /// closed.
  class Hold {
   public:
    Hold() = default;
    Hold(Hold&& other) noexcept : channel_(std::move(other.channel_)), id_(other.id_) {}
    Hold& operator=(Hold&& other) noexcept;
    ~Hold() { end(); }
    void end();

   private:
    friend class SocketKeeper;
    class Channel;
    Hold(std::shared_ptr<Channel> channel, std::uint64_t id) : channel_(std::move(channel)), id_(id) {}
    std::shared_ptr<Channel> channel_;
    std::uint64_t id_ = 0;
  };
  /// An empty hold if that cannot be.
  Hold keep(int socket) const;

 private:
  explicit SocketKeeper(std::shared_ptr<Hold::Channel> channel) : channel_(std::move(channel)) {}
  std::shared_ptr<Hold::Channel> channel_;
};

}  // namespace ebond::os
