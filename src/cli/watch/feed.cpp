#include "cli/watch/feed.h"

#include <fmt/format.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <chrono>
#include <nlohmann/json.hpp>
#include <system_error>

namespace ebond::cli::watch {
namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

constexpr auto kTick = 1s;
constexpr auto kBetweenQuestions = 50ms;  ///< at least, however much happens

std::int64_t ns_of(Clock::time_point time) {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(time.time_since_epoch()).count();
}

}  // namespace

Feed::Feed(std::filesystem::path socket, std::string only_look_at)
    : socket_(std::move(socket)),
      only_look_at_(std::move(only_look_at)),
      wake_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
  if (!wake_) throw std::system_error(errno, std::generic_category(), "cannot make an eventfd");
  listener_ = std::thread([this] { listen(); });
  asker_ = std::thread([this] { ask(); });
}

Feed::~Feed() {
  {
    const std::lock_guard guard(lock_);
    ends_ = true;
    for (auto* client : {listening_, asking_}) {
      if (client != nullptr) client->hang_up();
    }
  }
  changed_.notify_all();
  listener_.join();
  asker_.join();
}

std::vector<News> Feed::take() {
  std::uint64_t count = 0;
  (void)!::read(wake_.get(), &count, sizeof count);
  const std::lock_guard guard(lock_);
  return std::exchange(news_, {});
}

void Feed::tell(News news) {
  {
    const std::lock_guard guard(lock_);
    news_.push_back(std::move(news));
  }
  const std::uint64_t one = 1;
  (void)!::write(wake_.get(), &one, sizeof one);
}

void Feed::refresh() {
  {
    const std::lock_guard guard(lock_);
    refresh_ = true;
  }
  changed_.notify_all();
}

void Feed::wish(Wish wish) {
  {
    const std::lock_guard guard(lock_);
    wishes_.push_back(std::move(wish));
  }
  changed_.notify_all();
}

std::expected<control::Client, control::ConnectFailure> Feed::connect() const {
  auto client = control::Client::connect(socket_);
  if (client && !only_look_at_.empty()) client->only_look_at(only_look_at_);
  return client;
}

/// False: all ends, and nothing is to be asked any more.
bool Feed::use(InUse& slot, control::Client* client) {
  const std::lock_guard guard(lock_);
  slot = client;
  return !ends_;
}

/// Before the daemon is looked for again.
void Feed::pause() {
  std::unique_lock guard(lock_);
  changed_.wait_for(guard, kTick, [&] { return ends_; });
}

void Feed::listen() {
  for (;;) {
    auto client = connect();
    if (!use(listening_, client ? &*client : nullptr)) return;
    if (client) {
      // Once nothing can be missed any more, what came before is asked for.
      (void)client->events([&] { refresh(); },
                           [&](const core::StampedEvent& event, std::size_t missed) {
                             tell(EventNow{event, missed});
                             refresh();
                             return true;
                           });
      const bool goes_on = use(listening_, nullptr);
      if (!goes_on) return;
      refresh();  // whether the daemon is gone is found out by asking
    }
    pause();
  }
}

/// False: the daemon went.
bool Feed::ask_once(control::Client& client, bool is_tick) {
  const auto at = Clock::now();
  const auto reports = client.show("");
  if (!reports) {
    tell(DaemonLost{reports.error().message});
    return false;
  }
  tell(BondsNow{bonds_of_reports(*reports), ns_of(at), is_tick});
  return true;
}

void Feed::carry_out(control::Client& client, const Wish& wish) {
  const bool back = wish.kind == Wish::Kind::undrain;
  const auto done = back ? client.undrain(wish.slave) : client.drain(wish.slave, false);
  if (!done) return tell(WishDone{done.error().message, true});
  tell(WishDone{fmt::format("{} is {}", wish.slave, back ? "let back" : "drained"), false});
}

void Feed::ask() {
  std::optional<control::Client> client;
  auto next_tick = Clock::now();
  for (;;) {
    std::vector<Wish> wishes;
    {
      std::unique_lock guard(lock_);
      changed_.wait_until(guard, next_tick, [&] { return ends_ || refresh_ || !wishes_.empty(); });
      if (ends_) return;
      refresh_ = false;
      wishes = std::exchange(wishes_, {});
    }
    if (!client) {
      auto connected = connect();
      if (connected) {
        client = std::move(*connected);
      } else {
        tell(DaemonLost{connected.error().message});
      }
    }
    if (!use(asking_, client ? &*client : nullptr)) return;
    if (client) {
      for (const auto& wish : wishes) carry_out(*client, wish);
      const bool is_tick = Clock::now() >= next_tick;
      if (is_tick) next_tick = std::max(next_tick + kTick, Clock::now());
      if (!ask_once(*client, is_tick)) {
        if (!use(asking_, nullptr)) return;
        client.reset();
      }
    } else {
      next_tick = Clock::now() + kTick;
    }
    std::unique_lock guard(lock_);
    changed_.wait_for(guard, client ? std::chrono::milliseconds(kBetweenQuestions) : kTick,
                      [&] { return ends_; });
  }
}

}  // namespace ebond::cli::watch
