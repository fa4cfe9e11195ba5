#include "cli/watch/watch.h"

#include <poll.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <system_error>

#include "cli/commands.h"
#include "cli/session.h"
#include "cli/watch/draw.h"
#include "cli/watch/feed.h"
#include "cli/watch/terminal.h"

namespace ebond::cli {
namespace {

using namespace watch;

template <class... Ts>
struct Overloaded : Ts... {
  using Ts::operator()...;
};

/// Signals that end it or tell of a new size, as a descriptor: blocked in all threads that are started after
/// this.
os::UniqueFd catch_signals() {
  sigset_t caught;
  sigemptyset(&caught);
  for (const int number : {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGWINCH}) sigaddset(&caught, number);
  ::pthread_sigmask(SIG_BLOCK, &caught, nullptr);
  os::UniqueFd signals(::signalfd(-1, &caught, SFD_CLOEXEC | SFD_NONBLOCK));
  if (!signals) throw std::system_error(errno, std::generic_category(), "cannot make a signalfd");
  return signals;
}

std::int64_t realtime_now() {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  return std::chrono::duration_cast<std::chrono::nanoseconds>(now).count();
}

class Watch {
 public:
  Watch(os::UniqueFd signals, Terminal terminal, Feed& feed, const std::string& bond)
      : signals_(std::move(signals)), terminal_(std::move(terminal)), feed_(feed), model_(bond) {}

  void run() {
    while (!ends_) {
      terminal_.paint(draw(model_, {terminal_.size(), realtime_now(), terminal_.has_blocks()}));
      wait();
    }
  }

 private:
  /// For anything that changes the screen; its clock does once a second.
  void wait() {
    constexpr int kOneSecond = 1000;
    std::array<pollfd, 3> ready = {
        {{STDIN_FILENO, POLLIN, 0}, {signals_.get(), POLLIN, 0}, {feed_.descriptor(), POLLIN, 0}}};
    if (::poll(ready.data(), ready.size(), kOneSecond) < 0 && errno != EINTR) ends_ = true;
    if (ready[1].revents != 0) take_signals();
    if (ready[2].revents != 0) take_news();
    take_keys();  // also after a signal of which curses alone knows
    if ((ready[0].revents & (POLLHUP | POLLERR | POLLNVAL)) != 0) ends_ = true;
  }

  void take_signals() {
    signalfd_siginfo told{};
    while (::read(signals_.get(), &told, sizeof told) == sizeof told) {
      if (told.ssi_signo == SIGWINCH) {
        terminal_.follow_size();
      } else {
        ends_ = true;
      }
    }
  }

  void take_news() {
    for (auto& each : feed_.take()) {
      std::visit(
          Overloaded{[&](BondsNow& now) { model_.take(std::move(now.bonds), now.monotonic_ns, now.is_tick); },
                     [&](const EventNow& now) { model_.take(now.event, now.missed); },
                     [&](DaemonLost& lost) { model_.lose_daemon(std::move(lost.why)); },
                     [&](WishDone& done) { model_.remark(std::move(done.text), done.is_bad); }},
          each);
    }
  }

  void take_keys() {
    while (const auto key = terminal_.read()) {
      auto wish = model_.press(*key);
      if (wish.kind == Wish::Kind::quit) {
        ends_ = true;
      } else if (wish.kind != Wish::Kind::nothing) {
        feed_.wish(std::move(wish));
      }
    }
  }

  os::UniqueFd signals_;
  Terminal terminal_;
  Feed& feed_;
  Model model_;
  bool ends_ = false;
};

}  // namespace

int run_watch(const Arguments& arguments) {
  if (::isatty(STDIN_FILENO) != 1 || ::isatty(STDOUT_FILENO) != 1) {
    complain(kProgram,
             "watch needs a terminal; for programs there are `ebond -j events` and `ebond -j show`");
    return kRefused;
  }
  // If there is no daemon from the beginning, the answer is that of every other command.
  auto first = connect(kProgram, arguments.run_dir, arguments.netns);
  if (!first) return first.error();
  auto signals = catch_signals();
  auto terminal = Terminal::open(colour() == views::Colour::ansi);
  if (!terminal) {
    complain(kProgram, terminal.error());
    return kRefused;
  }
  Feed feed(control::socket_in(arguments.run_dir), first->looked_at());
  Watch(std::move(signals), std::move(*terminal), feed, arguments.bond).run();
  return kDone;
}

}  // namespace ebond::cli
