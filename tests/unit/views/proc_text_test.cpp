// Golden texts, written from the driver's bond_procfs.c.
#include "views/proc_text.h"

#include <gtest/gtest.h>

#include "tests/unit/views/sample_bonds.h"

namespace ebond::views {
namespace {

using core::Mode;

const std::string kVersion = "Ethernet Channel Bonding Driver: v6.1.0-ebond-0.1.0\n\n";
const std::string kMonitors =
    "MII Status: up\n"
    "MII Polling Interval (ms): 100\n"
    "Up Delay (ms): 0\n"
    "Down Delay (ms): 0\n"
    "Peer Notification Delay (ms): 0\n";
const std::string kMonitorsDown = "MII Status: down\n" + kMonitors.substr(kMonitors.find('\n') + 1);

std::string slave_block(int number) {
  return "\nSlave Interface: eth" + std::to_string(number) +
         "\n"
         "MII Status: up\n"
         "Speed: 1000 Mbps\n"
         "Duplex: full\n"
         "Link Failure Count: 0\n"
         "Permanent HW addr: 02:00:00:00:01:0" +
         std::to_string(number) +
         "\n"
         "Slave queue ID: 0\n";
}

TEST(ProcText, BalanceRoundRobin) {
  EXPECT_EQ(proc_text(sample_bond(Mode::balance_rr, 2)), kVersion +
                                                             "Bonding Mode: load balancing (round-robin)\n" +
                                                             kMonitors + slave_block(0) + slave_block(1));
}

TEST(ProcText, BalanceRoundRobinWithoutSlaves) {
  EXPECT_EQ(proc_text(sample_bond(Mode::balance_rr, 0)),
            kVersion + "Bonding Mode: load balancing (round-robin)\n" + kMonitorsDown);
}

TEST(ProcText, ActiveBackup) {
  EXPECT_EQ(proc_text(sample_bond(Mode::active_backup, 2)),
            kVersion +
                "Bonding Mode: fault-tolerance (active-backup)\n"
                "Primary Slave: None\n"
                "Currently Active Slave: eth0\n" +
                kMonitors + slave_block(0) + slave_block(1));
}

TEST(ProcText, ActiveBackupWithoutSlaves) {
  EXPECT_EQ(proc_text(sample_bond(Mode::active_backup, 0)),
            kVersion +
                "Bonding Mode: fault-tolerance (active-backup)\n"
                "Primary Slave: None\n"
                "Currently Active Slave: None\n" +
                kMonitorsDown);
}

TEST(ProcText, ActiveBackupWithPrimaryAndFailOverMac) {
  auto bond = sample_bond(Mode::active_backup, 1);
  bond.options.primary = "eth0";
  bond.options.primary_reselect = core::PrimaryReselect::better;
  bond.options.fail_over_mac = core::FailOverMac::follow;
  EXPECT_EQ(proc_text(bond), kVersion +
                                 "Bonding Mode: fault-tolerance (active-backup) (fail_over_mac follow)\n"
                                 "Primary Slave: eth0 (primary_reselect better)\n"
                                 "Currently Active Slave: eth0\n" +
                                 kMonitors + slave_block(0));
}

TEST(ProcText, PrintsAPrimaryThatIsNotEnslavedAsNone) {
  auto bond = sample_bond(Mode::active_backup, 1);
  bond.options.primary = "eth7";
  EXPECT_NE(proc_text(bond).find("\nPrimary Slave: None\nCurrently Active Slave: eth0\n"), std::string::npos);
}

TEST(ProcText, PrintsFailOverMacInActiveBackupOnly) {
  auto bond = sample_bond(Mode::balance_rr, 1);
  bond.options.fail_over_mac = core::FailOverMac::active;
  EXPECT_NE(proc_text(bond).find("Bonding Mode: load balancing (round-robin)\n"), std::string::npos);
}

TEST(ProcText, BalanceXor) {
  auto bond = sample_bond(Mode::balance_xor, 2);
  bond.options.xmit_hash_policy = core::XmitHashPolicy::layer34;
  EXPECT_EQ(proc_text(bond), kVersion +
                                 "Bonding Mode: load balancing (xor)\n"
                                 "Transmit Hash Policy: layer3+4 (1)\n" +
                                 kMonitors + slave_block(0) + slave_block(1));
}

TEST(ProcText, BalanceSlbNamesTheDriversPolicyThatLooksAtTheSame) {
  EXPECT_EQ(proc_text(sample_bond(Mode::balance_slb, 1)),
            kVersion +
                "Bonding Mode: load balancing (slb)\n"
                "Transmit Hash Policy: vlan+srcmac (5)\n"
                "Primary Slave: None\nCurrently Active Slave: eth0\n" +
                kMonitors + slave_block(0));
}

TEST(ProcText, Broadcast) {
  EXPECT_EQ(proc_text(sample_bond(Mode::broadcast, 1)),
            kVersion + "Bonding Mode: fault-tolerance (broadcast)\n" + kMonitors + slave_block(0));
}

TEST(ProcText, BalanceTlbAndAlbPrintThePolicyOnlyWithoutDynamicBalancing) {
  for (auto [mode, name] : {std::pair{Mode::balance_tlb, "transmit load balancing"},
                            std::pair{Mode::balance_alb, "adaptive load balancing"}}) {
    auto bond = sample_bond(mode, 1);
    const std::string rest =
        "Primary Slave: None\nCurrently Active Slave: eth0\n" + kMonitors + slave_block(0);
    EXPECT_EQ(proc_text(bond), kVersion + "Bonding Mode: " + name + "\n" + rest);
    bond.options.tlb_dynamic_lb = false;
    EXPECT_EQ(proc_text(bond),
              kVersion + "Bonding Mode: " + name + "\nTransmit Hash Policy: layer2 (0)\n" + rest);
  }
}

TEST(ProcText, DelaysAndArpMonitoring) {
  auto bond = sample_bond(Mode::balance_rr, 0);
  bond.options.updelay = core::Milliseconds{300};
  bond.options.downdelay = core::Milliseconds{200};
  bond.options.peer_notif_delay = core::Milliseconds{1000};
  bond.options.arp_interval = core::Milliseconds{250};
  bond.options.arp_missed_max = 5;
  const std::string head = kVersion +
                           "Bonding Mode: load balancing (round-robin)\n"
                           "MII Status: down\n"
                           "MII Polling Interval (ms): 100\n"
                           "Up Delay (ms): 300\n"
                           "Down Delay (ms): 200\n"
                           "Peer Notification Delay (ms): 1000\n"
                           "ARP Polling Interval (ms): 250\n"
                           "ARP Missed Max: 5\n";
  EXPECT_EQ(proc_text(bond), head + "ARP IP target/s (n.n.n.n form):\nNS IPv6 target/s (xx::xx form):\n");
  bond.options.arp_ip_target = {{192, 0, 2, 1}, {192, 0, 2, 254}};
  bond.options.ns_ip6_target = {{0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1}};
  EXPECT_EQ(proc_text(bond), head +
                                 "ARP IP target/s (n.n.n.n form): 192.0.2.1, 192.0.2.254\n"
                                 "NS IPv6 target/s (xx::xx form): 2001:db8::1\n");
}

TEST(ProcText, Lacp) {
  const auto actor = [](int port) {
    return "Aggregator ID: 1\n"
           "Actor Churn State: none\n"
           "Partner Churn State: monitoring\n"
           "Actor Churned Count: 0\n"
           "Partner Churned Count: 2\n"
           "details actor lacp pdu:\n"
           "    system priority: 65535\n"
           "    system mac address: 02:00:00:00:01:00\n"
           "    port key: 9\n"
           "    port priority: 255\n"
           "    port number: " +
           std::to_string(port) +
           "\n"
           "    port state: 61\n"
           "details partner lacp pdu:\n"
           "    system priority: 32768\n"
           "    system mac address: 02:00:00:00:02:00\n"
           "    oper key: 17\n"
           "    port priority: 128\n"
           "    port number: 42\n"
           "    port state: 63\n";
  };
  auto bond = sample_lacp_bond();
  bond.options.lacp_rate = core::LacpRate::fast;
  bond.options.min_links = 1;
  bond.options.ad_select = core::AdSelect::bandwidth;
  EXPECT_EQ(proc_text(bond), kVersion +
                                 "Bonding Mode: IEEE 802.3ad Dynamic link aggregation\n"
                                 "Transmit Hash Policy: layer2 (0)\n" +
                                 kMonitors +
                                 "\n802.3ad info\n"
                                 "LACP active: on\n"
                                 "LACP rate: fast\n"
                                 "Min links: 1\n"
                                 "Aggregator selection policy (ad_select): bandwidth\n"
                                 "System priority: 65535\n"
                                 "System MAC address: 02:00:00:00:01:00\n"
                                 "Active Aggregator Info:\n"
                                 "\tAggregator ID: 1\n"
                                 "\tNumber of ports: 2\n"
                                 "\tActor Key: 9\n"
                                 "\tPartner Key: 17\n"
                                 "\tPartner Mac Address: 02:00:00:00:02:00\n" +
                                 slave_block(0) + actor(1) + slave_block(1) + actor(2));
}

TEST(ProcText, LacpWithoutAnActiveAggregator) {
  const std::string info =
      "\n802.3ad info\n"
      "LACP active: off\n"
      "LACP rate: slow\n"
      "Min links: 0\n"
      "Aggregator selection policy (ad_select): stable\n";
  auto bond = sample_bond(Mode::ieee8023ad, 0);
  bond.options.lacp_active = false;
  EXPECT_EQ(proc_text(bond), kVersion +
                                 "Bonding Mode: IEEE 802.3ad Dynamic link aggregation\n"
                                 "Transmit Hash Policy: layer2 (0)\n" +
                                 kMonitorsDown + info +
                                 "System priority: 0\n"
                                 "System MAC address: 00:00:00:00:00:00\n"
                                 "bond bond0 has no active aggregator\n");
  bond.slaves.push_back(sample_slave(0));
  EXPECT_EQ(proc_text(bond), kVersion +
                                 "Bonding Mode: IEEE 802.3ad Dynamic link aggregation\n"
                                 "Transmit Hash Policy: layer2 (0)\n" +
                                 kMonitorsDown + info +
                                 "System priority: 65535\n"
                                 "System MAC address: 02:00:00:00:01:00\n"
                                 "bond bond0 has no active aggregator\n" +
                                 slave_block(0) + "Aggregator ID: N/A\n");
}

TEST(ProcText, PrintsEverySlaveStateAsTheDriverDoes) {
  auto bond = sample_bond(Mode::balance_rr, 1);
  auto& slave = bond.slaves[0];
  for (auto [status, words] :
       {std::pair{core::MiiStatus::up, "up"}, std::pair{core::MiiStatus::going_down, "going down"},
        std::pair{core::MiiStatus::down, "down"}, std::pair{core::MiiStatus::going_back, "going back"}}) {
    slave.mii_status = status;
    EXPECT_NE(
        proc_text(bond).find("\nSlave Interface: eth0\nMII Status: " + std::string(words) + "\nSpeed: "),
        std::string::npos);
  }
  slave.link_failure_count = 4'000'000'000;
  slave.options.queue_id = 3;
  slave.link.duplex = core::Duplex::half;
  slave.link.speed_mbps = 10;
  EXPECT_TRUE(
      proc_text(bond).ends_with("Speed: 10 Mbps\nDuplex: half\nLink Failure Count: 4000000000\n"
                                "Permanent HW addr: 02:00:00:00:01:00\nSlave queue ID: 3\n"));
}

TEST(ProcText, PrintsSpeedAndDuplexAsUnknownTogether) {
  auto bond = sample_bond(Mode::balance_rr, 1);
  for (core::LinkState link : {core::LinkState{true, 0, core::Duplex::full},
                               core::LinkState{true, 1000, core::Duplex::unknown}, core::LinkState{}}) {
    bond.slaves[0].link = link;
    EXPECT_NE(proc_text(bond).find("Speed: Unknown\nDuplex: Unknown\nLink Failure Count"), std::string::npos);
  }
}

}  // namespace
}  // namespace ebond::views
