// balance-slb with frames: guests of a bridge on two switches that are not told of the bond.
#include <fmt/format.h>

#include <csignal>
#include <fstream>
#include <map>
#include <set>
#include <thread>

#include "lab/must.h"
#include "os/packet_socket.h"
#include "tests/e2e/bond_lab.h"
#include "wire/ethernet.h"

namespace ebond::lab {
namespace {

using namespace std::chrono_literals;

constexpr std::uint16_t kTest = 0x88b5;  // IEEE 802 local experimental

wire::Bytes test_frame(const wire::MacAddress& to, const wire::MacAddress& from, std::uint16_t number = 0) {
  wire::Writer out;
  out.mac(to).mac(from).u16(kTest).u16(number).zeros(60);
  return std::move(out).finish();
}
std::uint16_t number_of(const wire::Bytes& frame) {
  constexpr std::size_t kAt = 14;
  return static_cast<std::uint16_t>(frame.at(kAt) << 8 | frame.at(kAt + 1));
}
wire::MacAddress numbered(unsigned number) {
  return wire::MacAddress(
      {0x52, 0x54, 0, 1, static_cast<std::uint8_t>(number >> 8), static_cast<std::uint8_t>(number)});
}

/// What a host's interface receives of the tests' own EtherType.
class TestEar {
 public:
  explicit TestEar(Node& node, const std::string& interface = "eth0")
      : receiver_(
            must(os::FrameReceiver::open(node.netns(), node.link(interface).ifindex, std::span(&kTest, 1)))) {
  }
  /// Everything until it is quiet for a while.
  std::vector<wire::Bytes> all() {
    std::vector<wire::Bytes> frames;
    const auto hear = [&] {
      auto frame = must(receiver_.receive());
      if (frame) frames.push_back(std::move(*frame));
      return frame.has_value();
    };
    while (eventually(hear, 300ms)) {
    }
    return frames;
  }
  std::size_t count() { return all().size(); }
  /// What has come until now: how often each number.
  void tell(std::map<std::uint16_t, unsigned>& times) {
    while (const auto frame = must(receiver_.receive())) ++times[number_of(*frame)];
  }

 private:
  os::FrameReceiver receiver_;
};

//   guest0 … guest3 --- server br0 (tap0 … tap3, bond0) eth0 --- p1 left  p2 --- eth0 west
//                                                       eth1 --- p1 right p2 --- eth0 east
class Slb : public WithEbond {
 protected:
  static constexpr unsigned kGuests = 4;
  Host& server = lab.host("server");
  Switch& left = lab.switch_("left");
  Switch& right = lab.switch_("right");
  Host& west = lab.host("west");
  Host& east = lab.host("east");
  Cable& left_down = lab.cable(server, "eth0", left);
  Cable& right_down = lab.cable(server, "eth1", right);
  Cable& to_west = lab.cable(west, "eth0", left);
  Cable& to_east = lab.cable(east, "eth0", right);
  std::vector<Host*> guests;

