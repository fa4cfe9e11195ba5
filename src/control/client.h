// The client's end of ebondd's socket: blocking, one call at a time, for a limited time, errors as the
// daemon's own Error. The bonds it asks about are those of the network namespace in which this process is
// when it connects.
//
//   auto client = Client::connect(socket_in(default_run_dir()));
//   auto done = client->add("bond0", {{"mode", "active-backup"}});
#pragma once

#include <chrono>
#include <cstdint>
#include <expected>
#include <filesystem>
#include <functional>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

#include "control/frame_buffer.h"
#include "control/service.h"
#include "os/unique_fd.h"

namespace ebond::control {

struct ConnectFailure {
  enum class Kind : std::uint8_t { no_daemon, no_answer, permission, system } kind;
  std::string message;
};

/// How long to wait for an answer before the daemon is taken for hung.
struct Patience {
  std::chrono::milliseconds to_look{std::chrono::seconds(10)};
  std::chrono::milliseconds to_change{std::chrono::minutes(2)};  ///< an emulated machine takes its time
};

/// EBOND_RUN_DIR, or /run/ebond.
std::filesystem::path default_run_dir();
inline std::filesystem::path socket_in(const std::filesystem::path& run_dir) {
  return run_dir / "ebond.sock";
}

class Client {
 public:
  static std::expected<Client, ConnectFailure> connect(const std::filesystem::path& socket,
                                                       Patience patience = {});

  /// From the next call on, about this network namespace. Taken from root of the host alone.
  void in_namespace(os::UniqueFd netns) { unsent_netns_ = std::move(netns); }
  /// Show bonds and events of this one ("net:[4026532008]"), which need not be entered for that. Changes are
  /// refused.
  void only_look_at(std::string netns) { looks_at_ = std::move(netns); }
  const std::string& looked_at() const { return looks_at_; }  ///< empty: the namespace of the process

  // Service's calls.
  Result<> add(const std::string& bond, const KeyValues& options);
  Result<std::vector<std::string>> add_adopting(const std::string& bond, const KeyValues& options,
                                                const std::string& interface);
  Result<> del(const std::string& bond);
  Result<std::vector<std::string>> forget(const std::string& bond);
  Result<> set(const std::string& bond, const KeyValues& options);
  Result<std::vector<std::string>> enslave(const std::string& bond,
                                           const std::vector<std::string>& interfaces,
                                           Absent absent = Absent::refused);
  Result<> release(const std::string& bond, const std::vector<std::string>& interfaces);
  Result<> set_slave(const std::string& interface, const KeyValues& options);
  /// Where there are bonds, as only_look_at() takes it.
  Result<std::vector<std::string>> namespaces();
  Result<> drain(const std::string& interface, bool force);
  Result<> undrain(const std::string& interface);
  Result<> checkpoint(const std::vector<std::string>& bonds, std::chrono::seconds within);
  Result<> confirm();
  Result<> roll_back();
  /// An array of views::bond_json. `bond` empty: all.
  Result<nlohmann::json> show(const std::string& bond);
  Result<core::Foresight> foresee(const std::string& bond);
  /// Rendered by the daemon: `format` as in render_text().
  Result<std::string> show_text(const std::string& bond, std::string_view format, bool colour);

  /// Each event, and how many were lost right before it because we were slow, until `sink` answers false or
  /// the daemon goes (an error). `subscribed` is called once, when nothing can be missed unsaid any more.
  using EventReader = std::function<bool(const core::StampedEvent&, std::size_t missed)>;
  /// `from`: and first those that happened since history() answered that.
  Result<> events(const std::function<void()>& subscribed, const EventReader& sink,
                  std::optional<std::uint64_t> from = std::nullopt);
  /// Each event that is kept since a time of CLOCK_REALTIME, also from before this daemon. Answers where
  /// events() is to go on; none if `sink` answered false.
  Result<std::optional<std::uint64_t>> history(std::int64_t since_ns, const EventReader& sink);

  /// Ends the connection, from any thread: a call that waits returns with an error.
  void hang_up() const;

  /// The daemon went, or the connection broke: what was asked last may be done or not.
  bool is_cut() const { return cut_; }

  /// Any method; its reply's parameters.
  Result<nlohmann::json> call(std::string_view method, const nlohmann::json& parameters);

 private:
  Client(os::UniqueFd socket, os::UniqueFd netns, Patience patience)
      : socket_(std::move(socket)), unsent_netns_(std::move(netns)), patience_(patience) {}
  Result<> send(std::string_view method, const nlohmann::json& parameters, bool more);
  Result<nlohmann::json> receive();
  Result<> check_still_usable(std::string_view method);
  void wait_at_most(std::chrono::milliseconds span);
  std::unexpected<Error> trouble(std::string_view what, std::error_code error);

  os::UniqueFd socket_;
  os::UniqueFd unsent_netns_;
  std::string looks_at_;
  Patience patience_;
  std::chrono::milliseconds waits_{};  ///< at most, for what was asked last; 0: for ever
  bool cut_ = false;
  bool gave_up_ = false;  ///< an answer may still come, to a question nobody asks any more
  FrameBuffer frames_{std::size_t{64} * 1024 * 1024};
};

}  // namespace ebond::control
