// Two hosts, each with a bond that watches the other: what becomes of them when the path between them was
// gone.
//
//   through switches:  a eth0, eth1 ---- switches ---- eth0, eth1 b      back to back:  a eth0 ---- eth0 b
//                                                                                        eth1 ---- eth1
#include <deque>
#include <map>

#include "bond_lab.h"
#include "wire/arp.h"
#include "wire/icmp_echo.h"
#include "wire/nd.h"

namespace ebond::core {
namespace {

struct Case {
  std::string name;
  PathMonitor monitor = PathMonitor::off;  ///< off: ND is watched
  bool is_ip6 = false;
  Mode mode = Mode::active_backup;
  bool through_switches = true;
  Duration apart{};  ///< by so much one of them is behind the other
};

IpAddress address_of(const Case& which, std::uint8_t host) {
  if (which.is_ip6) return Ipv6Address{0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, host};
  return Ipv4Address{192, 0, 2, host};
}

BondOptions watching(const Case& which, const IpAddress& other) {
  auto options = BondLab::unpolled(which.mode);
  if (which.monitor == PathMonitor::off) {
    options.arp_interval = 100ms;
    options.arp_validate = ArpValidate::all;
    options.ns_ip6_target = {std::get<Ipv6Address>(other)};
  } else {
    options.path_monitor = which.monitor;
    options.path_interval = 100ms;
    options.path_multiplier = 3;
    options.path_target = {other};
  }
  return options;
}

class End : public BondLab {
 public:
  End(const Case& which, std::uint8_t number)
      : BondLab(watching(which, address_of(which, static_cast<std::uint8_t>(3 - number)))),
        ours_(address_of(which, number)) {
    const auto other = address_of(which, static_cast<std::uint8_t>(3 - number));
    Surroundings around;
    if (which.monitor == PathMonitor::off) {
      around.ipv6.push_back({std::get<Ipv6Address>(other), WayKind::bond, std::get<Ipv6Address>(ours_)});
      around.own_ipv6 = {std::get<Ipv6Address>(ours_)};
    } else {
      around.paths.push_back({.target = other, .kind = WayKind::bond, .next_hop = other, .source = ours_});
    }
    bond.surroundings(around);
    for (std::uint8_t i = 0; i < 2; ++i) {
      const auto address = mac(static_cast<std::uint8_t>(16 * number + i));
      take(bond.enslave({nic(i), nic_name(i), address, address, link_up()}, now).value());
    }
  }
  void hear(unsigned slave, const wire::Bytes& frame) {
    take(bond.frame_received(nic(slave), frame, now));
    const auto parsed = wire::parse_ethernet(frame);
    if (carries(slave)) answer(slave, *parsed);
  }
  void advance(TimePoint until) {
    now = until;
    take(bond.advance(now));
  }
  bool carries() const { return status().carrier && status().admin_up; }

  std::deque<std::pair<unsigned, wire::Bytes>> sent;

 private:
  bool carries(unsigned number) const {
    const auto& active = status().active_slave;
    return carries() &&
           (active.empty() ? slave(number).mii_status == MiiStatus::up : active == nic_name(number));
  }
  void take(const Actions& actions) {
    for (const Action& each : actions) {
      const auto* transmit = std::get_if<action::Transmit>(&each);
      if (transmit) sent.emplace_back(static_cast<unsigned>(transmit->slave) - 1, transmit->frame);
    }
  }
  /// As this host's own stack does of what comes in by bond0.
  void answer(unsigned slave, const wire::EthernetFrame& frame) {
    const auto ours = status().mac;
    const auto& to = frame.header.destination;
    if (to != ours && !to.is_multicast()) return;
    const wire::LinkAddresses back{.destination = frame.header.source, .source = ours, .tags = {}};
    if (const auto arp = wire::parse_arp(frame.payload);
        frame.header.ethertype == wire::ethertype::kArp && arp) {
      if (IpAddress(arp->target_ip) != ours_ || arp->operation != wire::ArpPacket::Operation::request) return;
      sent.emplace_back(slave, wire::build_arp(back.destination, ours, {},
                                               {.operation = wire::ArpPacket::Operation::reply,
                                                .sender_mac = ours,
                                                .sender_ip = arp->target_ip,
                                                .target_mac = arp->sender_mac,
                                                .target_ip = arp->sender_ip}));
    } else if (const auto nd = wire::parse_neighbor_message(frame.payload)) {
      if (nd->kind != wire::NeighborMessage::Kind::solicitation || IpAddress(nd->target) != ours_) return;
      sent.emplace_back(slave, wire::solicited_na(back, nd->target, nd->source));
    } else if (auto echo4 = wire::parse_echo4(frame.payload)) {
      echo_back(slave, back, *echo4);
    } else if (auto echo6 = wire::parse_echo6(frame.payload)) {
      echo_back(slave, back, *echo6);
    }
  }
  template <class Packet>
  void echo_back(unsigned slave, const wire::LinkAddresses& back, Packet& packet) {
    if (packet.echo.reply || IpAddress(packet.destination) != ours_) return;
    std::swap(packet.source, packet.destination);
    packet.echo.reply = true;
    sent.emplace_back(slave, wire::build_echo(back, packet));
  }

