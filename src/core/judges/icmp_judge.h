// The path monitor "icmp": does an echo to a target come back?
//
// A slave that carries the bond's traffic asks as the bond itself would: from the bond's MAC and address, its
// next hop found by ARP or Neighbor Solicitation through that slave. A backup must not: its switch would
// learn the bond's MAC at the backup's port and take the traffic away from the active slave. And were it to
// ask from another MAC, the answer would still go to whoever wears the address: through the active slave, so
// that the backup would stand and fall with it. So a backup asks its next hop alone, by an address probe
// (RFC 5227; RFC 4861 from a link-local address of its own) from a MAC of its own: the answer comes back to
// that MAC, through this slave, and no cache learns anything of it.
//
// Who lost the echo is not proved by its next hop: it must be echoed again. While another slave carries, it
// asks from its own MAC and the answer may come back through the other one; while nobody carries, slaves take
// turns in asking as the bond, as the driver's ARP monitor has them do.
//
// Where all slaves carry (a LAG), answers come back through whichever the switch picks. There an answer
// proves the slave that asked.
//
// A question counts once, for the slave it went out of, by a nonce; a path is lost when path_multiplier
// questions in a row each had path_interval to be answered and were not.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/judges/asking.h"
#include "core/judges/judge.h"
#include "core/judges/per_slave.h"
#include "wire/icmp_echo.h"

namespace ebond::core {

class IcmpJudge : public Judge {
 public:
  JudgeNews follow(const Scene& scene, TimePoint now) override;
  JudgeNews heard(const Scene& scene, const Slave& slave, const wire::EthernetFrame& frame,
                  TimePoint now) override;
  JudgeNews advance(const Scene& scene, TimePoint now) override;
  std::optional<TimePoint> next_deadline(const Scene&) const override { return next_round_; }
  Listening listening(const Scene& scene, const Slave& slave) const override;
  std::vector<MonitorSession> sessions(const Scene& scene) const override;

 private:
  /// How a slave asks.
  enum class Role : std::uint8_t {
    unwatched,  ///< no link, or not to be accused
    bearer,     ///< as the bond
    backup      ///< from a MAC of its own
  };
  /// An echo not yet answered.
  struct Question {
    std::uint64_t nonce = 0;
    std::uint16_t sequence = 0;
    IpAddress target{};
    IpAddress source{};
    TimePoint at{};
  };
  /// What a slave knows of the next hop to one target.
  struct Neighbour {
    IpAddress next_hop{};
    std::optional<MacAddress> mac{};
    std::optional<MacAddress> asked_from{};  ///< while an answer is waited for
  };
  /// The last echo that came back from a target.
  struct Echoed {
    IpAddress target{};
    TimePoint at{};
    Duration took{};
  };
  struct Record {
    IfIndex slave{};
    Role role = Role::unwatched;
    bool needs_echo = false;  ///< held, and only an echo proves it
    unsigned unanswered = 0;  ///< rounds asked since it was last proved
    std::uint16_t sequence = 0;
    std::optional<TimePoint> next_hop_answered{};
    std::vector<Question> questions{};
    std::vector<Neighbour> neighbours{};  ///< one for each of the ways
    std::vector<Echoed> echoed{};
  };

  void follow_ways(const Scene& scene, TimePoint now);
  void take_turns(const Scene& scene);
  Role role_of(const Scene& scene, const Slave& slave) const;
  void follow_role(Record& record, Role role) const;
  void judge_round(const Scene& scene, JudgeNews& news);
  void ask(const Scene& scene, const Slave& slave, Record& record, JudgeNews& news, TimePoint now);
  void ask_neighbour(const Scene& scene, const Slave& slave, const Record& record, std::size_t way,
                     Neighbour& neighbour, JudgeNews& news) const;
  void ask_target(const Scene& scene, const Slave& slave, Record& record, std::size_t way,
                  const MacAddress& next_hop, JudgeNews& news, TimePoint now);
  void next_hop_answered(const Scene& scene, const Slave& slave, const NextHopAnswer& answer, JudgeNews& news,
                         TimePoint now);
  bool learn(const Scene& scene, const Slave& slave, Record& record, const NextHopAnswer& answer,
             JudgeNews& news, TimePoint now);
  void echo_answered(const Scene& scene, const Slave& slave, const wire::Echo& echo, const IpAddress& source,
                     const IpAddress& destination, JudgeNews& news, TimePoint now);
  void proved(const Scene& scene, Record& record, const std::string& by, JudgeNews& news) const;
  std::uint64_t next_nonce(TimePoint now);

  std::vector<PathWay> ways_;     ///< usable ones
  std::uint16_t identifier_ = 0;  ///< of all echoes to them
  PerSlave<Record> records_;
  std::optional<IfIndex> candidate_;  ///< whose turn it is while nobody carries
  unsigned turn_rounds_ = 0;
  std::optional<TimePoint> next_round_;
  Milliseconds interval_{0};
  std::uint64_t nonce_state_ = 0;
};

}  // namespace ebond::core