  void SetUp() override {
    make_bond(server, {"mode", "balance-slb", "miimon", "100"}, "198.51.100.1/24");
    must(server.net().create_bridge("br0"));
    server.must_run({"ip", "link", "set", "bond0", "master", "br0"});
    server.set_up("br0");
    for (unsigned i = 0; i < kGuests; ++i) {
      auto& guest = lab.host(fmt::format("guest{}", i));
      const auto tap = fmt::format("tap{}", i);
      lab.cable(guest, "eth0", server, tap);
      server.must_run({"ip", "link", "set", tap, "master", "br0"});
      guest.add_address("eth0", fmt::format("192.0.2.{}/24", 10 + i));
      guests.push_back(&guest);
    }
    west.add_address("eth0", "192.0.2.1/24");
    east.add_address("eth0", "192.0.2.2/24");
    EXPECT_TRUE(eventually([&] { return left.forwards("p1") && right.forwards("p1") && server_forwards(); }));
    EXPECT_TRUE(eventually([&] { return link_is(server, "eth0", "up") && link_is(server, "eth1", "up"); }));
  }
  bool server_forwards() const {
    return server.run({"bridge", "link", "show", "dev", "bond0"}).output.find("state forwarding") !=
           std::string::npos;
  }
  void connect() {
    auto& trunk = lab.cable(left, "trunk", right);
    left.adopt("trunk");
    EXPECT_TRUE(eventually([&] { return left.forwards("trunk") && right.forwards(trunk.far().interface); }));
  }
  void send(Node& from, const wire::Bytes& frame, const std::string& interface = "eth0") const {
    must(must(os::FrameSender::open(from.netns())).send(from.link(interface).ifindex, frame));
  }
  /// The MAC's port on a bridge, "" if it is not known.
  static std::string port_of(const Node& bridge, const wire::MacAddress& mac) {
    const auto table =
        nlohmann::json::parse(bridge.must_run({"bridge", "-j", "fdb", "show", "br", "br0", "dynamic"}));
    for (const auto& entry : table) {
      if (entry.at("mac") == mac.to_string()) return entry.at("ifname");
    }
    return {};
  }
  bool pings_all() {
    bool all = true;
    for (const auto* guest : guests) {
      for (const auto* far : {"192.0.2.1", "192.0.2.2"}) {
        all =
            all && eventually([&] { return guest->run({"ping", "-c", "1", "-W", "1", far}).exit_code == 0; });
      }
    }
    return all;
  }
};

class OnConnectedSwitches : public Slb {
 protected:
  void SetUp() override {
    Slb::SetUp();
    connect();
    EXPECT_TRUE(pings_all());
    // MACs have not moved for a while.
    EXPECT_TRUE(eventually([&] { return !is_settling(); }));
  }
  /// Longer than the bond takes what comes by the former slave.
  bool is_settling() const { return std::chrono::steady_clock::now() < began + 6s; }
  std::chrono::steady_clock::time_point began = std::chrono::steady_clock::now();
};

TEST_F(OnConnectedSwitches, ABroadcastOfAGuestReachesEverybodyElseOnce) {
  for (auto* sender : guests) {
    std::map<const Node*, std::unique_ptr<TestEar>> ears;
    for (auto* each : guests) ears.emplace(each, std::make_unique<TestEar>(*each));
    for (auto* each : {&west, &east}) ears.emplace(each, std::make_unique<TestEar>(*each));
    send(*sender, test_frame(wire::MacAddress::broadcast(), sender->link("eth0").mac));
    for (const auto& [node, ear] : ears) {
      EXPECT_EQ(ear->count(), node == sender ? 0U : 1U) << sender->name() << " to " << node->name();
    }
  }
}

TEST_F(OnConnectedSwitches, ABroadcastFromOutsideReachesEachGuestOnce) {
  for (auto* sender : {&west, &east}) {
    std::vector<std::unique_ptr<TestEar>> ears;
    for (auto* guest : guests) ears.push_back(std::make_unique<TestEar>(*guest));
    TestEar back(*sender);
    send(*sender, test_frame(wire::MacAddress::broadcast(), sender->link("eth0").mac));
    for (const auto& ear : ears) EXPECT_EQ(ear->count(), 1U) << sender->name();
    EXPECT_EQ(back.count(), 0U);
  }
}

TEST_F(OnConnectedSwitches, AFrameThatIsFloodedReachesItsGuestOnce) {
  for (auto* guest : guests) {
    TestEar ear(*guest);
    for (auto* bridge : {&left, &right})
      bridge->must_run({"ip", "link", "set", "br0", "type", "bridge", "fdb_flush"});
    for (std::uint16_t i = 0; i < 5; ++i)
      send(west, test_frame(guest->link("eth0").mac, west.link("eth0").mac, i));
    EXPECT_EQ(ear.count(), 5U) << guest->name();
  }
}

TEST_F(OnConnectedSwitches, NoMacOfAGuestIsEverSeenAtTwoPlaces) {
  const auto log = ebond.run_dir() / "moves";
  std::set<std::string> macs;
  for (auto* guest : guests) macs.insert(guest->link("eth0").mac.to_string());
  {
    std::vector<Process> monitors;
    for (const Node* bridge :
         {static_cast<Node*>(&server), static_cast<Node*>(&left), static_cast<Node*>(&right)}) {
      monitors.push_back(bridge->start({"bridge", "monitor", "fdb"}, log.string() + bridge->name()));
    }
    for (int round = 0; round < 20; ++round) {
      for (auto* guest : guests) {
        const auto mac = guest->link("eth0").mac;
        send(*guest, test_frame(wire::MacAddress::broadcast(), mac));
        send(*guest, test_frame(numbered(static_cast<unsigned>(round)), mac));  // nobody's: flooded
      }
      std::this_thread::sleep_for(20ms);
    }
  }
  for (const auto* bridge : {"server", "left", "right"}) {
    std::ifstream lines(log.string() + bridge);
    for (std::string line; std::getline(lines, line);) {
      for (const auto& mac : macs) EXPECT_EQ(line.find(mac), std::string::npos) << bridge << ": " << line;
    }
  }
}

TEST_F(OnConnectedSwitches, EachMacIsAtOneSwitchAndManyAreSharedOut) {
  constexpr unsigned kMany = 200;
  for (unsigned i = 0; i < kMany; ++i)
    send(server, test_frame(wire::MacAddress::broadcast(), numbered(i)), "bond0");
  unsigned at_left = 0, at_right = 0;
  const auto learned = eventually([&] {
    at_left = at_right = 0;
    for (unsigned i = 0; i < kMany; ++i) {
      at_left += port_of(left, numbered(i)) == "p1" ? 1 : 0;
      at_right += port_of(right, numbered(i)) == "p1" ? 1 : 0;
    }
    return at_left + at_right == kMany;
  });
  EXPECT_TRUE(learned) << at_left << " and " << at_right;
  EXPECT_NEAR(at_left, kMany / 2, 35);
}

TEST_F(OnConnectedSwitches, GuestsThatOnlyListenAreReachedAfterAFailoverAndAfterTheReturn) {
  std::vector<std::unique_ptr<Stream>> streams;
  for (auto* guest : guests) {
    const auto address = fmt::format("192.0.2.{}", 10 + streams.size());
    streams.push_back(std::make_unique<Stream>(
        west, *guest, address,
        StreamOptions{.frames_per_second = 100, .port = static_cast<std::uint16_t>(7000 + streams.size())}));
  }
  const auto go_on = [&] {
    for (const auto& stream : streams) stream->wait_for_arrivals(150);
  };
  go_on();
  left_down.pull();
  go_on();
  left_down.plug();
  EXPECT_TRUE(eventually([&] { return left.forwards("p1") && link_is(server, "eth0", "up"); }));
  go_on();
  for (const auto& stream : streams) {
    const auto report = stream->stop();
    EXPECT_LE(report.longest_gap_ms, 1500) << report.lost << " lost";
    EXPECT_EQ(report.duplicates, 0U);
  }
}

TEST_F(OnConnectedSwitches, NoFrameComesBackOrTwiceWhileCablesComeAndGo) {
  struct Seen {
    TestEar ear;
    std::map<std::uint16_t, unsigned> times{};
  };
  Seen at_sender{TestEar(*guests[0])}, at_other{TestEar(*guests[1])}, at_west{TestEar(west)},
      at_east{TestEar(east)};
  const auto listen = [&] {
    for (auto* each : {&at_sender, &at_other, &at_west, &at_east}) each->ear.tell(each->times);
  };
  const auto mac = guests[0]->link("eth0").mac;
  const auto sender = must(os::FrameSender::open(guests[0]->netns()));
  const auto device = guests[0]->link("eth0").ifindex;
  std::uint16_t sent = 0;
  const auto send_for = [&](std::chrono::milliseconds time) {
    for (const auto end = std::chrono::steady_clock::now() + time; std::chrono::steady_clock::now() < end;) {
      must(sender.send(device, test_frame(wire::MacAddress::broadcast(), mac, ++sent)));
      std::this_thread::sleep_for(3ms);
      listen();
    }
  };
  for (auto* cable : {&left_down, &right_down}) {
    send_for(300ms);
    cable->pull();
    send_for(700ms);
    cable->plug();
    send_for(1500ms);
  }
  std::this_thread::sleep_for(300ms);
  listen();
  EXPECT_TRUE(at_sender.times.empty());
  EXPECT_EQ(at_other.times.size(), sent) << "by the bridge";
  for (const auto* outside : {&at_other, &at_west, &at_east}) {
    EXPECT_GT(outside->times.size(), sent / 2);
    for (const auto& [number, times] : outside->times) EXPECT_EQ(times, 1U) << number;
  }
}

TEST_F(OnConnectedSwitches, ADaemonThatDiesTakesNothingWithIt) {
  ebond.kill(SIGKILL);
  TestEar ear(west);
  send(*guests[0], test_frame(wire::MacAddress::broadcast(), guests[0]->link("eth0").mac));
  EXPECT_EQ(ear.count(), 1U);
  ebond.start();
  EXPECT_TRUE(pings_all());
}

TEST_F(Slb, UnconnectedSwitchesStayUnconnected) {
  // What a guest sends goes to one of the two, and nothing goes from one to the other through the bond.
  TestEar at_west(west), at_east(east), at_guest(*guests[0]);
  for (unsigned i = 0; i < 50; ++i) {
    send(west, test_frame(wire::MacAddress::broadcast(), west.link("eth0").mac));
    send(east, test_frame(wire::MacAddress::broadcast(), east.link("eth0").mac));
    send(west, test_frame(numbered(i), west.link("eth0").mac));
    send(east, test_frame(numbered(i), east.link("eth0").mac));
  }
  const auto from = [](const std::vector<wire::Bytes>& frames, Node& node) {
    return std::ranges::count_if(frames, [mac = node.link("eth0").mac](const auto& frame) {
      return wire::parse_ethernet(frame)->header.source == mac;
    });
  };
  EXPECT_EQ(from(at_west.all(), east), 0);
  EXPECT_EQ(from(at_east.all(), west), 0);
  const auto heard = at_guest.all();
  EXPECT_EQ(std::ranges::count_if(heard,
                                  [](const auto& frame) {
                                    return wire::parse_ethernet(frame)->header.destination.is_multicast();
                                  }),
            50)
      << "broadcasts of the one switch whose slave is the active one";

  TestEar west_again(west), east_again(east);
  for (auto* guest : guests) send(*guest, test_frame(wire::MacAddress::broadcast(), guest->link("eth0").mac));
  EXPECT_EQ(west_again.count() + east_again.count(), kGuests);
}

TEST_F(Slb, ShowsAsSomethingThatToolsOfTheDriverUnderstand) {
  EXPECT_TRUE(proc_says(server, "Bonding Mode: load balancing (slb)\n"));
  EXPECT_TRUE(active_is(server, "eth0"));
  EXPECT_EQ(show(server).at(0).at("mode"), "balance-slb");
}

}  // namespace
}  // namespace ebond::lab