  IpAddress ours_;
};

class Between : public testing::TestWithParam<Case> {
 protected:
  End a{GetParam(), 1}, b{GetParam(), 2};
  bool is_cut = false;

  void run(Duration duration) {
    const TimePoint end = time_ + duration;
    for (;;) {
      const auto next = std::min(due(a, {}), due(b, GetParam().apart));
      if (next > end) break;
      time_ = std::max(time_, next);
      if (due(a, {}) <= time_) a.advance(time_);
      if (due(b, GetParam().apart) <= time_) b.advance(time_);
      carry();
    }
    time_ = end;
  }

 private:
  using Port = std::pair<End*, unsigned>;

  static TimePoint due(const End& end, Duration late) {
    const auto next = end.bond.next_deadline();
    return next ? *next + late : TimePoint::max();
  }
  void carry() {
    while (!a.sent.empty() || !b.sent.empty()) {
      End& from = a.sent.empty() ? b : a;
      End& to = a.sent.empty() ? a : b;
      const auto [slave, frame] = from.sent.front();
      from.sent.pop_front();
      from.now = to.now = time_;
      if (GetParam().through_switches) {
        by_switches(from, to, slave, frame);
      } else if (!is_cut) {
        to.hear(slave, frame);
      }
    }
  }
  void by_switches(End& from, End& to, unsigned slave, const wire::Bytes& frame) {
    const auto header = wire::parse_ethernet(frame)->header;
    learned_[header.source] = {&from, slave};
    const auto known = learned_.find(header.destination);
    for (End* const end : {&from, &to}) {
      if (is_cut && end == &to) continue;
      for (unsigned port = 0; port < 2; ++port) {
        if (end == &from && port == slave) continue;
        if (known == learned_.end() || known->second == Port{end, port}) end->hear(port, frame);
      }
    }
  }

  TimePoint time_{1s};
  std::map<MacAddress, Port> learned_;
};

TEST_P(Between, ThatAreWatchedFromBothEndsComeBackWhenThePathDoes) {
  run(3s);
  ASSERT_TRUE(a.carries() && b.carries());
  is_cut = true;
  run(3s);
  // Back to back no backup was ever answered, and what never was BFD holds not.
  const bool goes_on = GetParam().monitor == PathMonitor::bfd && !GetParam().through_switches;
  ASSERT_EQ(a.carries() || b.carries(), goes_on);
  is_cut = false;
  run(5s);
  EXPECT_TRUE(a.carries());
  EXPECT_TRUE(b.carries());
}

/// A host that asks a bond through which nobody is reached, and is not watched by it.
class Unreached : public testing::Test {
 protected:
  End end{{.name = "", .monitor = PathMonitor::icmp}, 1};

  void SetUp() override { lose_all(); }
  void lose_all() {
    while (end.now < TimePoint(5s)) end.advance(std::max(end.now, *end.bond.next_deadline()));
    ASSERT_FALSE(end.carries());
    end.sent.clear();
  }
  /// For long enough that each slave has its turn: by how many questions was one answered?
  unsigned answered(const wire::Bytes& question) {
    unsigned answers = 0;
    for (unsigned time = 0; time < 20; ++time) {
      end.now += 13ms;
      end.hear(time % 2, question);
      answers += static_cast<unsigned>(end.sent.size());
      end.sent.clear();
    }
    return answers;
  }
  wire::Bytes arp_of(const Ipv4Address& who, const Ipv4Address& whom) {
    return wire::arp_request(kHost, who, whom);
  }
  wire::Bytes echo_of(const Ipv4Address& who) {
    return wire::build_echo({end.status().mac, kHost, {}},
                            wire::EchoPacket4{who, kOurs, {.identifier = 7, .sequence = 1, .data = {1}}});
  }

