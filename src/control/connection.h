// One client of the server: its socket, who it is, its namespace, and the coroutine that answers it, one call
// for each turn of the loop.
#pragma once

#include <array>
#include <asio/awaitable.hpp>
#include <asio/local/stream_protocol.hpp>
#include <asio/steady_timer.hpp>
#include <memory>
#include <optional>
#include <string>

#include "control/budget.h"
#include "control/call.h"
#include "control/descriptor_passing.h"
#include "control/event_queue.h"
#include "control/frame_buffer.h"
#include "control/peer.h"

namespace ebond::control {

class Connection : public std::enable_shared_from_this<Connection> {
 public:
  Connection(asio::local::stream_protocol::socket socket, Peer peer, Service& service, const Limits& limits,
             Budget& guests);
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  /// Answers calls until the client goes, misbehaves, or close().
  asio::awaitable<void> run();
  /// Ends it: drops the subscription, lets run() return. The service is not touched afterwards.
  void close();

  uid_t uid() const { return peer_.uid(); }
  bool is_guest() const { return !is_root_; }
  /// A guest that keeps the server waiting for longer than it may.
  bool is_overdue(Budget::Clock::time_point now) const;

 private:
  asio::awaitable<bool> receive();
  std::expected<std::size_t, std::error_code> take_bytes();
  asio::awaitable<bool> handle(const std::string& message);
  asio::awaitable<void> wait_for_turn(std::size_t message_size);
  asio::awaitable<void> pause(Budget::Clock::duration span);
  asio::awaitable<bool> send(const nlohmann::json& reply);
  asio::awaitable<bool> refuse(std::string why);
  asio::awaitable<void> stream_events(Subscription wanted);
  asio::awaitable<void> watch_for_close();
  /// That of the peer when it connected, unless root has sent another since.
  NamespaceRef own_namespace() const { return {netns_.get()}; }
  Caller caller() const { return {own_namespace(), peer_}; }

  asio::local::stream_protocol::socket socket_;
  asio::steady_timer wake_;  ///< never expires; cancelled when an event arrives
  asio::steady_timer pause_;
  Peer peer_;
  bool is_root_;
  const Limits& limits_;
  Budget& guests_;
  Service* service_;  ///< null once closed
  os::UniqueFd netns_;
  FrameBuffer frames_;
  std::array<char, 16384> space_{};
  EventQueue events_;
  std::shared_ptr<void> subscription_;
  std::optional<Budget::Clock::time_point> waits_since_;  ///< for the client
};

}  // namespace ebond::control
