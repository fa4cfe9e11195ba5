// The Varlink server on DIR/ebond.sock: everybody may look, root may change (SO_PEERCRED). It runs on the
// daemon's loop and never blocks it: one coroutine per connection, which answers one call at a time, so a
// client that does not read slows nobody but itself.
#pragma once

#include <filesystem>
#include <memory>

#include "control/service.h"

namespace asio {
class io_context;
}

namespace ebond::control {

class Server {
 public:
  /// `service` is called on `io`'s thread, only while the Server lives.
  Server(asio::io_context& io, std::filesystem::path socket, Service& service);
  /// Closes every connection, drops every subscription, removes the socket.
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  /// Makes the socket and starts to accept. The socket a dead daemon left is replaced; a living daemon on it,
  /// or a file that is no socket, is a conflict. The lock file beside it decides when two start at once.
  Result<> listen();

 private:
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace ebond::control
