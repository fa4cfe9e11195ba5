// Ways back. Before bonds are changed, what they are like goes to the run directory; unless somebody confirms
// in time that the machine can still be reached, they become that again, whoever asked for the change and
// whatever became of him, and by the next daemon if this one is killed.
//
// Used by Daemon, which looks at bonds and brings them back. One for each network namespace.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>

#include "daemon/bond/snapshot.h"
#include "daemon/errors.h"
#include "daemon/machine.h"
#include "daemon/run_directory.h"

namespace ebond::daemon {

class Checkpoints {
 public:
  /// Makes the bonds what they were; what could not be done is the answer, and is tried again.
  using GoBack = std::function<os::Result<>(const Checkpoint&)>;
  Checkpoints(Machine& machine, const RunDirectory& directory, GoBack go_back);

  /// Those that an earlier daemon left: for bonds that have been taken over.
  void take_over();

  control::Result<> begin(Checkpoint checkpoint);
  bool has(const os::NamespaceId& where) const { return kept_.contains(where); }
  /// Things stay as they are now.
  control::Result<> confirm(const os::NamespaceId& where);
  /// Back now.
  control::Result<> roll_back(const os::NamespaceId& where);

 private:
  struct Kept {
    Checkpoint checkpoint;
    int tries = 0;
  };
  std::filesystem::path file_of(const os::NamespaceId& where) const;
  os::Result<> go_back(Kept& kept);
  void look();
  void set_alarm();

  Machine& machine_;
  const RunDirectory& directory_;
  GoBack go_back_;
  std::map<os::NamespaceId, Kept> kept_;
  std::unique_ptr<Alarm> alarm_;
};

}  // namespace ebond::daemon
