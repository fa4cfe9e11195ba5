#include "control/server.h"

#include <algorithm>
#include <asio/co_spawn.hpp>
#include <asio/detached.hpp>
#include <asio/io_context.hpp>
#include <asio/redirect_error.hpp>
#include <asio/use_awaitable.hpp>
#include <chrono>
#include <optional>
#include <vector>

#include "control/connection.h"
#include "control/socket_file.h"

namespace ebond::control {
namespace {

using asio::local::stream_protocol;

/// Users other than root share so many connections, and each of them has so many: they cannot lock out root.
constexpr std::size_t kForAllUsers = 256;
constexpr std::size_t kForOneUser = 64;

}  // namespace

struct Server::State : std::enable_shared_from_this<State> {
  State(asio::io_context& context, std::filesystem::path path, Service& served)
      : io(context), socket_path(std::move(path)), service(&served), acceptor(context), pause(context) {}

  asio::awaitable<void> accept_all();
  void welcome(stream_protocol::socket socket);
  bool has_room_for(uid_t uid);
  void close();

  asio::io_context& io;
  std::filesystem::path socket_path;
  Service* service;
  std::optional<SocketFile> file;
  stream_protocol::acceptor acceptor;
  asio::steady_timer pause;
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

void Server::State::welcome(stream_protocol::socket socket) {
  const auto peer = peer_of(socket.native_handle());
  if (!peer || !has_room_for(peer->uid)) return;
  asio::error_code error;
  if (socket.non_blocking(true, error)) return;
  auto connection = std::make_shared<Connection>(std::move(socket), *peer, *service);
  connections.push_back(connection);
  asio::co_spawn(io, [connection] { return connection->run(); }, asio::detached);
}

bool Server::State::has_room_for(uid_t uid) {
  std::erase_if(connections, [](const auto& connection) { return connection.expired(); });
  if (uid == 0) return true;
  std::size_t of_users = 0;
  std::size_t of_this_one = 0;
  for (const auto& weak : connections) {
    const auto connection = weak.lock();
    if (!connection || connection->uid() == 0) continue;
    ++of_users;
    if (connection->uid() == uid) ++of_this_one;
  }
  return of_users < kForAllUsers && of_this_one < kForOneUser;
}

void Server::State::close() {
  asio::error_code ignored;
  (void)acceptor.close(ignored);
  pause.cancel();
  for (const auto& weak : connections) {
    if (auto connection = weak.lock()) connection->close();
  }
  file.reset();
}

Server::Server(asio::io_context& io, std::filesystem::path socket, Service& service)
    : state_(std::make_shared<State>(io, std::move(socket), service)) {}

Server::~Server() {
  state_->close();
}

Result<> Server::listen() {
  auto made = SocketFile::listen(state_->socket_path);
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
