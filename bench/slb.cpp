// balance-slb beside Open vSwitch's (user-space datapath), on two switches that know nothing of the bond: how
// many of 200 MACs each slave has, how often a flooded frame arrives, and what a lost link costs a guest that
// only listens and one that speaks.
//
//   guest eth0 --- tap0 server (br0 over a bond) eth0 --- p1 left  up --- p1 core p3 --- eth0 client
//                                                eth1 --- p1 right up --- p2
#include <fmt/core.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <functional>
#include <memory>
#include <nlohmann/json.hpp>
#include <thread>
#include <vector>

#include "lab/ebond.h"
#include "lab/eventually.h"
#include "lab/lab.h"
#include "lab/must.h"
#include "lab/open_vswitch.h"
#include "lab/stream.h"
#include "os/packet_socket.h"

using namespace ebond;
using namespace ebond::lab;
using namespace std::chrono_literals;

namespace {

constexpr std::uint16_t kTest = 0x88b5;  // IEEE 802 local experimental
const std::string kGuestAddress = "192.0.2.10", kClientAddress = "192.0.2.1";

wire::Bytes test_frame(const wire::MacAddress& to, const wire::MacAddress& from) {
  wire::Writer out;
  out.mac(to).mac(from).u16(kTest).zeros(46);
  return std::move(out).finish();
}
wire::MacAddress numbered(unsigned number) {
  return wire::MacAddress(
      {0x52, 0x54, 0, 2, static_cast<std::uint8_t>(number >> 8), static_cast<std::uint8_t>(number)});
}

/// The bond of the server's eth0 and eth1, and a bridge over it that has tap0 for a port.
class Contender {
 public:
  virtual ~Contender() = default;
  virtual bool is_up(const std::string& slave) = 0;
};

class ByEbond : public Contender {
 public:
  explicit ByEbond(Host& server) : server_(server) {
    ebond_.must_run(server, {"add", "bond0", "mode", "balance-slb", "miimon", "100"});
    ebond_.must_run(server, {"enslave", "bond0", "eth0", "eth1"});
    must(server.net().create_bridge("br0"));
    for (const auto* port : {"bond0", "tap0"}) server.must_run({"ip", "link", "set", port, "master", "br0"});
    for (const auto* device : {"bond0", "br0"}) server.set_up(device);
  }
  bool is_up(const std::string& slave) override {
    const auto bonds = nlohmann::json::parse(ebond_.must_run(server_, {"-j", "show"}));
    for (const auto& each : bonds.at(0).at("slaves")) {
      if (each.at("ifname") == slave) return each.at("mii_status") == "UP";
    }
    return false;
  }

 private:
  Host& server_;
  Ebond ebond_{EBOND_BUILD_DIR};
};

class ByOpenVSwitch : public Contender {
 public:
  explicit ByOpenVSwitch(Host& server) : ovs_(server) {
    ovs_.must_vsctl({"add-bond", "br0", "bond0", "eth0", "eth1", "bond_mode=balance-slb"});
    ovs_.must_vsctl({"add-port", "br0", "tap0"});
    server.set_up("br0");
  }
  bool is_up(const std::string& slave) override { return ovs_.is_enabled(slave); }

 private:
  OpenVSwitch ovs_;
};

class Bench {
 public:
  explicit Bench(const std::function<std::unique_ptr<Contender>(Host&)>& make) {
    left.adopt("up");
    right.adopt("up");
    guest.add_address("eth0", kGuestAddress + "/24");
    client.add_address("eth0", kClientAddress + "/24");
    // A user-space datapath passes no UDP whose checksum is left to the NIC.
    for (const auto* host : {&guest, &client}) host->must_run({"ethtool", "-K", "eth0", "tx", "off"});
    contender = make(server);
    wait_until_whole();
  }

  Lab lab;
  Host& server = lab.host("server");
  Host& guest = lab.host("guest");
  Host& client = lab.host("client");
  Switch& left = lab.switch_("left");
  Switch& right = lab.switch_("right");
  Switch& core = lab.switch_("core");
  Cable& left_down = lab.cable(server, "eth0", left);
  Cable& right_down = lab.cable(server, "eth1", right);
  Cable& left_up = lab.cable(left, "up", core);
  Cable& right_up = lab.cable(right, "up", core);
  Cable& last = lab.cable(client, "eth0", core);
  Cable& tap = lab.cable(guest, "eth0", server, "tap0");
  std::unique_ptr<Contender> contender;