  static constexpr MacAddress kHost{{0x02, 0, 0, 0, 0, 0x77}};
  static constexpr Ipv4Address kOurs{192, 0, 2, 1}, kWatched{192, 0, 2, 2}, kOther{192, 0, 2, 3};
};

TEST_F(Unreached, AnswersWhomItWatchesAndNobodyElse) {
  EXPECT_GT(answered(arp_of(kWatched, kOurs)), 0U);
  EXPECT_GT(answered(arp_of({}, kOurs)), 0U) << "as a backup asks";
  EXPECT_EQ(answered(echo_of(kWatched)), 20U);
  EXPECT_EQ(answered(arp_of(kOther, kOurs)), 0U);
  EXPECT_EQ(answered(arp_of(kWatched, kOther)), 0U);
  EXPECT_EQ(answered(echo_of(kOther)), 0U);
  EXPECT_EQ(answered(wire::arp_request(end.status().mac, kWatched, kOurs)), 0U) << "its own";
}

TEST_F(Unreached, AnswersByOneSlaveWhatCameInByBoth) {
  for (unsigned time = 0; time < 50; ++time) {
    end.now += 11ms;
    for (const unsigned slave : {0U, 1U}) end.hear(slave, arp_of(kWatched, kOurs));
    EXPECT_EQ(end.sent.size(), 1U);
    end.sent.clear();
  }
}

TEST_F(Unreached, HearsWhatItAnswersOnlyAsLongAsItIsUnreached) {
  const auto hears_requests = [&] {
    const auto wanted = end.bond.listening(nic(0));
    return std::ranges::any_of(*wanted.icmp, [](const EchoRule& rule) { return !rule.is_reply; }) &&
           std::ranges::any_of(*wanted.arp, [](const ArpRule& rule) { return !rule.is_reply; });
  };
  EXPECT_TRUE(hears_requests());
  End reached({.name = "", .monitor = PathMonitor::icmp}, 1);
  ASSERT_TRUE(reached.carries());
  const auto wanted = reached.bond.listening(nic(0));
  EXPECT_TRUE(std::ranges::all_of(*wanted.icmp, &EchoRule::is_reply));
  EXPECT_TRUE(std::ranges::all_of(*wanted.arp, &ArpRule::is_reply));
}

TEST_F(Unreached, SaysNothingOnceItIsSetDown) {
  (void)end.bond.admin_state(false, end.now);
  EXPECT_EQ(answered(arp_of(kWatched, kOurs)), 0U);
}

std::vector<Case> cases() {
  std::vector<Case> all;
  const auto add = [&](const std::string& name, PathMonitor monitor, bool is_ip6) {
    for (const bool through_switches : {true, false}) {
      for (const auto apart : {0ms, 1ms, 37ms}) {
        const auto text = fmt::format("{}{}{}Apart{}", name, is_ip6 ? "6" : "4",
                                      through_switches ? "ThroughSwitches" : "BackToBack", apart.count());
        all.push_back({text, monitor, is_ip6, Mode::active_backup, through_switches, apart});
        if (monitor == PathMonitor::icmp && !through_switches) {
          all.push_back({"Xor" + text, monitor, is_ip6, Mode::balance_xor, through_switches, apart});
        }
      }
    }
  };
  for (const bool is_ip6 : {false, true}) {
    add("Icmp", PathMonitor::icmp, is_ip6);
    add("Bfd", PathMonitor::bfd, is_ip6);
  }
  add("Nd", PathMonitor::off, true);
  return all;
}

INSTANTIATE_TEST_SUITE_P(TwoBonds, Between, testing::ValuesIn(cases()),
                         [](const auto& each) { return each.param.name; });

}  // namespace
}  // namespace ebond::core
