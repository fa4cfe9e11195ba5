// A process beside this one that runs the programs of a directory, one after another in the order of their
// names, for each text that it is given: on their standard input, with an environment of their own and no
// descriptor of ours, for a limited time, after which they are killed with all that they started.
//
// Used by ebondd, for its hooks. It is started before this process gives up the right to run programs (see
// system_calls.h), before there is a thread, and before there is a lock or a socket that it could inherit. It
// ends when this process does. It runs only what root alone may have put there.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "os/error.h"
#include "os/unique_fd.h"

namespace ebond::os {

struct HookTask {
  std::string input;
  std::vector<std::pair<std::string, std::string>> environment{};
};

/// What became of one program, or that all have been run.
struct HookNews {
  enum class Kind : std::uint8_t {
    ended,      ///< `status` is its exit status
    killed,     ///< by a signal, which `status` is
    timed_out,  ///< and was killed
    refused,    ///< was not run; `words` says why
    all_done    ///< of this task; `status` is how many were run
  } kind{};
  std::string name{};
  int status = 0;
  std::chrono::milliseconds took{};
  std::string words{};  ///< the first of what it wrote to standard output and error
};

class HookRunner {
 public:
  static Result<HookRunner> start(const std::filesystem::path& directory, std::chrono::milliseconds limit);

  /// Readable when there is news.
  int descriptor() const { return channel_.get(); }
  /// One task at a time: the next one when this one is all done.
  Result<> give(const HookTask& task) const;
  /// Nothing for now; ECONNRESET: the other process is gone.
  Result<std::optional<HookNews>> news() const;

 private:
  explicit HookRunner(UniqueFd channel) : channel_(std::move(channel)) {}
  UniqueFd channel_;
};

/// Why a program of that directory, which is written out in full, is not run; "" if it is; none if it is no
/// hook at all (no program, or a file that an editor or a package manager left).
std::optional<std::string> why_not_run(const std::filesystem::path& program);
/// Why nothing of a directory is run: others may write to it or to one above it.
std::string why_not_trusted(const std::filesystem::path& directory);

}  // namespace ebond::os
