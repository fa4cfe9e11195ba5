// The Varlink server on DIR/ebond.sock: whoever may connect may look, root of a network namespace may change
// its bonds (peer.h). It runs on the daemon's loop and never blocks it: one coroutine per connection, one
// call a turn, and what comes from others than root of the host is bounded (limits.h).
#pragma once

#include <sys/types.h>

#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "control/limits.h"
#include "control/service.h"
#include "os/unique_fd.h"

namespace asio {
class io_context;
}

namespace ebond::control {

struct ServerOptions {
  std::optional<gid_t> group{};  ///< who may connect beside root; none: everybody
  Limits limits{};
  std::function<void(const std::string&)> warn = [](const std::string&) {};
};

class Server {
 public:
  /// `service` is called on `io`'s thread, only while the Server lives.
  Server(asio::io_context& io, std::filesystem::path socket, Service& service, ServerOptions options = {});
  /// Closes every connection, drops every subscription, removes the socket.
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  /// Makes the socket and starts to accept. The socket a dead daemon left is replaced; a living daemon on it,
  /// or a file that is no socket, is a conflict. The lock file beside it decides when two start at once;
  /// whoever has it already hands it over.
  Result<> listen(os::UniqueFd lock = {});

 private:
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace ebond::control
