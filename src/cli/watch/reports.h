// What the screen has of bonds, read from the daemon's JSON.
#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cli/watch/screen.h"

namespace ebond::cli::watch {

/// Octets since the interface was made.
struct Octets {
  std::uint64_t sent = 0, received = 0;
};

struct Slave {
  std::string name{};
  bool active = false, healthy = false, drained = false;
  std::string link{};  ///< "up", "going back", "up, path down", "up, drained"
  Style link_style{};
  std::string speed{};        ///< "1 Gb/s", "-"
  std::int64_t since_ns = 0;  ///< CLOCK_REALTIME: it is what it is; 0: not known
  std::string why{};          ///< it carries nothing; empty if it carries
  std::string port{};         ///< the switch and its port, as last heard; empty: never
  bool port_is_current = false;
  std::string lacp{};  ///< a sentence; empty in other modes
  std::optional<Octets> octets{};
};

struct Bond {
  std::string name{};
  std::string verdict{};  ///< "ok", "degraded", "down", "failed"
  std::string why{};      ///< if it is not ok
  std::string mode{}, active_slave{};
  bool carrier = false;
  std::int64_t carrier_since_ns = 0;
  std::string lacp{};  ///< a sentence; empty in other modes
  std::vector<Slave> slaves{};
  std::optional<Octets> octets{};

  /// 0: all is well; the more, the worse.
  int trouble() const;
};

/// An array of views::bond_json. What a daemon of another version leaves out is empty.
std::vector<Bond> bonds_of_reports(const nlohmann::json& reports);

/// CLOCK_REALTIME nanoseconds of "2026-01-02T03:04:05.000123Z"; 0 if it is not such a text.
std::int64_t realtime_of(std::string_view utc);

}  // namespace ebond::cli::watch
