// One client of the server: its socket, who it is, its namespace, and the coroutine that answers it.
#pragma once

#include <array>
#include <asio/awaitable.hpp>
#include <asio/local/stream_protocol.hpp>
#include <asio/steady_timer.hpp>
#include <memory>
#include <string>

#include "control/call.h"
#include "control/descriptor_passing.h"
#include "control/event_queue.h"
#include "control/frame_buffer.h"

namespace ebond::control {

class Connection : public std::enable_shared_from_this<Connection> {
 public:
  Connection(asio::local::stream_protocol::socket socket, Peer peer, Service& service);

  /// Answers calls until the client goes, misbehaves, or close().
  asio::awaitable<void> run();
  /// Ends it: drops the subscription, lets run() return. The service is not touched afterwards.
  void close();

  uid_t uid() const { return peer_.uid; }

 private:
  static constexpr std::size_t kMessageLimit =
      std::size_t{256} * 1024;  // a bond with every option takes a few KiB
  static constexpr std::size_t kQueuedEvents = 1024;

  asio::awaitable<bool> receive();
  asio::awaitable<bool> handle(const std::string& message);
  asio::awaitable<bool> send(const nlohmann::json& reply);
  asio::awaitable<bool> refuse(std::string why);
  asio::awaitable<void> stream_events();
  asio::awaitable<void> watch_for_close();
  Caller caller();

  asio::local::stream_protocol::socket socket_;
  asio::steady_timer wake_;  ///< never expires; cancelled when an event arrives
  Peer peer_;
  Service* service_;  ///< null once closed
  os::UniqueFd netns_;
  FrameBuffer frames_{kMessageLimit};
  std::array<char, 16384> space_{};
  EventQueue events_{kQueuedEvents};
  std::shared_ptr<void> subscription_;
};

}  // namespace ebond::control
