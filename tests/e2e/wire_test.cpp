// Strangers on the wire: what they send neither fails a path nor keeps the daemon busy.
#include <sys/stat.h>

#include <chrono>
#include <filesystem>
#include <fstream>

#include "lab/flood.h"
#include "lab/process_time.h"
#include "tests/e2e/bond_lab.h"
#include "wire/arp.h"
#include "wire/lacpdu.h"
#include "wire/udp.h"

namespace ebond::lab {
namespace {

using namespace std::chrono_literals;

constexpr wire::Ipv4Address kAlpha{192, 0, 2, 1}, kFarAway{203, 0, 113, 2};

unsigned failures(const nlohmann::json& bonds) {
  unsigned sum = 0;
  for (const auto& slave : bonds[0]["slaves"]) sum += slave["link_failure_count"].get<unsigned>();
  return sum;
}

//   alpha eth0 ----- eth0 beta eth2 ----- eth0 gamma     gamma reaches alpha through beta, a router
//         eth1 ----- eth1
class TwoHopsAway : public TwoCables {
 protected:
  Host& gamma = lab.host("gamma");
  Cable& uplink = lab.cable(gamma, "eth0", beta, "eth2");

  void SetUp() override {
    gamma.add_address("eth0", "203.0.113.2/24");
    beta.add_address("eth2", "203.0.113.1/24");
    beta.must_run({"sysctl", "-q", "-w", "net.ipv4.ip_forward=1"});
    gamma.must_run({"ip", "route", "add", "192.0.2.0/24", "via", "203.0.113.1"});
    bond("active-backup");
    alpha.must_run({"ip", "route", "add", "203.0.113.0/24", "via", "192.0.2.2"});
    for (const auto& [host, far] : {std::pair{&alpha, "192.0.2.2"}, std::pair{&beta, "192.0.2.1"}}) {
      ebond.must_run(*host, {"set", "bond0", "path_target", far, "path_interval", "100", "path_multiplier",
                             "5", "path_monitor", "micro_bfd"});
    }
    std::this_thread::sleep_for(3s);  // sessions up, at their pace
  }
  std::uint64_t received(const std::string& interface) { return alpha.link(interface).counters.rx_packets; }
};

TEST_F(TwoHopsAway, DatagramsToTheBfdPortFailNoPath) {
  const auto before = failures(show(alpha));
  const auto came = received("bond0");
  constexpr double kRate = 6000;
  std::uint64_t sent = 0;
  {
    const auto frame = wire::build_udp(beta.link("eth2").mac, gamma.link("eth0").mac, {},
                                       {.source = kFarAway,
                                        .destination = kAlpha,
                                        .ttl = 64,
                                        .source_port = 50000,
                                        .destination_port = 6784},
                                       wire::Bytes(24));
    Flood flood(gamma, "eth0", {frame}, kRate);
    std::this_thread::sleep_for(8s);
    sent = flood.sent();
  }
  // Of bursts, which a host that is busy makes of a flood, the kernel drops a part.
  EXPECT_GT(received("bond0") - came, 8000U) << "they do arrive, of " << sent;
  const auto shown = show(alpha);
  EXPECT_EQ(failures(shown), before);
  for (const auto& slave : shown.at(0).at("slaves")) EXPECT_TRUE(slave.at("path").empty()) << slave;
}

wire::MacAddress made_up_mac(unsigned number) {
  return wire::MacAddress(
      {0x02, 0x77, 0, 0, static_cast<std::uint8_t>(number >> 8), static_cast<std::uint8_t>(number & 0xff)});
}
wire::Ipv4Address made_up_address(unsigned number) {
  return {192, 0, static_cast<std::uint8_t>(100 + (number >> 8)), static_cast<std::uint8_t>(number & 0xff)};
}
/// ARP requests of hosts that are not there.
std::vector<wire::Bytes> made_up_questions(unsigned hosts, const wire::Ipv4Address& target) {
  std::vector<wire::Bytes> frames;
  for (unsigned i = 0; i < hosts; ++i) {
    frames.push_back(wire::arp_request(made_up_mac(i), made_up_address(i), target));
  }
  return frames;
}

class Strangers : public OneSwitch {
 protected:
  double share_of_a_core(Clock::duration time) {
    const auto before = processor_seconds(ebond.pid());
    const auto began = Clock::now();
    std::this_thread::sleep_for(time);
    return (processor_seconds(ebond.pid()) - before) /
           std::chrono::duration<double>(Clock::now() - began).count();
  }
};

TEST_F(Strangers, ArpThatIsNotATargetsFailsNoPath) {
  bond({"mode", "active-backup", "miimon", "100", "arp_interval", "100", "arp_ip_target", "192.0.2.2",
        "arp_validate", "all", "arp_missed_max", "5"});
  ASSERT_TRUE(eventually([&] { return link_is(server, "eth0", "up") && link_is(server, "eth1", "up"); }));
  std::this_thread::sleep_for(1s);
  const auto before = failures(show(server));
  Flood flood(client, "eth0", made_up_questions(256, {192, 0, 2, 99}), 15000);
  const auto share = share_of_a_core(8s);
  RecordProperty("share_of_a_core", std::to_string(share));
  EXPECT_EQ(failures(show(server)), before);
  EXPECT_LT(share, 0.1 * kSlowerByItsBuild);
}

/// How many times a file was replaced until `end`.
unsigned replacements(const std::filesystem::path& file, Clock::time_point end) {
  unsigned count = 0;
  for (ino_t last = 0; Clock::now() < end; std::this_thread::sleep_for(2ms)) {
    struct stat now{};
    if (::stat(file.c_str(), &now) != 0) continue;
    if (last != 0 && now.st_ino != last) ++count;
    last = now.st_ino;
  }
  return count;
}

TEST_F(Strangers, ClientsThatComeByTheThousandAreWrittenOnceASecond) {
  bond({"mode", "balance-alb", "miimon", "100"});
  server.must_run({"ip", "route", "add", "192.0.0.0/16", "dev", "bond0"});
  ASSERT_TRUE(eventually([&] { return link_is(server, "eth0", "up") && link_is(server, "eth1", "up"); }));
  std::filesystem::path file;
  for (const auto& each : std::filesystem::directory_iterator(ebond.run_dir() / "state")) {
    if (each.path().extension() == ".json") file = each.path();
  }
  Flood flood(client, "eth0", made_up_questions(2000, kAlpha), 2000);
  const auto before = processor_seconds(ebond.pid());
  constexpr unsigned kSeconds = 6;
  const auto times = replacements(file, Clock::now() + std::chrono::seconds(kSeconds));
  const auto used = processor_seconds(ebond.pid()) - before;
  RecordProperty("processor_seconds", std::to_string(used));
  EXPECT_GE(times, 1U);
  EXPECT_LE(times, kSeconds + 2);
  EXPECT_LT(used, 0.3 * kSeconds * kSlowerByItsBuild);
  EXPECT_TRUE(eventually([&] {
    std::ifstream in(file);
    return nlohmann::json::parse(in)["memory"]["clients"].size() > 500;
  })) << "they are written, after all";
}

//   server eth0 ----- eth0 client     the client speaks LACP, each time as another
//          eth1 ----- eth1
class Liars : public TwoCables {};

TEST_F(Liars, PartnersThatChangeWithEveryLacpduFillNoLog) {
  ebond.must_run(alpha, {"add", "bond0", "mode", "802.3ad", "lacp_rate", "fast"});
  ebond.must_run(alpha, {"enslave", "bond0", "eth0", "eth1"});
  alpha.set_up("bond0");
  std::vector<wire::Bytes> frames;
  for (unsigned i = 0; i < 500; ++i) {
    wire::Lacpdu pdu;
    pdu.actor = {.system_priority = 1,
                 .system = made_up_mac(i),
                 .key = 1,
                 .port_priority = 1,
                 .port_number = 1,
                 .state = wire::LacpState(0x3f)};
    frames.push_back(wire::build_lacpdu(made_up_mac(i), pdu));
  }
  {
    Flood flood(beta, "eth0", frames, 2000);
    std::this_thread::sleep_for(10s);
  }
  std::this_thread::sleep_for(1s);
  const auto log = ebond.log();
  EXPECT_LT(std::ranges::count(log, '\n'), 1500);
  EXPECT_THAT(log, ::testing::HasSubstr("more lines of the kind 'lacp' were left out of this log"));
}

}  // namespace
}  // namespace ebond::lab
