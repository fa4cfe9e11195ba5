#include "control/connection.h"

#include <fcntl.h>
#include <fmt/format.h>

#include <asio/buffer.hpp>
#include <asio/co_spawn.hpp>
#include <asio/detached.hpp>
#include <asio/redirect_error.hpp>
#include <asio/use_awaitable.hpp>
#include <asio/write.hpp>

namespace ebond::control {
namespace {

auto into(asio::error_code& error) {
  return asio::redirect_error(asio::use_awaitable, error);
}

os::UniqueFd namespace_of(pid_t pid) {
  if (pid <= 0) return os::UniqueFd();
  return os::UniqueFd(::open(fmt::format("/proc/{}/ns/net", pid).c_str(), O_RDONLY | O_CLOEXEC));
}

}  // namespace

Connection::Connection(asio::local::stream_protocol::socket socket, Peer peer, Service& service)
    : socket_(std::move(socket)),
      wake_(socket_.get_executor(), asio::steady_timer::time_point::max()),
      peer_(peer),
      service_(&service) {}

asio::awaitable<void> Connection::run() {
  const auto self = shared_from_this();
  // NOLINTNEXTLINE(bugprone-infinite-loop): `open` changes where a coroutine is waited for
  for (bool open = true; open;) {
    if (auto message = frames_.next()) {  // NOLINT(bugprone-branch-clone): two coroutines look alike to it
      open = co_await handle(*message);
    } else if (frames_.overflowed()) {
      open = co_await refuse(fmt::format("a message is longer than {} bytes", kMessageLimit));
    } else {
      open = co_await receive();
    }
  }
  close();
}

void Connection::close() {
  service_ = nullptr;
  subscription_.reset();
  asio::error_code ignored;
  (void)socket_.close(ignored);
  wake_.cancel();
}

asio::awaitable<bool> Connection::receive() {
  asio::error_code error;
  co_await socket_.async_wait(asio::socket_base::wait_read, into(error));
  if (error || !service_) co_return false;
  auto received = receive_with_descriptor(socket_.native_handle(), space_);
  if (!received) co_return received.error() == std::errc::resource_unavailable_try_again;
  if (received->bytes == 0) co_return false;
  if (received->descriptor) {
    if (!is_network_namespace(received->descriptor.get())) {
      co_return co_await refuse("the descriptor sent along is not that of a network namespace");
    }
    netns_ = std::move(received->descriptor);
  }
  frames_.append({space_.data(), received->bytes});
  co_return true;
}

Caller Connection::caller() {
  if (!netns_) netns_ = namespace_of(peer_.pid);
  return {peer_.uid, NamespaceRef{netns_.get()}};
}

asio::awaitable<bool> Connection::handle(const std::string& message) {
  if (!service_) co_return false;
  const auto call = parse_call(message);
  if (!call) co_return co_await refuse("the message is not a Varlink call");
  if (call->method == kEventsMethod) {
    if (auto refusal = events_refusal(*call)) co_return co_await send(*refusal);
    co_await stream_events();
    co_return false;
  }
  const auto reply = answer(*service_, caller(), *call);
  if (call->oneway) co_return true;
  co_return co_await send(reply);
}

asio::awaitable<bool> Connection::send(const nlohmann::json& reply) {
  const auto frame = to_frame(reply);
  asio::error_code error;
  co_await asio::async_write(socket_, asio::buffer(frame), into(error));
  co_return !error;
}

/// Says why, and that the connection ends here.
asio::awaitable<bool> Connection::refuse(std::string why) {
  const auto reply = error_reply(Error{Error::Kind::system, std::move(why), {}});
  co_await send(reply);
  co_return false;
}

asio::awaitable<void> Connection::stream_events() {
  const auto netns = caller().netns;
  if (netns.fd < 0) {
    co_await refuse("the network namespace of the caller is not known");
    co_return;
  }
  subscription_ = service_->subscribe(netns, [weak = weak_from_this()](const core::StampedEvent& event) {
    if (auto self = weak.lock()) {
      self->events_.push(event);
      self->wake_.cancel();
    }
  });
  asio::co_spawn(
      socket_.get_executor(), [self = shared_from_this()] { return self->watch_for_close(); },
      asio::detached);
  const auto subscribed = subscribed_reply();
  bool open = co_await send(subscribed);
  while (open && service_) {
    if (auto entry = events_.pop()) {
      const auto reply = event_reply(entry->event, entry->missed);
      open = co_await send(reply);
    } else {
      asio::error_code woken;
      co_await wake_.async_wait(into(woken));
    }
  }
}

/// A subscriber has nothing more to say: whatever it sends, its end included, ends the connection.
asio::awaitable<void> Connection::watch_for_close() {
  asio::error_code error;
  co_await socket_.async_wait(asio::socket_base::wait_read, into(error));
  close();
}

}  // namespace ebond::control
