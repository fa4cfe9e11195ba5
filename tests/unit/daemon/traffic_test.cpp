// What a bond does with frames and counts that its machine hands it: LACPDUs, ARP that it sent itself, how
// much each slave sent; and what it sends so that clients and switches learn.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <net/if.h>

#include "daemon/bond/store.h"
#include "wire/arp.h"
#include "wire/lacpdu.h"
#include "world.h"

namespace ebond::daemon {
namespace {

using ::testing::Contains;
using ::testing::Not;
using namespace std::chrono_literals;

constexpr wire::MacAddress kPartner({0x02, 0, 0, 0, 0, 0x99});
constexpr wire::Ipv4Address kOwn{192, 0, 2, 1}, kClient{192, 0, 2, 9};

/// eth0 and eth1 in a bond that is up.
struct Carrying : World {
  explicit Carrying(const std::string& mode, const control::KeyValues& more = {}) {
    kernel.add_nic("eth0", 2);
    kernel.add_nic("eth1", 3);
    start();
    control::KeyValues options{{"mode", mode}};
    options.insert(options.end(), more.begin(), more.end());
    EXPECT_EQ(add("bond0", options), "");
    kernel.at("bond0").info.flags |= IFF_UP;
    hands().tell_of("bond0");
    EXPECT_EQ(enslave("bond0", {"eth0", "eth1"}), "");
    time.pass(300ms);
  }
  os::IfIndex ifindex(const std::string& name) { return kernel.at(name).info.ifindex; }
  bool is_promiscuous(const std::string& name) { return (kernel.at(name).info.flags & IFF_PROMISC) != 0; }
  void pull(const std::string& name) {
    kernel.at(name).nic.carrier = false;
    hands().tell_of(name);
  }
};

TEST(Traffic, AnLacpduTellsOfThePartner) {
  Carrying lab("802.3ad");
  wire::Lacpdu pdu;
  pdu.actor = {.system_priority = 1,
               .system = kPartner,
               .key = 5,
               .port_priority = 1,
               .port_number = 1,
               .state = wire::LacpState(0x3d)};
  lab.hands().hear(lab.ifindex("eth0"), wire::build_lacpdu(kPartner, pdu));
  ASSERT_TRUE(lab.show("bond0").status.lacp);
  EXPECT_EQ(lab.show("bond0").status.lacp->partner_mac, kPartner);
}

TEST(Traffic, WhatIsDrainedAndWhatIsKnownOfFailoversOutlivesTheDaemon) {
  Carrying lab("active-backup");
  EXPECT_EQ(lab.drain("eth0"), "");
  const auto before = lab.show("bond0");
  EXPECT_EQ(before.status.active_slave, "eth1");
  ASSERT_EQ(before.failovers.latest.size(), 1u);
  EXPECT_EQ(before.failovers.by_cause.at("drain"), 1u);
  EXPECT_GT(before.slave_facts.at(0).role_since_ns, 0);
  lab.kill();
  lab.time.pass(5s);
  lab.start();
  const auto after = lab.show("bond0");
  EXPECT_TRUE(after.status.slaves.at(0).drained);
  EXPECT_EQ(after.status.active_slave, "eth1");
  EXPECT_EQ(after.failovers.latest.size(), 1u);
  EXPECT_EQ(after.slave_facts.at(0).role_since_ns, before.slave_facts.at(0).role_since_ns);
  EXPECT_EQ(after.carrier_since_ns, before.carrier_since_ns);
  EXPECT_NE(lab.drain("eth1"), "") << "the last that carries";
  EXPECT_EQ(lab.drain("eth0", false), "");
  EXPECT_EQ(lab.drain("eth1"), "");
  EXPECT_EQ(lab.show("bond0").status.active_slave, "eth0");
}

TEST(Traffic, AStrangerIsNotDrained) {
  Carrying lab("active-backup");
  EXPECT_NE(lab.drain("eth7"), "");
}

TEST(Traffic, ArpThatWasSentMakesAClientWhichIsKeptAcrossARestart) {
  Carrying lab("balance-alb");
  const auto reply = wire::build_arp(kPartner, lab.kernel.at("bond0").info.mac, {},
                                     {.operation = wire::ArpPacket::Operation::reply,
                                      .sender_mac = lab.kernel.at("bond0").info.mac,
                                      .sender_ip = kOwn,
                                      .target_mac = kPartner,
                                      .target_ip = kClient});
  lab.hands().hear(lab.ifindex("ebl101"), reply);
  lab.time.pass(2s);
  const auto& state = lab.files().files.at("/run/ebond/state/4026531840-100.json");
  EXPECT_EQ(from_text(state, "state.json")->memory.clients.at(0).client, kClient);
}

TEST(Traffic, OfALostSlaveIsTakenByTheActiveOneUntilClientsKnow) {
  Carrying lab("balance-alb");
  lab.script.start();
  lab.pull("eth0");
  EXPECT_TRUE(lab.is_promiscuous("eth1"));
  EXPECT_THAT(lab.script.lines(), Contains("send out of eth1"));
  lab.time.pass(30s);
  EXPECT_FALSE(lab.is_promiscuous("eth1"));
}

TEST(Traffic, IsMeasuredSoThatFlowsMoveByTheirLoad) {
  Carrying lab("balance-tlb", {{"tlb_dynamic_lb", "1"}});
  lab.script.refuse("tx totals", EIO);
  lab.time.pass(30s);
  EXPECT_TRUE(lab.has_event("warning")) << "nothing was measured";
}

TEST(Traffic, ToATargetGoesTheWayThatRoutesLeadWhichAreAskedAgain) {
  Carrying lab("active-backup", {{"arp_interval", "100"}, {"arp_ip_target", "192.0.2.9"}});
  lab.kernel.add_nic("eth2", 4);
  lab.hands().next_hops["192.0.2.9"] = {.ifindex = lab.ifindex("eth2"), .gateway = {}, .source = {}};
  lab.time.pass(300ms);
  lab.script.start();
  lab.time.pass(1s);
  EXPECT_THAT(lab.script.lines(), Not(Contains("send out of eth0")));
  lab.hands().next_hops["192.0.2.9"].ifindex = lab.ifindex("bond0");
  lab.time.pass(1s);
  EXPECT_THAT(lab.script.lines(), Contains("send out of eth0"));
}

}  // namespace
}  // namespace ebond::daemon
