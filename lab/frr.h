// FRRouting's bfdd on a host of the lab, with the zebra it asks for interfaces: the peer our BFD is held
// against. Debian's package frr; its processes and files go with the object.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "lab/node.h"
#include "lab/process.h"

namespace ebond::lab {

class Bfdd {
 public:
  struct Pace {
    int interval_ms = 100;  ///< at least 10; both to send and to receive
    int multiplier = 3;
  };
  /// One session with `peer`. Throws if frr is not installed or does not come up within half a minute.
  Bfdd(const Host& where, const std::string& peer, Pace pace);
  ~Bfdd();

  /// What FRR's shell answers, whatever it thinks of the commands.
  std::string vtysh(const std::vector<std::string>& commands) const;
  /// To bfdd alone.
  void signal(int number) const { bfdd_->signal(number); }

 private:
  void write(const std::string& file, const std::string& text) const;
  /// Returns once `file`, by which it speaks to others, is there.
  std::unique_ptr<Process> start(const std::string& name, const std::string& file,
                                 const Arguments& more = {}) const;

  const Host& where_;
  std::filesystem::path dir_;
  std::unique_ptr<Process> zebra_, bfdd_;
};

}  // namespace ebond::lab
