// ebond in the lab: a daemon of its own on a run directory of its own, and the client inside a host.
// Used by the demo and the e2e tests. The daemon, its directory and its pins go with the object; its bonds go
// with the hosts they are in.
#pragma once

#include <chrono>
#include <filesystem>
#include <memory>
#include <string>

#include "lab/node.h"
#include "lab/process.h"

namespace ebond::lab {

class Ebond {
 public:
  /// Starts `build_dir`/ebondd and waits until it answers. Throws if it does not within half a minute.
  explicit Ebond(std::filesystem::path build_dir, Arguments daemon_options = {});
  ~Ebond();
  Ebond(const Ebond&) = delete;
  Ebond& operator=(const Ebond&) = delete;

  /// `ebond ARGUMENTS…`, run in that host's network namespace.
  CommandResult run(const Node& where, const Arguments& arguments) const;
  /// The same, and throws with its output if it does not exit 0.
  std::string must_run(const Node& where, const Arguments& arguments) const;

  /// Ends the daemon with that signal and waits for its end. The bonds go on.
  void kill(int signal, std::chrono::milliseconds patience = std::chrono::seconds(30));
  void start();
  /// What is started, and asked, from now on.
  void use(std::filesystem::path build_dir) { build_dir_ = std::move(build_dir); }
  pid_t pid() const { return daemon_->pid(); }
  const std::filesystem::path& run_dir() const { return run_dir_; }
  /// Where this daemon's maps are.
  std::filesystem::path pin_dir() const;
  std::string log() const;

 private:
  std::filesystem::path build_dir_, run_dir_;
  Arguments daemon_options_;
  std::unique_ptr<Process> daemon_;
};

}  // namespace ebond::lab
