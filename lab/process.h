// A program running inside a host of the lab, ended when this is.
// Its network is the host's; its files are everybody's (so /sys/class/net shows the caller's interfaces, and
// /sys/fs/bpf stays where it is).
#pragma once

#include <sys/types.h>

#include <chrono>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "os/netns.h"

namespace ebond::lab {

using Arguments = std::vector<std::string>;  ///< the program first; looked up on PATH

struct CommandResult {
  int exit_code = -1;  ///< 128 + signal if one ended it
  std::string output;  ///< stdout and stderr as they came
};

/// Runs to its end.
CommandResult run_in(const os::Namespace& where, const Arguments& arguments);

class Process {
 public:
  /// stdout and stderr go to `log`, or where the caller's go. Throws if there is no such program.
  Process(const os::Namespace& where, const Arguments& arguments, const std::filesystem::path& log = {});
  Process(Process&& other) noexcept;
  Process& operator=(Process&&) = delete;
  /// SIGTERM, and SIGKILL two seconds later.
  ~Process();

  pid_t pid() const { return pid_; }
  void signal(int number) const;
  bool running() const;
  /// Its exit code (128 + signal), or none while it runs on past the time given.
  std::optional<int> wait(std::chrono::milliseconds at_most);

 private:
  pid_t pid_ = 0;
  mutable std::optional<int> exit_code_;
};

}  // namespace ebond::lab
