// What a daemon can be asked, as one interface: the Varlink server calls it, the daemon implements it.
// Every call names the network namespace it is about. A failed call has changed nothing.
#pragma once

#include <chrono>
#include <cstdint>
#include <expected>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/daemon_report.h"
#include "core/event_shelf.h"
#include "core/foresight.h"
#include "core/report.h"

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
    system,    ///< the kernel refused; the message says what was tried and why it failed
    no_answer  ///< a Client's own, never on the wire: the daemon does not answer in time
  } kind;
  std::string message;
  std::string option{};
};

template <class T = void>
using Result = std::expected<T, Error>;

/// A network namespace the caller lives in or named: an open descriptor of its nsfs file, borrowed for the
/// call; or, for looking only, the inode of that file.
struct NamespaceRef {
  int fd = -1;
  std::uint64_t inode = 0;
  bool is_known() const { return fd >= 0 || inode != 0; }
};

/// What is done about an interface that is not there.
enum class Absent : std::uint8_t { refused, awaited };

using KeyValues = std::vector<std::pair<std::string, std::string>>;

class Service {
 public:
  virtual ~Service() = default;
  virtual Result<> add(NamespaceRef netns, const std::string& bond, const KeyValues& options) = 0;
  /// The same, with this interface for its first slave, whose addresses, routes, neighbours and rules become
  /// the bond's in one step; they go back when it ceases to be a slave. Returns warnings.
  virtual Result<std::vector<std::string>> add_adopting(NamespaceRef netns, const std::string& bond,
                                                        const KeyValues& options,
                                                        const std::string& interface) = 0;
  virtual Result<> del(NamespaceRef netns, const std::string& bond) = 0;
  /// Ends a bond in whatever state it is, also one that could not be taken over. Returns what could not be
  /// put back, a sentence each.
  virtual Result<std::vector<std::string>> forget(NamespaceRef netns, const std::string& bond) = 0;
  virtual Result<> set(NamespaceRef netns, const std::string& bond, const KeyValues& options) = 0;
  /// All of them or none. Returns warnings ("eth0 had addresses: flushed …"). One that is not there is, if it
  /// is awaited, enslaved when it appears.
  virtual Result<std::vector<std::string>> enslave(NamespaceRef netns, const std::string& bond,
                                                   const std::vector<std::string>& interfaces,
                                                   Absent absent) = 0;
  virtual Result<> release(NamespaceRef netns, const std::string& bond,
                           const std::vector<std::string>& interfaces) = 0;
  virtual Result<> set_slave(NamespaceRef netns, const std::string& interface, const KeyValues& options) = 0;
  /// Where there are bonds: "net:[4026532008]", as NamespaceRef has the number.
  virtual std::vector<std::string> namespaces_with_bonds() = 0;
  /// Takes a slave out of use without losing a frame, or lets it back. `force`: even the last that carries.
  virtual Result<> drain(NamespaceRef netns, const std::string& interface, bool on, bool force) = 0;
  /// Unless it is confirmed within that time, what is done to these bonds from now on is undone: those that
  /// are there become what they are now, the others are deleted. One at a time in a namespace.
  virtual Result<> checkpoint(NamespaceRef netns, const std::vector<std::string>& bonds,
                              std::chrono::seconds within) = 0;
  virtual Result<> confirm(NamespaceRef netns) = 0;
  virtual Result<> roll_back(NamespaceRef netns) = 0;
  /// One bond of that namespace, or all of them where `bond` is empty.
  virtual Result<std::vector<core::BondReport>> show(NamespaceRef netns, const std::string& bond) = 0;
  /// What becomes of frames in that bond, and would without each of its slaves.
  virtual Result<core::Foresight> foresee(NamespaceRef netns, const std::string& bond) = 0;
  /// What the daemon says of itself.
  virtual core::DaemonReport about_itself() = 0;
  /// Some of that namespace's events that are kept, of this daemon and of earlier ones: those with that
  /// number or a later one, at that time of CLOCK_REALTIME or later; and where to go on.
  virtual Result<core::EventShelf::Part> history(NamespaceRef netns, std::int64_t since_ns,
                                                 std::uint64_t from) = 0;
  /// Every event of that namespace from now on, until the returned token is dropped; before that, if `from`
  /// is given, those that are kept with that number or a later one.
  using EventSink = std::function<void(const core::StampedEvent&)>;
  virtual std::shared_ptr<void> subscribe(NamespaceRef netns, EventSink sink,
                                          std::optional<std::uint64_t> from) = 0;
};

}  // namespace ebond::control
