// Bonds of the run directory that could not be taken over: what they are called, why, and how they end.
//
// Used by Daemon. Nobody works for such a bond: its programs go on as they are, `ebond show` says why, and it
// is tried again, by the next start or, if something was wanting at the moment, by this daemon, unless
// `ebond forget --force` ends it.
#pragma once

#include <filesystem>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "daemon/machine.h"
#include "daemon/run_directory.h"

namespace ebond::daemon {

class Orphans {
 public:
  Orphans(Machine& machine, const RunDirectory& directory) : machine_(machine), directory_(directory) {}

  /// `name` empty: the file cannot be read, and what bond0 is called is to be found out. True if that is for
  /// good: this daemon need not try again.
  /// `home`: where it belongs, if that is not where its slaves are.
  bool add(const std::filesystem::path& file, std::string name, const os::Error& why,
           std::optional<os::NamespaceId> home = std::nullopt);
  bool is_for_good(const std::filesystem::path& file) const;
  /// It is tried again.
  void drop(const std::filesystem::path& file);
  /// Why it is one; null: it is not.
  const std::string* why(const os::NamespaceId& where, const std::string& name) const;
  std::size_t count() const { return orphans_.size(); }
  /// The namespaces they are in.
  std::set<os::NamespaceId> where() const;
  /// Those of a namespace, as failed; `name` empty: all.
  std::vector<core::BondReport> reports(const os::NamespaceId& where, const std::string& name) const;
  /// Takes it apart as far as it is known, and what no file tells of too, if there is a bond of that name
  /// that nobody here runs. Answers what could not be put back.
  control::Result<std::vector<std::string>> forget(Hands& hands, const std::string& name);

 private:
  struct Orphan {
    std::filesystem::path file;
    os::NamespaceId where;  ///< it belongs there
    os::NamespaceId slaves_at;
    os::IfIndex upper{};
    std::string name;
    std::string why;
    bool is_for_good = false;
  };
  std::string find_name(const Orphan& orphan);
  control::Result<std::vector<std::string>> forget_away(Hands& home, const Orphan& orphan);
  std::vector<std::string> remove_files(const std::string& key, const std::string& label,
                                        const std::string& name);

  Machine& machine_;
  const RunDirectory& directory_;
  std::vector<Orphan> orphans_;
};

}  // namespace ebond::daemon
