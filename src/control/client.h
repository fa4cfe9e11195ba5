// The client's end of ebondd's socket: blocking, one call at a time, errors as the daemon's own Error.
//
//   auto client = Client::connect(default_socket());
//   client->in_namespace(fd);                          // else the caller's own
//   auto done = client->add("bond0", {{"mode", "active-backup"}});
#pragma once

#include <cstdint>
#include <expected>
#include <filesystem>
#include <functional>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "control/frame_buffer.h"
#include "control/service.h"
#include "os/unique_fd.h"

namespace ebond::control {

struct ConnectFailure {
  enum class Kind : std::uint8_t { no_daemon, permission, system } kind;
  std::string message;
};

/// EBOND_RUN_DIR, or /run/ebond.
std::filesystem::path default_run_dir();
inline std::filesystem::path socket_in(const std::filesystem::path& run_dir) {
  return run_dir / "ebond.sock";
}

class Client {
 public:
  static std::expected<Client, ConnectFailure> connect(const std::filesystem::path& socket);

  /// From the next call on, about this network namespace. Without it: that of this process at connect().
  void in_namespace(os::UniqueFd netns) { unsent_netns_ = std::move(netns); }

  // Service's calls.
  Result<> add(const std::string& bond, const KeyValues& options);
  Result<> del(const std::string& bond);
  Result<> set(const std::string& bond, const KeyValues& options);
  Result<std::vector<std::string>> enslave(const std::string& bond,
                                           const std::vector<std::string>& interfaces);
  Result<> release(const std::string& bond, const std::vector<std::string>& interfaces);
  Result<> set_slave(const std::string& interface, const KeyValues& options);
  /// An array of views::bond_json. `bond` empty: all.
  Result<nlohmann::json> show(const std::string& bond);
  /// Rendered by the daemon: `format` is "text", "proc" or "json".
  Result<std::string> show_text(const std::string& bond, std::string_view format, bool colour);
  Result<core::CheckReport> check();

  /// Each event, and how many were lost right before it because we were slow, until `sink` answers false or
  /// the daemon goes (an error). `subscribed` is called once, when nothing can be missed unsaid any more.
  using EventReader = std::function<bool(const core::StampedEvent&, std::size_t missed)>;
  Result<> events(const std::function<void()>& subscribed, const EventReader& sink);

  /// Any method; its reply's parameters.
  Result<nlohmann::json> call(std::string_view method, const nlohmann::json& parameters);

 private:
  explicit Client(os::UniqueFd socket, os::UniqueFd netns)
      : socket_(std::move(socket)), unsent_netns_(std::move(netns)) {}
  Result<> send(std::string_view method, const nlohmann::json& parameters, bool more);
  Result<nlohmann::json> receive();

  os::UniqueFd socket_;
  os::UniqueFd unsent_netns_;
  FrameBuffer frames_{std::size_t{64} * 1024 * 1024};
};

}  // namespace ebond::control
