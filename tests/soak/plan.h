// What a soak does, from one seed: the bonds and their options, then one operation after another without end.
//
// Pure: the same seed gives the same bonds and the same operations, whatever becomes of them and however
// slow the machine. Chooses only what can be done as things stand by then, and mostly leaves each bond a
// way to send. Used by the soak, which plays it.
#pragma once

#include <optional>
#include <vector>

#include "tests/soak/random.h"
#include "tests/soak/situation.h"

namespace ebond::soak {

struct Step {
  Milliseconds pause{};  ///< before it
  Operation operation;
  bool operator==(const Step&) const = default;
};

class Plan {
 public:
  /// So many bonds, each of another mode, as long as there are modes.
  explicit Plan(std::uint64_t seed, unsigned bonds = 4);

  const std::vector<BondPlan>& bonds() const { return bonds_; }
  /// How things stand after the steps taken so far.
  const Situation& situation() const { return situation_; }
  Step next();
  /// What is left to do until all is whole again: daemons, cables, slaves.
  std::vector<Operation> mendings() const;

 private:
  std::optional<Operation> draw();
  std::optional<Operation> draw_for_a_slave(What what);
  bool is_possible(Operation& operation);
  std::optional<Operation> draw_for_a_daemon(What what);
  std::optional<Operation> draw_an_option(What what);
  bool has_its_daemons(unsigned site) const;
  bool may_lose(unsigned site, unsigned slave);

  Random random_;
  std::vector<BondPlan> bonds_;
  Situation situation_;
  unsigned steps_ = 0;
};

/// The same at each site, whose networks do not meet: of the bond if there is one.
constexpr const char* address_of(Side side) {
  return side == Side::near ? "192.0.2.1" : "192.0.2.2";
}

}  // namespace ebond::soak
