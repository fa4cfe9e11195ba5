#include "control/server.h"

#include <fmt/format.h>

#include <algorithm>
#include <asio/co_spawn.hpp>
#include <asio/detached.hpp>
#include <asio/io_context.hpp>
#include <asio/redirect_error.hpp>
#include <asio/use_awaitable.hpp>
#include <chrono>
#include <optional>
#include <utility>
#include <vector>

#include "control/budget.h"
#include "control/connection.h"
#include "control/descriptor_passing.h"
#include "control/peer.h"
#include "control/socket_file.h"

namespace ebond::control {
namespace {

using asio::local::stream_protocol;

/// So many connections that cannot be closed, and the door is shut to guests until they can.
constexpr std::size_t kBadGifts = 32;
constexpr std::chrono::seconds kSweep{1};

}  // namespace

struct Server::State : std::enable_shared_from_this<State> {
  State(asio::io_context& context, std::filesystem::path path, Service& served, ServerOptions chosen)
      : io(context),
        socket_path(std::move(path)),
        service(&served),
        options(std::move(chosen)),
        guests(options.limits),
        acceptor(context),
        pause(context),
        sweep_timer(context) {}

  asio::awaitable<void> accept_all();
  void welcome(stream_protocol::socket socket);
  void turn_away(stream_protocol::socket socket);
  bool has_room_for_guest(int descriptor, uid_t uid) const;
  void look_after_guests();
  asio::awaitable<void> sweep();
  bool look_at_guests();
  void shut_to_guests(bool shut);
  void close();

  asio::io_context& io;
  std::filesystem::path socket_path;
  Service* service;
  ServerOptions options;
  Budget guests;
  std::optional<SocketFile> file;
  stream_protocol::acceptor acceptor;
  asio::steady_timer pause;
  asio::steady_timer sweep_timer;
  bool is_sweeping = false;
  bool is_shut_to_guests = false;
  std::vector<std::weak_ptr<Connection>> connections;
};

asio::awaitable<void> Server::State::accept_all() {
  const auto self = shared_from_this();
  while (acceptor.is_open()) {
    asio::error_code error;
    auto socket = co_await acceptor.async_accept(asio::redirect_error(asio::use_awaitable, error));
    if (!acceptor.is_open()) co_return;
    if (!error) {
      welcome(std::move(socket));
      continue;
    }
    pause.expires_after(std::chrono::milliseconds(100));  // out of descriptors, most likely: let some go
    co_await pause.async_wait(asio::redirect_error(asio::use_awaitable, error));
  }
}

/// Cheap before dear: most of a flood is turned away by its uid alone.
void Server::State::welcome(stream_protocol::socket socket) {
  std::erase_if(connections, [](const auto& connection) { return connection.expired(); });
  const int descriptor = socket.native_handle();
  const auto uid = peer_uid(descriptor);
  asio::error_code error;
  if (!uid || (*uid != 0 && !has_room_for_guest(descriptor, *uid)) || socket.non_blocking(true, error)) {
    return turn_away(std::move(socket));
  }
  auto peer = Peer::of(descriptor);
  if (!peer) return turn_away(std::move(socket));
  auto connection =
      std::make_shared<Connection>(std::move(socket), std::move(*peer), *service, options.limits, guests);
  if (connection->is_guest()) {
    look_after_guests();
    if (*uid == 0 && !has_room_for_guest(descriptor, 0)) return connection->close();
  }
  connections.push_back(connection);
  asio::co_spawn(io, [connection] { return connection->run(); }, asio::detached);
}

void Server::State::turn_away(stream_protocol::socket socket) {
  asio::error_code error;
  close_socket(os::UniqueFd(socket.release(error)));
  if (unfinished_closings() < kBadGifts) return;
  shut_to_guests(true);
  look_after_guests();
}

void Server::State::look_after_guests() {
  if (std::exchange(is_sweeping, true)) return;
  asio::co_spawn(io, [self = shared_from_this()] { return self->sweep(); }, asio::detached);
}

bool Server::State::has_room_for_guest(int descriptor, uid_t uid) const {
  std::size_t of_guests = 0;
  std::size_t of_this_one = 0;
  for (const auto& weak : connections) {
    const auto connection = weak.lock();
    if (!connection || !connection->is_guest()) continue;
    ++of_guests;
    if (connection->uid() == uid) ++of_this_one;
  }
  return of_guests < options.limits.connections && of_this_one < options.limits.connections_of_one &&
         !is_shut_to_guests && !are_descriptors_scarce(descriptor, 3);
}

/// While there are guests: ends the connections of those that have been silent for too long.
asio::awaitable<void> Server::State::sweep() {
  const auto self = shared_from_this();
  while (acceptor.is_open() && look_at_guests()) {
    sweep_timer.expires_after(kSweep);
    asio::error_code cancelled;
    co_await sweep_timer.async_wait(asio::redirect_error(asio::use_awaitable, cancelled));
  }
  is_sweeping = false;
}

/// Are there any, or their remains?
bool Server::State::look_at_guests() {
  const auto now = Budget::Clock::now();
  bool any = false;
  for (const auto& weak : connections) {
    const auto connection = weak.lock();
    if (!connection || !connection->is_guest()) continue;
    any = true;
    if (connection->is_overdue(now)) connection->close();
  }
  const auto bad_gifts = unfinished_closings();
  if (bad_gifts >= kBadGifts) shut_to_guests(true);
  if (bad_gifts == 0) shut_to_guests(false);
  return any || bad_gifts > 0;
}

/// By the mode of the socket, so that it is the kernel that turns them away.
void Server::State::shut_to_guests(bool shut) {
  if (shut == is_shut_to_guests || !file) return;
  is_shut_to_guests = shut;
  file->set_open_to_guests(!shut);
  options.warn(
      shut ? fmt::format(
                 "{} connections hold files that cannot be closed: only root may connect until they are",
                 unfinished_closings())
           : "all connections are closed: others than root may connect again");
}

void Server::State::close() {
  asio::error_code ignored;
  (void)acceptor.close(ignored);
  pause.cancel();
  sweep_timer.cancel();
  for (const auto& weak : connections) {
    if (auto connection = weak.lock()) connection->close();
  }
  file.reset();
}

Server::Server(asio::io_context& io, std::filesystem::path socket, Service& service, ServerOptions options)
    : state_(std::make_shared<State>(io, std::move(socket), service, std::move(options))) {}

Server::~Server() {
  state_->close();
}

Result<> Server::listen(os::UniqueFd lock) {
  auto made = SocketFile::listen(state_->socket_path, state_->options.group, std::move(lock));
  if (!made) return std::unexpected(made.error());
  auto& file = state_->file.emplace(*std::move(made));
  asio::error_code error;
  if (state_->acceptor.assign(stream_protocol(), file.take_descriptor().release(), error)) {
    return std::unexpected(Error{Error::Kind::system, error.message(), {}});
  }
  asio::co_spawn(state_->io, [state = state_] { return state->accept_all(); }, asio::detached);
  return {};
}

}  // namespace ebond::control
