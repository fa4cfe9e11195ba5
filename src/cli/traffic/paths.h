// By which slaves frames leave a bond, now and after each loss: the data path's program, run with the tables
// that the daemon tells. And what of it cannot be known beforehand.
#pragma once

#include <string>
#include <vector>

#include "core/foresight.h"
#include "os/replay.h"
#include "wire/bytes.h"

namespace ebond::cli::traffic {

/// Does the choice depend on what no look at a frame tells?
enum class Certainty : std::uint8_t {
  fixed,       ///< this flow, this slave
  each_frame,  ///< balance-rr: each frame takes the next
  copies,      ///< broadcast: all of them, a copy each
  by_load,     ///< this slave now; the load moves flows every ten seconds
  by_socket    ///< encap3+4: a socket of this host gives its frames a hash of its own
};
Certainty certainty_of(const core::DatapathSpec& spec);
/// A sentence for people; empty if it is fixed.
std::string_view certainty_words(Certainty certainty);

/// What of the link's header the choice depends on.
bool looks_at_source_mac(const core::DatapathSpec& spec);
bool looks_at_destination_mac(const core::DatapathSpec& spec);

class Paths {
 public:
  explicit Paths(core::Foresight foresight);

  const core::Foresight& foresight() const { return foresight_; }
  /// Names of slaves, in enslave order. In balance-rr, those that the frame may take.
  std::vector<std::string> now(wire::ByteView frame) const { return names(now_, foresight_.now, frame); }
  struct Loss {
    std::string slave;
    std::vector<std::string> takes;
  };
  std::vector<Loss> losses(wire::ByteView frame) const;

 private:
  std::vector<std::string> names(const os::Replay& replay, const core::Table& table,
                                 wire::ByteView frame) const;

  core::Foresight foresight_;
  os::Replay now_;
  std::vector<os::Replay> losses_;
};

}  // namespace ebond::cli::traffic
