// The conversation of `ebond watch` with the daemon, in threads of its own, so that a daemon that does not
// answer keeps nobody from pressing a key: one hears events as they come, the other asks for the bonds, once
// a second and whenever something happened, and carries out wishes. A daemon that went is looked for until it
// is back.
#pragma once

#include <condition_variable>
#include <filesystem>
#include <mutex>
#include <string>
#include <thread>
#include <variant>
#include <vector>

#include "cli/watch/model.h"
#include "control/client.h"
#include "os/unique_fd.h"

namespace ebond::cli::watch {

struct BondsNow {
  std::vector<Bond> bonds;
  std::int64_t monotonic_ns = 0;  ///< when they were asked for
  bool is_tick = false;           ///< a second after the last tick
};
struct EventNow {
  core::StampedEvent event;
  std::size_t missed = 0;
};
struct DaemonLost {
  std::string why;
};
struct WishDone {
  std::string text;
  bool is_bad = false;
};
using News = std::variant<BondsNow, EventNow, DaemonLost, WishDone>;

class Feed {
 public:
  /// `only_look_at`: as in control::Client; empty: the namespace of the process.
  Feed(std::filesystem::path socket, std::string only_look_at);
  ~Feed();
  Feed(const Feed&) = delete;
  Feed& operator=(const Feed&) = delete;

  /// Becomes readable when there is news.
  int descriptor() const { return wake_.get(); }
  std::vector<News> take();
  void wish(Wish wish);

 private:
  /// The client in use by a thread, so that it can be hung up from another.
  using InUse = control::Client*;

  std::expected<control::Client, control::ConnectFailure> connect() const;
  void listen();
  void ask();
  bool ask_once(control::Client& client, bool is_tick);
  void carry_out(control::Client& client, const Wish& wish);
  void tell(News news);
  void refresh();
  bool use(InUse& slot, control::Client* client);
  void pause();

  const std::filesystem::path socket_;
  const std::string only_look_at_;
  os::UniqueFd wake_;
  std::mutex lock_;
  std::condition_variable changed_;
  bool ends_ = false, refresh_ = true;
  std::vector<News> news_;
  std::vector<Wish> wishes_;
  InUse listening_ = nullptr, asking_ = nullptr;
  std::thread listener_, asker_;
};

}  // namespace ebond::cli::watch
