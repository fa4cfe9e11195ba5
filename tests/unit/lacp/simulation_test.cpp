// Whole systems against each other over cables that lose, delay, reorder and flap, in virtual time.
//
//   hub ══ 1..n links ══ partner A
//       ══ …          ══ partner B      2 to 8 links, 1 to 3 partners, seeded
//       ══ …          ══ partner C
//
// What must hold, at every moment: an end that sends where the other does not accept does so only for as long
// as news takes to arrive. News is late by at most a LACPDU held back (a second), its flight, and, where it
// is lost, until the receiver's timeout ends (three seconds, all ends being fast). And in the end, once the
// cables are quiet: both ends of every link agree on which carry, and it is one aggregator per partner pair.
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <queue>
#include <random>
#include <string>
#include <vector>

#include "core/lacp/system.h"

namespace ebond::core::lacp {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr Duration kMaxFlight = milliseconds(60);
constexpr Duration kNewsTakes = seconds(1) + kMaxFlight + seconds(3);

struct End {
  std::size_t system;
  IfIndex port;
};
struct Link {
  End ends[2];
  bool up = true;
  std::uint32_t speed = 1000;
  std::optional<TimePoint> wrong_since[2]{};  // end i sends, the other does not accept
};
struct Flight {
  TimePoint at;
  std::uint64_t order;
  std::size_t link;
  int to;
  wire::Bytes frame;
  bool operator>(const Flight& other) const {
    return std::pair(at, order) > std::pair(other.at, other.order);
  }
};

class World {
 public:
  explicit World(std::uint32_t seed) : random_(seed) {
    const int partners = pick(1, 3), links = std::max(pick(2, 8), partners);
    coupled_ = pick(0, 1) == 1;
    for (int i = 0; i <= partners; ++i) systems_.push_back(System(any_settings(i)));
    const bool one_speed = pick(0, 2) != 0;
    for (int i = 0; i < links; ++i) {
      const std::size_t partner = i < partners ? i + 1 : pick(1, partners);
      links_.push_back({{{0, IfIndex(100 + i)}, {partner, IfIndex(200 + i)}}});
      if (!one_speed && pick(0, 2) == 0) links_.back().speed = 10000;
    }
    for (std::size_t i = 0; i < links_.size(); ++i) {
      for (int end : {0, 1}) take(i, end, system(i, end).add_port(facts(i, end), now_));
    }
  }

  /// Cables misbehave.
  void disturb(Duration time) {
    loss_percent_ = pick(0, 30);
    for (const auto end = now_ + time; now_ < end;) {
      run(milliseconds(pick(50, 3000)));
      set_link(pick(0, static_cast<int>(links_.size()) - 1), pick(0, 2) != 0);
    }
  }
  void quiet(Duration time) {
    loss_percent_ = 0;
    for (std::size_t i = 0; i < links_.size(); ++i) set_link(i, true);
    run(time);
  }
  void run(Duration time) {
    const auto end = now_ + time;
    for (;;) {
      auto next = end;
      if (!flights_.empty()) next = std::min(next, flights_.top().at);
      for (const System& each : systems_) next = std::min(next, each.next_deadline().value_or(end));
      now_ = std::max(now_, next);
      check();
      while (!flights_.empty() && flights_.top().at <= now_) arrive();
      for (std::size_t i = 0; i < systems_.size(); ++i) {
        if (systems_[i].next_deadline().value_or(end) <= now_) take_all(i, systems_[i].advance(now_));
      }
      check();
      if (now_ >= end) return;
    }
  }

  /// Once quiet: both ends of each link agree, every partner of the hub's choice carries over all it can.
  void check_agreement() {
    int carrying = 0;
    const auto hub_active = systems_[0].active_aggregator();
    for (std::size_t i = 0; i < links_.size(); ++i) {
      const bool sends[] = {sends_at(i, 0), sends_at(i, 1)};
      EXPECT_EQ(sends[0], sends[1]) << describe(i);
      EXPECT_TRUE(!sends[0] || (accepts_at(i, 0) && accepts_at(i, 1))) << describe(i);
      const bool in_hub_active = systems_[0].port_status(links_[i].ends[0].port).aggregator_id == hub_active;
      EXPECT_EQ(sends[0], in_hub_active) << describe(i);
      carrying += sends[0] ? 1 : 0;
    }
    EXPECT_GT(carrying, 0) << "no aggregator works";
  }

 private:
  int pick(int low, int high) { return std::uniform_int_distribution(low, high)(random_); }
  System& system(std::size_t link, int end) { return systems_[links_[link].ends[end].system]; }

