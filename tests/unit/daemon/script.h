// What the daemon's hands are asked to do in a test, call by call: written down, and refused or cut short at
// any step a test chooses.
//
// Every call of FakeHands, FakeDisk and FakePrograms that stands for a system call goes through here once,
// before it does anything.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "os/error.h"

namespace ebond::daemon {

class Script {
 public:
  /// The daemon is killed: thrown from within a call, and caught by the test. From then on calls do nothing.
  struct Killed {};

  /// A call that changes the system. Its line is written down if it is let pass.
  os::Result<> change(std::string line);
  /// The same from a destructor, which death cannot leave by a throw.
  os::Result<> change_in_destructor(std::string line);
  /// A call that only asks.
  os::Result<> ask(const std::string& line);
  /// A change that cannot fail (a store to a mapped page): only death stops it.
  void store(std::string line);

  /// Counts anew from here; what passes is refused, or kills, at the step-th call from now (0: the first).
  void start() {
    lines_.clear(), step_ = 0, fail_at_.reset(), fail_from_.reset(), die_at_.reset(), dead_ = false;
    failed_.clear();
  }
  void fail_at(std::size_t step, int errno_value = EIO) { fail_at_ = step, errno_ = errno_value; }
  void die_at(std::size_t step) { die_at_ = step; }
  /// Every call from the step-th on fails, until start().
  void fail_from(std::size_t step, int errno_value) { fail_from_ = step, errno_ = errno_value; }
  /// Refuses every call whose line begins so, until start() or "" is given.
  void refuse(std::string beginning, int errno_value) {
    refused_ = std::move(beginning), refused_errno_ = errno_value;
  }

  /// Throws from every call whose line begins so, until "" is given: what no call should do.
  void throw_at(std::string beginning) { thrown_ = std::move(beginning); }

  std::size_t steps() const { return step_; }
  const std::vector<std::string>& lines() const { return lines_; }
  /// The line of the call that was refused or that killed; empty: none was.
  const std::string& failed() const { return failed_; }
  bool dead() const { return dead_; }
  /// Where the first line that begins so stands; none if there is none.
  std::optional<std::size_t> place(const std::string& beginning) const;

 private:
  std::optional<int> step(const std::string& line, bool may_fail, bool may_throw = true);

  std::vector<std::string> lines_;
  std::size_t step_ = 0;
  std::optional<std::size_t> fail_at_, fail_from_, die_at_;
  int errno_ = 0;
  std::string refused_;
  int refused_errno_ = 0;
  std::string thrown_;
  bool dead_ = false;
  std::string failed_;
};

}  // namespace ebond::daemon
