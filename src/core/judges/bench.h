// The bench: the judges a bond's options call for, and the one door through which they are told and asked.
//
// Which judges sit follows from the options (rows.h). Each knows nothing of the others; what one says is
// carried out by the host (the bond's turn) before the next is asked, so that every judge goes by the bond as
// it stands then.
//
// Who is asked depends on the verdict: the slave that carries asks as the bond, and whether it carries hangs
// on what the judges say. So time is told thus: a judge that begins or ends a hold is told how the bond
// stands after that, and asked again, until it begins and ends none. A judge that never comes to an end is
// left after kRounds and asked in the next turn.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "core/judges/judge.h"
#include "core/judges/rows.h"

namespace ebond::core {

class Bench {
 public:
  /// Far more than a judge needs that works: a verdict, and what follows from it.
  static constexpr unsigned kRounds = 20;

  /// Carries out what judges say.
  class Host {
   public:
    virtual ~Host() = default;
    virtual Scene scene() = 0;
    /// True if a hold began or ended by it.
    virtual bool carry_out(JudgeNews news) = 0;
  };

  explicit Bench(const BondOptions& options, std::span<const JudgeRow> rows = judge_rows());

  /// Seats the judges that are wanted, lets go what others held, and tells all how the bond stands, once.
  /// True if a hold began or ended.
  bool follow(Host& host, TimePoint now);
  /// What all judges say of a link that changed; not yet carried out.
  std::vector<JudgedPath> link_changed(const Scene& scene, const Slave& slave, const LinkChange& change,
                                       TimePoint now);
  /// True if a judge had anything to say to it.
  bool heard(Host& host, const Slave& slave, const wire::EthernetFrame& frame, TimePoint now);
  /// Time passed.
  void advance(Host& host, TimePoint now);
  std::optional<TimePoint> next_deadline(const Scene& scene) const;

  Listening listening(const Scene& scene, const Slave& slave) const;
  std::vector<MonitorSession> sessions(const Scene& scene) const;
  bool counts_any_frame(const BondOptions& options) const;

 private:
  struct Seat {
    const JudgeRow* row;
    std::unique_ptr<Judge> judge;
  };
  Seat* find(const JudgeRow& row);
  void seat(const BondOptions& options);

  std::span<const JudgeRow> rows_;
  std::vector<Seat> seats_;  ///< in the order of rows_
};

}  // namespace ebond::core
