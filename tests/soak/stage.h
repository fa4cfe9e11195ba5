// The soak's stage: the lab with all sites, the two daemons, and the doing of each operation.
//
// Knows how to do a thing, not what may follow from it (watch.h) nor what comes next (plan.h). Throws if what
// must succeed does not: that is a fault, too.
#pragma once

#include <array>
#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "lab/ebond.h"
#include "lab/flood.h"
#include "lab/lab.h"
#include "tests/soak/footing.h"
#include "tests/soak/plan.h"
#include "tests/soak/site.h"
#include "tests/soak/traffic.h"

namespace ebond::soak {

struct Builds {
  std::filesystem::path build;  ///< whose ebondd is tried
  std::filesystem::path other;  ///< which it is upgraded to, and back from; empty: a copy of the first
};

class Stage {
 public:
  Stage(std::vector<BondPlan> plans, Builds builds);

  void build(Traffic& traffic);
  /// Then the situation is as the operation has it.
  void carry_out(const Operation& operation);
  /// Ends what has had its time: floods, and what is left of them in queues.
  void tidy(Time now);

  const Situation& situation() const { return situation_; }
  const std::vector<BondPlan>& plans() const { return plans_; }
  std::vector<std::unique_ptr<Site>>& sites() { return sites_; }
  lab::Ebond& daemon(Side side) { return *daemons_.at(static_cast<std::size_t>(side)); }
  lab::Host& bystander() { return bystander_; }
  bool is_flooded(unsigned site) const;
  /// Remembers which programs are loaded now, to see at the end that they are not.
  void note_programs();

  /// Deletes all bonds, ends the daemons, and says what is not as it was found.
  std::vector<std::string> clear_away();

 private:
  struct Rudeness {
    std::unique_ptr<lab::Flood> flood;  ///< none: over
    Time end;                           ///< of the flood; then of what it left in queues
    unsigned site;
  };
  std::string name_of(const Operation& operation) const;
  void play_on_a_slave(const Operation& operation);
  void play_on_a_daemon(const Operation& operation);
  void await_taken(const Operation& operation, Side side);
  void be_up_again(const Operation& operation);
  void play_by_command(const Operation& operation);
  void command(const Operation& operation, const std::string& verb);
  void tear(const Operation& operation);
  void halve(const Operation& operation);
  void change_slave(const Operation& operation);
  void be_rude(const Operation& operation);
  void note_programs_of(unsigned number);
  std::vector<std::string> check_slave_is_as_it_was(unsigned site, unsigned slave, const std::string& when);
  std::vector<std::string> expected_footing(unsigned site, unsigned slave) const;

  std::vector<BondPlan> plans_;
  Builds builds_;
  Situation situation_;
  lab::Lab lab_;
  std::array<std::unique_ptr<lab::Ebond>, 2> daemons_;
  std::array<Holdings, 2> holdings_{};
  lab::Host& bystander_;
  std::vector<std::unique_ptr<Site>> sites_;
  std::map<std::pair<unsigned, unsigned>, std::vector<std::string>> footings_;  // of near slaves
  std::vector<Rudeness> rudenesses_;
  std::map<unsigned, std::string> programs_;  // where they were seen
  unsigned played_ = 0;
};

}  // namespace ebond::soak
