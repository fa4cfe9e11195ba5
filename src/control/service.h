// What a daemon can be asked, as one interface: the Varlink server calls it, the daemon implements it.
// Every call names the network namespace it is about. A failed call has changed nothing.
#pragma once

#include <cstdint>
#include <expected>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "core/event.h"
#include "core/status.h"
#include "os/features.h"

namespace ebond::control {

struct Error {
  /// On the wire: io.ebond.NoSuchBond, … ; the message is a whole sentence for a person.
  enum class Kind : std::uint8_t {
    no_such_bond,
    no_such_interface,
    bad_option,
    conflict,     ///< exists already, enslaved already, in use
    not_now,      ///< right in itself, not in the bond's present state
    unsupported,  ///< the kernel lacks something; the message names the feature and its CONFIG
    permission,
    system  ///< the kernel refused; the message says what was tried and why it failed
  } kind;
  std::string message;
  std::string option{};
};

template <class T = void>
using Result = std::expected<T, Error>;

/// A network namespace the caller lives in or named: an open descriptor of its nsfs file, borrowed for the
/// call.
struct NamespaceRef {
  int fd = -1;
};

using KeyValues = std::vector<std::pair<std::string, std::string>>;

/// An event as subscribers see it.
struct StampedEvent {
  std::int64_t realtime_ns = 0;   ///< CLOCK_REALTIME
  std::int64_t monotonic_ns = 0;  ///< CLOCK_MONOTONIC, for differences
  std::string netns;              ///< name, or "" for the initial one, or "net:[4026532…]"
  std::string bond;
  core::Event event;
  // Of a failover, from the first sign of it; -1: did not happen (yet), or not known.
  std::int64_t table_us = -1;     ///< ... to the new table
  std::int64_t announce_us = -1;  ///< ... to the first announcement
};

/// What this kernel offers, for `ebond check`.
using CheckLine = os::FeatureLine;
using CheckReport = os::FeatureReport;

/// A bond and the facts only the daemon knows.
struct BondView {
  core::BondStatus status;
  std::string netns;
  std::string link_layer;  ///< "hook + netlink + poll 100 ms", …
  struct Failover {        ///< the latest one, if any
    std::int64_t realtime_ns = 0;
    std::string from, to, why, seen_by;
    std::int64_t table_us = -1;     ///< from the first sign of failure to the new table; -1 unknown
    std::int64_t announce_us = -1;  ///< ... to the announcement
  };
  std::vector<Failover> last_failover;  ///< none or one
  /// Per slave, in status.slaves' order: frames a backup received and the bond did not take.
  std::vector<std::uint64_t> rx_inactive_dropped;
};

class Service {
 public:
  virtual ~Service() = default;
  virtual Result<> add(NamespaceRef netns, const std::string& bond, const KeyValues& options) = 0;
  virtual Result<> del(NamespaceRef netns, const std::string& bond) = 0;
  virtual Result<> set(NamespaceRef netns, const std::string& bond, const KeyValues& options) = 0;
  /// All of them or none.  Returns warnings ("eth0 had addresses: flushed …").
  virtual Result<std::vector<std::string>> enslave(NamespaceRef netns, const std::string& bond,
                                                   const std::vector<std::string>& interfaces) = 0;
  virtual Result<> release(NamespaceRef netns, const std::string& bond,
                           const std::vector<std::string>& interfaces) = 0;
  virtual Result<> set_slave(NamespaceRef netns, const std::string& interface, const KeyValues& options) = 0;
  /// One bond of that namespace, or all of them where `bond` is empty.
  virtual Result<std::vector<BondView>> show(NamespaceRef netns, const std::string& bond) = 0;
  virtual CheckReport check() = 0;
  /// Every event of that namespace from now on, until the returned token is dropped.
  using EventSink = std::function<void(const StampedEvent&)>;
  virtual std::shared_ptr<void> subscribe(NamespaceRef netns, EventSink sink) = 0;
};

}  // namespace ebond::control
