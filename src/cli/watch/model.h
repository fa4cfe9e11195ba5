// What the screen of `ebond watch` is about: the bonds as last heard, their rates, the latest events, what is
// chosen, and what is being asked. News and keys in, wishes out: knows no terminal, no daemon and no clock.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "cli/watch/reports.h"
#include "core/report.h"

namespace ebond::cli::watch {

/// Bits a second each way, a value a second, the newest last.
struct Rates {
  std::vector<double> sent, received;
};

enum class Order : std::uint8_t { name, trouble, traffic };
/// "name", "trouble", "traffic"
std::string_view order_name(Order order);

struct Key {
  enum class Kind : std::uint8_t { character, up, down, left, right, escape, other } kind = Kind::other;
  char character = 0;
};

/// What a key asks of others.
struct Wish {
  enum class Kind : std::uint8_t { nothing, quit, drain, undrain } kind = Kind::nothing;
  std::string slave{};
};

struct Question {
  bool back = false;  ///< undrain
  std::string bond, slave;
};

class Model {
 public:
  static constexpr std::size_t kEventsKept = 200;
  static constexpr std::size_t kRatesKept = 120;

  explicit Model(std::string bond = {}) : bond_(std::move(bond)) {}

  /// Bonds as they are now. `is_tick`: a second since the last tick, so rates are made of it; `monotonic_ns`
  /// is when it was counted.
  void take(std::vector<Bond> bonds, std::int64_t monotonic_ns, bool is_tick);
  void take(const core::StampedEvent& event, std::size_t missed);
  void lose_daemon(std::string why);
  /// What became of a wish; empty: nothing worth a line.
  void remark(std::string text, bool is_bad);
  Wish press(Key key);

  const std::vector<Bond>& bonds() const { return bonds_; }  ///< in their order
  const Bond* chosen_bond() const;
  const Slave* chosen_slave() const;
  std::size_t bond_index() const;
  std::size_t slave_index() const;
  /// `slave` empty: bond0's own. Empty if nothing is known yet.
  const Rates& rates(const std::string& bond, const std::string& slave) const;

  struct EventLine {
    core::StampedEvent event;
    std::size_t missed = 0;  ///< right before it
  };
  const std::deque<EventLine>& events() const { return events_; }
  Order order() const { return order_; }
  bool shows_help() const { return shows_help_; }
  const std::optional<Question>& question() const { return question_; }
  const std::string& lost() const { return lost_; }  ///< why the daemon cannot be asked; empty: it answers
  bool has_heard() const { return has_heard_; }
  const std::string& remarked() const { return remark_; }
  bool is_remark_bad() const { return remark_is_bad_; }

 private:
  struct Meter {
    Octets last;
    std::int64_t at_ns = 0;
    Rates rates;
    bool is_seen = false;
  };
  void measure(Meter& meter, const std::optional<Octets>& octets, std::int64_t monotonic_ns);
  void sort();
  double traffic(const Bond& bond, const std::string& slave) const;
  void step_bond(int by);
  void step_slave(int by);
  Wish answer(char character);
  void ask(bool back);

  std::vector<Bond> bonds_;
  std::map<std::pair<std::string, std::string>, Meter> meters_;
  std::deque<EventLine> events_;
  std::string bond_, slave_;  // chosen
  Order order_ = Order::name;
  bool shows_help_ = false, has_heard_ = false, remark_is_bad_ = false;
  std::optional<Question> question_;
  std::string lost_, remark_;
};

}  // namespace ebond::cli::watch
