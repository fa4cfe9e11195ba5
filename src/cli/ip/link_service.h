// Answers the real ip's requests about links in the kernel's place, if bonds are concerned: what the
// bonding driver would be asked goes to ebondd, the rest of the same request to the kernel, in the kernel's
// order. One request at a time; each looks at the bonds again.
#pragma once

#include <cstdint>
#include <optional>

#include "cli/ip/bonds.h"
#include "cli/ip/netlink_message.h"
#include "control/service.h"

namespace ebond::cli::ip {

class LinkService {
 public:
  /// `own_options` are given with the first request about a bond or a slave: ebond's, which the real ip does
  /// not know.
  explicit LinkService(control::KeyValues own_options) : own_options_(std::move(own_options)) {}

  /// The answer for the socket with that port, or none: then the request is the kernel's as it stands.
  std::optional<Bytes> answer(View request, std::uint32_t port);

  /// Those of the process's present namespace; none if no daemon runs.
  static Bonds bonds();

 private:
  control::KeyValues own_options_;
};

}  // namespace ebond::cli::ip
