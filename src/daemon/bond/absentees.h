// The slaves of a bond that were pulled out of the machine and are expected back.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "core/options/options.h"
#include "os/rtnetlink_types.h"

namespace ebond::daemon {

struct AbsentSlave {
  std::string name;
  wire::MacAddress permanent_mac{};  ///< zero: never seen, whichever has the name is meant
  core::SlaveOptions options{};
};

class Absentees {
 public:
  void left(AbsentSlave slave);
  /// Nobody waits for it any more.
  void forget(const std::string& name) { absent_.erase(name); }
  /// Under any of its names.
  void forget(const os::LinkInfo& link);
  const AbsentSlave& at(const std::string& name) const { return absent_.at(name); }
  bool contains(const std::string& name) const { return absent_.contains(name); }
  bool empty() const { return absent_.empty(); }
  std::vector<AbsentSlave> all() const;
  /// The one that this link is, if it is one. Another card under the same name is not the one that left, if
  /// cards have addresses of their own.
  std::optional<AbsentSlave> expected(const os::LinkInfo& link) const;

  /// This interface could not be enslaved: it is not to be tried again without news of it.
  void refused(os::IfIndex interface) { refused_.insert(interface); }
  bool was_refused(os::IfIndex interface) const { return refused_.contains(interface); }

  /// It is a slave again without having been asked for.
  void returned(const std::string& name) { returned_.insert(name); }
  bool has_returned(const std::string& name) const { return returned_.contains(name); }
  /// What it came back for was asked for meanwhile, or it is a slave no longer.
  void forget_return(const std::string& name) { returned_.erase(name); }

 private:
  std::map<std::string, AbsentSlave> absent_;  ///< by name
  std::set<os::IfIndex> refused_;
  std::set<std::string> returned_;
};

}  // namespace ebond::daemon
