// The path monitor "bfd" (RFC 5881): one session with each target, over the bond, as the bond itself.
//
// A router has one session with an address, not one for each slave behind it: so the session runs through
// the slave that carries (in modes where all do, through one of them) and goes on through the next one when
// that changes. While it is Up it judges that slave: lost, the slave is held out at once.
//
// What has no session that is Up is asked by ARP or Neighbor Solicitation instead: backups from a MAC of
// their own, as an address probe, so that no switch and no cache learns anything of it; the slave that
// carries as the bond. A slave whose neighbour answered before and stopped is held out; a held one comes back
// with an answer, kHoldTime after it was held or at once where there is no other. So a backup is proved
// before traffic moves to it, and a router whose BFD ended without a word costs one failover and no more.
//
// A target that was never Up, or says that it is AdminDown (RFC 5882 3.2), holds nobody out.
#pragma once

#include <optional>
#include <vector>

#include "core/bfd/frames.h"
#include "core/bfd/session.h"
#include "core/judges/asking.h"
#include "core/judges/judge.h"
#include "core/judges/per_slave.h"

namespace ebond::core::bfd {

inline constexpr Milliseconds kHoldTime{3000};
/// From one address probe to the next, or path_interval where that is longer.
inline constexpr Milliseconds kAskInterval{100};

class BfdJudge : public Judge {
 public:
  JudgeNews follow(const Scene& scene, TimePoint now) override;
  JudgeNews heard(const Scene& scene, const Slave& slave, const wire::EthernetFrame& frame,
                  TimePoint now) override;
  JudgeNews advance(const Scene& scene, TimePoint now) override;
  std::optional<TimePoint> next_deadline(const Scene& scene) const override;
  Listening listening(const Scene& scene, const Slave& slave) const override;
  std::vector<MonitorSession> sessions(const Scene& scene) const override;

  /// For those who look and for tests.
  const Session* session(const IpAddress& target) const;

 private:
  struct Peer {
    PathWay way;
    Ends ends;
    Session session;
    std::optional<MacAddress> mac{};
    bool heard_here = false;  ///< Up, through the slave that carries now
  };
  struct Path {
    IfIndex slave{};
    std::optional<MacAddress> asked_from{};  ///< while an answer is waited for
    unsigned unanswered = 0;
    bool answered = false;  ///< ever, since its link came
  };

  bool make_peers(const Scene& scene, TimePoint now);
  void follow_paths(const Scene& scene);
  void ask_round(const Scene& scene, JudgeNews& news, TimePoint now);
  void ask(const Scene& scene, const Slave& slave, Path& path, JudgeNews& news) const;
  void answered(const Scene& scene, const Slave& slave, const NextHopAnswer& answer, JudgeNews& news,
                TimePoint now);
  void judge_bearer(const Scene& scene, JudgeNews& news);
  void send_due(const Scene& scene, JudgeNews& news, TimePoint now);
  bool has_session_up() const;

  std::vector<Peer> peers_;
  PerSlave<Path> paths_;
  std::optional<IfIndex> bearer_;
  std::optional<TimePoint> next_round_;
  Settings settings_;
  std::uint64_t begun_ = 0;
};

}  // namespace ebond::core::bfd