  void wait_until_whole() {
    std::string missing;
    const auto whole = [&] {
      missing.clear();
      for (const auto* each : {&left, &right}) {
        for (const auto* port : {"p1", "up"}) {
          if (!each->forwards(port)) missing += fmt::format(" {} of {}", port, each->name());
        }
      }
      for (const auto* slave : {"eth0", "eth1"}) {
        if (!contender->is_up(slave)) missing += fmt::format(" {}", slave);
      }
      return missing.empty();
    };
    if (!eventually(whole)) throw std::runtime_error("not all links came up:" + missing);
    std::this_thread::sleep_for(1s);
  }
  void send(Node& from, const wire::Bytes& frame) {
    must(must(os::FrameSender::open(from.netns())).send(from.link("eth0").ifindex, frame));
  }
  static unsigned known_at_server(const Switch& at,
                                  const std::function<bool(const std::string&)>& is_wanted) {
    unsigned count = 0;
    const auto table = at.must_run({"bridge", "-j", "fdb", "show", "brport", "p1", "dynamic"});
    for (const auto& entry : nlohmann::json::parse(table.empty() ? "[]" : table)) {
      if (is_wanted(entry.at("mac"))) ++count;
    }
    return count;
  }
  std::pair<unsigned, unsigned> shares(unsigned macs) {
    for (unsigned i = 0; i < macs; ++i) {
      send(guest, test_frame(wire::MacAddress::broadcast(), numbered(i)));
      std::this_thread::sleep_for(2ms);
    }
    std::this_thread::sleep_for(500ms);
    const auto is_one = [](const std::string& mac) { return mac.starts_with("52:54:00:02:"); };
    return {known_at_server(left, is_one), known_at_server(right, is_one)};
  }
  /// Of that many frames to the guest that switches flood: how many arrive.
  unsigned flooded(unsigned frames) {
    send(guest, test_frame(wire::MacAddress::broadcast(), guest.link("eth0").mac));
    std::this_thread::sleep_for(5s);
    auto ear = must(os::FrameReceiver::open(guest.netns(), guest.link("eth0").ifindex, std::span(&kTest, 1)));
    unsigned arrived = 0;
    for (unsigned i = 0; i < frames; ++i) {
      for (auto* each : {&left, &right, &core}) {
        each->must_run({"ip", "link", "set", "br0", "type", "bridge", "fdb_flush"});
      }
      send(client, test_frame(guest.link("eth0").mac, client.link("eth0").mac));
      std::this_thread::sleep_for(20ms);
      while (must(ear.receive())) ++arrived;
    }
    return arrived;
  }
  /// The cable that the guest's frames leave by.
  Cable& cable_of_guest() {
    const auto mac = guest.link("eth0").mac.to_string();
    send(guest, test_frame(wire::MacAddress::broadcast(), guest.link("eth0").mac));
    std::this_thread::sleep_for(200ms);
    return known_at_server(left, [&](const std::string& each) { return each == mac; }) > 0 ? left_down
                                                                                           : right_down;
  }
  std::uint64_t lost_by_a_pull(bool guest_speaks, double rate) {
    auto& cable = cable_of_guest();
    Stream stream(guest_speaks ? guest : client, guest_speaks ? client : guest,
                  guest_speaks ? kClientAddress : kGuestAddress, {.frames_per_second = rate});
    stream.wait_for_arrivals(static_cast<std::uint64_t>(rate * 0.3));
    cable.pull();
    stream.wait_for_sent(static_cast<std::uint64_t>(rate * 3));
    const auto report = stream.stop();
    cable.plug();
    wait_until_whole();
    return report.lost;
  }
};

void print_losses(const std::string& what, std::vector<std::uint64_t> losses) {
  std::ranges::sort(losses);
  std::uint64_t total = 0;
  for (const auto each : losses) total += each;
  fmt::print("  {}: {}, {}, {}, {}\n", what, losses.front(), losses[losses.size() / 2], losses.back(), total);
}

void measure(const std::string& name, unsigned pulls,
             const std::function<std::unique_ptr<Contender>(Host&)>& make) {
  Bench bench(make);
  const auto [at_left, at_right] = bench.shares(200);
  fmt::print("{}\n  200 MACs: {} and {}\n", name, at_left, at_right);
  constexpr unsigned kFlooded = 20;
  fmt::print("  {} frames that were flooded to a guest: {} arrived\n", kFlooded, bench.flooded(kFlooded));
  for (const bool speaks : {false, true}) {
    std::vector<std::uint64_t> losses;
    for (unsigned i = 0; i < pulls; ++i) losses.push_back(bench.lost_by_a_pull(speaks, 1000));
    print_losses(fmt::format("lost of 1000/s {} a guest, least, median, most, total of {} pulls",
                             speaks ? "from" : "to", pulls),
                 losses);
  }
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app("balance-slb beside Open vSwitch's");
  unsigned pulls = 10;
  app.add_option("--pulls", pulls, "cables pulled for each figure")->check(CLI::PositiveNumber);
  CLI11_PARSE(app, argc, argv);
  try {
    measure("ebond", pulls, [](Host& server) { return std::make_unique<ByEbond>(server); });
    measure("Open vSwitch", pulls, [](Host& server) { return std::make_unique<ByOpenVSwitch>(server); });
  } catch (const std::exception& error) {
    fmt::print(stderr, "ebond-slb: {}\n", error.what());
    return 1;
  }
  return 0;
}
