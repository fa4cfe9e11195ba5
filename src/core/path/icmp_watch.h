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

#include "core/path/path_monitor.h"
#include "wire/icmp_echo.h"

namespace ebond::core {

class IcmpWatch : public PathWatch {
 public:
  PathJudge judge() const override { return PathJudge::icmp; }
  PathNews follow(const View& view, TimePoint now) override;
  PathNews heard(const View& view, const Slave& slave, const wire::EthernetFrame& frame,
                 TimePoint now) override;
  PathNews advance(const View& view, TimePoint now) override;
  std::optional<TimePoint> next_deadline() const override { return next_round_; }
  Listening listening(const BondOptions& options) const override;

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
    std::uint16_t identifier = 0;
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
  struct Record {
    IfIndex slave{};
    Role role = Role::unwatched;
    bool needs_echo = false;  ///< held, and only an echo proves it
    unsigned unanswered = 0;  ///< rounds asked since it was last proved
    std::uint16_t sequence = 0;
    std::optional<TimePoint> next_hop_answered{};
    std::vector<Question> questions{};
    std::vector<Neighbour> neighbours{};  ///< one for each of the ways
  };

  void restart(const View& view);
  void take_turns(const View& view);
  Role role_of(const View& view, const Slave& slave) const;
  Record* find(IfIndex slave);
  void judge_round(const View& view, PathNews& news);
  void ask(const View& view, const Slave& slave, Record& record, PathNews& news, TimePoint now);
  void ask_neighbour(const View& view, const Slave& slave, const Record& record, std::size_t way,
                     Neighbour& neighbour, PathNews& news) const;
  void ask_target(const View& view, const Slave& slave, Record& record, std::size_t way,
                  const MacAddress& next_hop, PathNews& news, TimePoint now);
  void neighbour_answered(const View& view, const Slave& slave, const IpAddress& who, const MacAddress& its,
                          const MacAddress& asker, PathNews& news, TimePoint now);
  bool learn(const View& view, const Slave& slave, Record& record, const IpAddress& who,
             const MacAddress& its, const MacAddress& asker, PathNews& news, TimePoint now);
  void echo_answered(const View& view, const Slave& slave, const wire::Echo& echo, const IpAddress& source,
                     const IpAddress& destination, PathNews& news, TimePoint now);
  void proved(const View& view, Record& record, const std::string& by, PathNews& news) const;
  std::uint64_t next_nonce(TimePoint now);

  std::vector<PathWay> ways_;         ///< usable ones
  std::vector<Record> records_;       ///< in enslave order
  std::optional<IfIndex> candidate_;  ///< whose turn it is while nobody carries
  unsigned turn_rounds_ = 0;
  std::optional<TimePoint> next_round_;
  Milliseconds interval_{0};
  std::uint64_t nonce_state_ = 0;
};

}  // namespace ebond::core
