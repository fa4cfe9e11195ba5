#include "control/connection.h"

#include <fmt/format.h>

#include <asio/buffer.hpp>
#include <asio/co_spawn.hpp>
#include <asio/detached.hpp>
#include <asio/post.hpp>
#include <asio/redirect_error.hpp>
#include <asio/use_awaitable.hpp>
#include <asio/write.hpp>

#include "control/nesting.h"

namespace ebond::control {
namespace {

using Clock = Budget::Clock;

auto into(asio::error_code& error) {
  return asio::redirect_error(asio::use_awaitable, error);
}

}  // namespace

Connection::Connection(asio::local::stream_protocol::socket socket, Peer peer, Service& service,
                       const Limits& limits, Budget& guests)
    : socket_(std::move(socket)),
      wake_(socket_.get_executor(), Clock::time_point::max()),
      pause_(socket_.get_executor()),
      peer_(std::move(peer)),
      is_root_(peer_.is_root()),
      limits_(limits),
      guests_(guests),
      service_(&service),
      netns_(peer_.network_namespace()),
      frames_(is_root_ ? limits.root_message : limits.guest_message),
      events_(is_root_ ? limits.root_events : limits.guest_events),
      waits_since_(Clock::now()) {
  if (is_guest()) refuse_descriptors(socket_.native_handle());
}

Connection::~Connection() {
  close();
}

bool Connection::is_overdue(Clock::time_point now) const {
  return is_guest() && waits_since_ && now - *waits_since_ > limits_.patience;
}

asio::awaitable<void> Connection::run() {
  const auto self = shared_from_this();
  // NOLINTNEXTLINE(bugprone-infinite-loop): `open` changes where a coroutine is waited for
  for (bool open = true; open;) {
    if (auto message = frames_.next()) {  // NOLINT(bugprone-branch-clone): two coroutines look alike to it
      waits_since_.reset();
      open = co_await handle(*message);
      waits_since_ = Clock::now();
      co_await asio::post(socket_.get_executor(), asio::use_awaitable);  // others first
    } else if (frames_.overflowed()) {
      open = co_await refuse(fmt::format("a message is longer than {} bytes", frames_.limit()));
    } else {
      open = co_await receive();
    }
  }
  close();
}

void Connection::close() {
  service_ = nullptr;
  subscription_.reset();
  wake_.cancel();
  pause_.cancel();
  if (!socket_.is_open()) return;
  asio::error_code error;
  os::UniqueFd socket(socket_.release(error));
  if (is_guest()) close_socket(std::move(socket));
}

asio::awaitable<bool> Connection::receive() {
  asio::error_code error;
  co_await socket_.async_wait(asio::socket_base::wait_read, into(error));
  if (error || !service_) co_return false;
  const auto bytes = take_bytes();
  if (!bytes && bytes.error() == std::errc::resource_unavailable_try_again) co_return true;
  if (!bytes && bytes.error() == std::errc::operation_not_permitted) {
    co_return co_await refuse("a descriptor came along, which only root of the host may send");
  }
  if (!bytes && bytes.error() == std::errc::invalid_argument) {
    co_return co_await refuse("the descriptor sent along is not that of a network namespace");
  }
  if (!bytes || *bytes == 0) co_return false;
  frames_.append({space_.data(), *bytes});
  co_return true;
}

std::expected<std::size_t, std::error_code> Connection::take_bytes() {
  if (is_guest()) return receive_bytes(socket_.native_handle(), space_);
  auto received = receive_with_descriptor(socket_.native_handle(), space_);
  if (!received) return std::unexpected(received.error());
  if (received->descriptor && !is_network_namespace(received->descriptor.get())) {
    close_elsewhere(std::move(received->descriptor));
    return std::unexpected(std::make_error_code(std::errc::invalid_argument));
  }
  if (received->descriptor) netns_ = std::move(received->descriptor);
  return received->bytes;
}

asio::awaitable<bool> Connection::handle(const std::string& message) {
  if (is_guest()) co_await wait_for_turn(message.size());
  if (!service_) co_return false;
  const auto call = parse_call(message);
  if (!call && is_nested_deeper(message, kMaxNesting)) {
    co_return co_await refuse(fmt::format("the message is nested deeper than {}", kMaxNesting));
  }
  if (!call) co_return co_await refuse("the message is not a Varlink call");
  if (call->method == kEventsMethod) {
    const auto wanted = subscription_of(*call, own_namespace());
    if (!wanted) co_return co_await send(wanted.error());
    co_await stream_events(*wanted);
    co_return false;
  }
  const auto reply = answer(*service_, caller(), *call);
  if (call->oneway) co_return true;
  co_return co_await send(reply);
}

asio::awaitable<void> Connection::wait_for_turn(std::size_t message_size) {
  const auto cost = cost_of_call(message_size);
  co_await pause(guests_.charge(uid(), cost, Clock::now()));
  if (!service_) co_return;  // and with it the budget
  co_await pause(guests_.charge_all(cost, Clock::now()));
}

asio::awaitable<void> Connection::pause(Clock::duration span) {
  if (span <= Clock::duration::zero() || !service_) co_return;
  asio::error_code cancelled;
  pause_.expires_after(span);
  co_await pause_.async_wait(into(cancelled));
}

asio::awaitable<bool> Connection::send(const nlohmann::json& reply) {
  if (!service_) co_return false;
  const auto frame = to_frame(reply);
  if (is_guest()) {
    waits_since_ = Clock::now();
    (void)guests_.charge(uid(), cost_of_reply(frame.size()), Clock::now());
    (void)guests_.charge_all(cost_of_reply(frame.size()), Clock::now());
  }
  asio::error_code error;
  co_await asio::async_write(socket_, asio::buffer(frame), into(error));
  waits_since_.reset();
  co_return !error;
}

/// Says why, and that the connection ends here.
asio::awaitable<bool> Connection::refuse(std::string why) {
  const auto reply = error_reply(Error{Error::Kind::system, std::move(why), {}});
  co_await send(reply);
  co_return false;
}

asio::awaitable<void> Connection::stream_events(Subscription wanted) {
  const auto sink = [weak = weak_from_this()](const core::StampedEvent& event) {
    if (auto self = weak.lock()) {
      self->events_.push(event);
      self->wake_.cancel();
    }
  };
  subscription_ = service_->subscribe(wanted.netns, sink, wanted.from);
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
