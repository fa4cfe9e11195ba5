// systemd's journal, in its own protocol (systemd.io, "Journal Native Protocol"), without its library: a line
// with fields by which it is found again.
//
// Used by the daemon's log, if standard error goes to the journal. Never waits: what the journal does not
// take at once is the caller's to say otherwise.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "os/unique_fd.h"

namespace ebond::os {

class Journal {
 public:
  /// Names in capitals: "MESSAGE", "PRIORITY", "EBOND_BOND", …
  using Fields = std::vector<std::pair<std::string, std::string>>;

  /// Nothing unless that descriptor goes to the journal, as JOURNAL_STREAM says.
  static std::optional<Journal> of_environment(
      int descriptor = 2, const std::filesystem::path& socket = "/run/systemd/journal/socket");

  /// False: it was not taken.
  bool send(const Fields& fields) const;

 private:
  explicit Journal(UniqueFd socket) : socket_(std::move(socket)) {}
  UniqueFd socket_;
};

}  // namespace ebond::os
