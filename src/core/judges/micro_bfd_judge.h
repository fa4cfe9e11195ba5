// The path monitor "micro_bfd" (RFC 7130): a BFD session over each member link of the bond, with the far end
// of that link.
//
// Each slave speaks from its own MAC to the group the RFC has for it, so that no switch and no neighbour
// learns anything of it; the far end answers through the same link, as it has a session for each of its own
// members. A fibre that is cut in one direction is thus seen by both ends within one detection time.
//
// When a slave is held out:
// - at once, where its session was Up and is lost;
// - where its session does not come Up within kSettling of its link, if it was Up before, or if that of
//   another slave is (then the far end does speak BFD). RFC 7130 2.2 would hold every member until its
//   session is Up; then a bond whose far end does not speak BFD, or not yet, would never come up at all.
// Never where the far end says that it is AdminDown: that is no failure of the path (RFC 5882 3.2), and a
// maintainer who switches BFD off must not take the bond down with it. It is then as if BFD had never run.
#pragma once

#include <optional>
#include <vector>

#include "core/bfd/frames.h"
#include "core/bfd/session.h"
#include "core/judges/judge.h"
#include "core/judges/per_slave.h"

namespace ebond::core::bfd {

/// Within this a session comes Up where both ends speak BFD: three of the slow packets.
inline constexpr Milliseconds kSettling{3000};

class MicroBfdJudge : public Judge {
 public:
  JudgeNews follow(const Scene& scene, TimePoint now) override;
  JudgeNews heard(const Scene& scene, const Slave& slave, const wire::EthernetFrame& frame,
                  TimePoint now) override;
  JudgeNews advance(const Scene& scene, TimePoint now) override;
  std::optional<TimePoint> next_deadline(const Scene& scene) const override;
  Listening listening(const Scene& scene, const Slave& slave) const override;
  std::vector<MonitorSession> sessions(const Scene& scene) const override;

  /// For those who look and for tests.
  const Session* session(IfIndex slave) const;

 private:
  struct Member {
    IfIndex slave{};
    std::optional<Session> session{};
    Ends ends{};
    TimePoint since{};        ///< when its link came
    bool was_up = false;      ///< since it is watched; no more once the peer was AdminDown
    bool has_waited = false;  ///< kSettling is over
  };

  void begin(const Scene& scene, const Slave& slave, const PathWay& way, Member& member, TimePoint now);
  JudgeNews tell(const Scene& scene, const PathWay& way, TimePoint now);
  std::optional<PathVerdict> verdict(const Slave& slave, const Member& member, const Session& session) const;

  std::optional<PathWay> way_;
  Settings settings_;
  PerSlave<Member> members_;
  std::uint64_t begun_ = 0;  ///< sessions so far
};

}  // namespace ebond::core::bfd