  Settings any_settings(int index) {
    Settings settings;
    settings.system = MacAddress({2, 0, 0, 0, 0, static_cast<std::uint8_t>(10 * pick(1, 20) + index)});
    settings.system_priority = static_cast<std::uint16_t>(pick(0, 3));
    settings.rate = LacpRate::fast;
    settings.ad_select = static_cast<AdSelect>(pick(0, 3));
    settings.active = index != 0 || pick(0, 3) != 0;
    settings.coupled_control = coupled_;
    settings.strict = true;  // without a partner a port may carry alone; here only what is negotiated
    return settings;
  }
  PortFacts facts(std::size_t link, int end) const {
    const Link& l = links_[link];
    PortFacts facts;
    facts.id = l.ends[end].port;
    facts.name = "p" + std::to_string(link);
    facts.mac = MacAddress({2, 1, 0, 0, static_cast<std::uint8_t>(end), static_cast<std::uint8_t>(link)});
    facts.link = {.carrier = l.up, .speed_mbps = l.speed, .duplex = Duplex::full};
    return facts;
  }
  void set_link(std::size_t link, bool up) {
    if (links_[link].up == up) return;
    links_[link].up = up;
    for (int end : {0, 1}) take(link, end, system(link, end).update_port(facts(link, end), now_));
    check();
  }
  void take(std::size_t link, int end, const Actions& actions) {
    take_all(links_[link].ends[end].system, actions);
  }
  void take_all(std::size_t from, const Actions& actions) {
    for (const auto& action : actions) {
      const auto* sent = std::get_if<action::SendFrame>(&action);
      if (!sent) continue;
      for (std::size_t i = 0; i < links_.size(); ++i) {
        for (int end : {0, 1}) {
          if (links_[i].ends[end].system == from && links_[i].ends[end].port == sent->port)
            fly(i, end, sent->frame);
        }
      }
    }
  }
  void fly(std::size_t link, int from, const wire::Bytes& frame) {
    if (!links_[link].up || pick(1, 100) <= loss_percent_) return;
    const auto flight = std::chrono::microseconds(pick(10, 60'000));  // so a later one may overtake
    flights_.push({now_ + flight, ++order_, link, 1 - from, frame});
  }
  void arrive() {
    const Flight flight = flights_.top();
    flights_.pop();
    if (!links_[flight.link].up) return;
    const auto port = links_[flight.link].ends[flight.to].port;
    const auto frame = wire::parse_ethernet(flight.frame);
    take(flight.link, flight.to, system(flight.link, flight.to).frame_received(port, *frame, now_));
  }

  bool sends_at(std::size_t link, int end) {
    return system(link, end).may_distribute(links_[link].ends[end].port);
  }
  bool accepts_at(std::size_t link, int end) {
    return system(link, end).may_collect(links_[link].ends[end].port);
  }

  void check() {
    for (std::size_t i = 0; i < links_.size(); ++i) {
      for (int end : {0, 1}) {
        auto& since = links_[i].wrong_since[end];
        if (!sends_at(i, end) || accepts_at(i, 1 - end)) {
          since.reset();
        } else if (!since) {
          since = now_;
        }
        if (since && now_ - *since > kNewsTakes) {
          ADD_FAILURE() << "sends to a deaf end for too long: " << describe(i);
          since = now_;
        }
      }
    }
  }
  std::string describe(std::size_t link) {
    std::string text = "link " + std::to_string(link) + ", speed " + std::to_string(links_[link].speed);
    for (int end : {0, 1}) {
      text += std::string("; end ") + (end ? "B" : "A") + (sends_at(link, end) ? " sends" : "") +
              (accepts_at(link, end) ? " accepts" : "") + " (" +
              system(link, end).port_status(links_[link].ends[end].port).advice + ")";
    }
    return text;
  }

  std::mt19937 random_;
  TimePoint now_{seconds(1000)};
  bool coupled_ = true;
  std::vector<System> systems_;
  std::vector<Link> links_;
  std::priority_queue<Flight, std::vector<Flight>, std::greater<>> flights_;
  std::uint64_t order_ = 0;
  int loss_percent_ = 0;
};

class LacpSimulation : public testing::TestWithParam<std::uint32_t> {};

TEST_P(LacpSimulation, BothEndsAgreeAndNeverSendForLongWhereNobodyAccepts) {
  constexpr std::uint32_t kWorldsPerTest = 100;
  for (std::uint32_t i = 0; i < kWorldsPerTest; ++i) {
    const std::uint32_t seed = GetParam() * kWorldsPerTest + i;
    SCOPED_TRACE("seed " + std::to_string(seed));
    World world(seed);
    world.disturb(seconds(30));
    // Two patiences (18 s) if the ends' first choices differ, a timeout, a wait, and some LACPDUs.
    world.quiet(seconds(40));
    world.check_agreement();
    if (HasFailure()) return;
  }
}

INSTANTIATE_TEST_SUITE_P(ThousandTopologies, LacpSimulation, testing::Range(0U, 10U));

}  // namespace
}  // namespace ebond::core::lacp
