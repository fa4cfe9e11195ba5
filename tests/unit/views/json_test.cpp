#include "views/json.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "core/options/option_table.h"
#include "tests/unit/views/sample_bonds.h"

namespace ebond::views {
namespace {

using Json = nlohmann::ordered_json;

TEST(BondJson, TellsWhatABondIsInIproute2sWords) {
  auto report = sample_failed_over();
  report.netns = "web";
  const Json json = bond_json(report);
  EXPECT_EQ(json["ifname"], "bond0");
  EXPECT_EQ(json["ifindex"], 7);
  EXPECT_EQ(json["netns"], "web");
  EXPECT_EQ(json["address"], "02:00:00:00:01:00");
  EXPECT_EQ(json["admin_up"], true);
  EXPECT_EQ(json["carrier"], true);
  EXPECT_EQ(json["verdict"], "degraded");
  EXPECT_EQ(json["verdict_why"], "see to eth0");
  EXPECT_EQ(json["mode"], "active-backup");
  EXPECT_EQ(json["active_slave"], "eth1");
  EXPECT_EQ(json["link_layer"], "netlink + poll 100 ms");
  EXPECT_EQ(json["ad_info"], nullptr);
  EXPECT_EQ(json["awaited"], Json::array());
  EXPECT_EQ(json["away"], nullptr);
  EXPECT_EQ(json["device"], nullptr);
  EXPECT_EQ(json["tx_dropped"], 0);
}

TEST(BondJson, TellsWhereAnInterfaceStandsThatIsInAnotherNamespace) {
  auto report = sample_failed_over();
  report.away = {.netns = "web", .interface = "eth0", .ifindex = core::IfIndex(12)};
  EXPECT_EQ(bond_json(report)["away"].dump(), R"json({"netns":"web","ifname":"eth0","ifindex":12})json");
}

TEST(BondJson, TellsWhatTheInterfaceIsMadeAs) {
  auto report = sample_failed_over();
  report.device = "netkit";
  EXPECT_EQ(bond_json(report)["device"], "netkit");
}

TEST(BondJson, HasEveryStoredOptionWithNumberAndNameWhereItIsAChoice) {
  auto report = sample_report(sample_bond(core::Mode::ieee8023ad, 0));
  report.status.options.arp_ip_target = {{192, 0, 2, 1}};
  report.status.options.ad_actor_system = core::MacAddress({2, 0, 0, 0, 0, 9});
  const Json options = bond_json(report)["options"];
  for (const auto& spec : core::option_table()) {
    EXPECT_EQ(options.contains(std::string(spec.name)), !spec.is_action) << spec.name;
  }
  EXPECT_EQ(options["mode"], (Json{{"name", "802.3ad"}, {"number", 4}}));
  EXPECT_EQ(options["lacp_rate"], (Json{{"name", "slow"}, {"number", 0}}));
  EXPECT_EQ(options["miimon"], 100);
  EXPECT_EQ(options["ad_actor_sys_prio"], 65535);
  EXPECT_EQ(options["use_carrier"], true);
  EXPECT_EQ(options["broadcast_neighbor"], false);
  EXPECT_EQ(options["arp_ip_target"], Json::array({"192.0.2.1"}));
  EXPECT_EQ(options["ns_ip6_target"], Json::array());
  EXPECT_EQ(options["primary"], nullptr);
  EXPECT_EQ(options["ad_actor_system"], "02:00:00:00:00:09");
}

TEST(BondJson, TellsOfEachSlaveWhatIproute2DoesAndWhyItIsIdle) {
  auto report = sample_failed_over();
  report.status.slaves[0].options = {.prio = -3, .queue_id = 2, .actor_port_prio = 255};
  report.rx_inactive_dropped = {5, 0};
  const Json slave = bond_json(report)["slaves"][0];
  EXPECT_EQ(slave["ifname"], "eth0");
  EXPECT_EQ(slave["ifindex"], 10);
  EXPECT_EQ(slave["slot"], 0);
  EXPECT_EQ(slave["state"], "BACKUP");
  EXPECT_EQ(slave["mii_status"], "DOWN");
  EXPECT_EQ(slave["link_failure_count"], 1);
  EXPECT_EQ(slave["perm_hwaddr"], "02:00:00:00:01:00");
  EXPECT_EQ(slave["queue_id"], 2);
  EXPECT_EQ(slave["prio"], -3);
  EXPECT_EQ(slave["carrier"], false);
  EXPECT_EQ(slave["speed"], nullptr);
  EXPECT_EQ(slave["duplex"], "unknown");
  EXPECT_EQ(slave["delay_left"], nullptr);
  EXPECT_EQ(slave["healthy"], false);
  EXPECT_EQ(slave["why_idle"], "no carrier: check cable, switch port and that the interface is up");
  EXPECT_EQ(slave["rx_inactive_dropped"], 5);
  EXPECT_FALSE(slave.contains("ad_aggregator_id"));

  const Json active = bond_json(report)["slaves"][1];
  EXPECT_EQ(active["state"], "ACTIVE");
  EXPECT_EQ(active["mii_status"], "UP");
  EXPECT_EQ(active["speed"], 1000);
  EXPECT_EQ(active["duplex"], "full");
  EXPECT_EQ(active["why_idle"], nullptr);
}

TEST(BondJson, OfSeveralNamespacesIsTheTextOfOneArray) {
  const auto one = sample_failed_over();
  const auto other = sample_report(sample_bond(core::Mode::ieee8023ad, 0));
  EXPECT_EQ(joined_json_text({bonds_json_text({one}), bonds_json_text({}), bonds_json_text({other, one})}),
            bonds_json_text({one, other, one}));
  EXPECT_EQ(joined_json_text({bonds_json_text({})}), bonds_json_text({}));
  EXPECT_EQ(joined_json_text({}), bonds_json_text({}));
}

TEST(BondJson, NamesWhoHoldsASlaveOut) {
  using namespace std::chrono_literals;
  auto report = sample_failed_over();
  report.status.at = core::TimePoint{60s};
  auto& slave = report.status.slaves[1];
  EXPECT_EQ(bond_json(report)["slaves"][1]["path"], Json::array());
  slave.mii_status = core::MiiStatus::down;
  slave.path = {
      {.judge = core::PathJudge::arp, .why = "no answer from 192.0.2.254", .since = core::TimePoint{48s}}};
  const Json json = bond_json(report)["slaves"][1];
  EXPECT_EQ(json["mii_status"], "DOWN");
  EXPECT_EQ(json["link_status"], "UP");
  EXPECT_EQ(json["path"][0], (Json{{"judge", "arp"},
                                   {"status", "DOWN"},
                                   {"why", "no answer from 192.0.2.254"},
                                   {"held_ms", 12000},
                                   {"left_ms", nullptr}}));
}

TEST(BondJson, TellsHowLongADelayStillLasts) {
  auto report = sample_failed_over();
  report.status.slaves[0].mii_status = report.status.slaves[0].link_status = core::MiiStatus::going_back;
  report.status.slaves[0].delay_left = core::Milliseconds{300};
  report.rx_inactive_dropped.clear();
  const Json slave = bond_json(report)["slaves"][0];
  EXPECT_EQ(slave["mii_status"], "GOING_BACK");
  EXPECT_EQ(slave["delay_left"], 300);
  EXPECT_EQ(slave["why_idle"], "link is back; updelay keeps it waiting 300 ms more");
  EXPECT_EQ(slave["rx_inactive_dropped"], nullptr);
}

TEST(BondJson, TellsOfLacpOnBothSides) {
  const Json json = bond_json(sample_report(sample_lacp_bond()));
  EXPECT_EQ(json["ad_info"], (Json{{"system_priority", 65535},
                                   {"system", "02:00:00:00:01:00"},
                                   {"aggregator", 1},
                                   {"num_ports", 2},
                                   {"actor_key", 9},
                                   {"partner_key", 17},
                                   {"partner_mac", "02:00:00:00:02:00"}}));
  const Json slave = json["slaves"][1];
  EXPECT_EQ(slave["ad_aggregator_id"], 1);
  EXPECT_EQ(slave["ad_actor_oper_port_state"], 61);
  EXPECT_EQ(slave["ad_actor_oper_port_state_str"],
            Json::array({"active", "aggregating", "in_sync", "collecting", "distributing"}));
  EXPECT_EQ(slave["ad_partner_oper_port_state"], 63);
  EXPECT_EQ(slave["partner_churn"], "monitoring");
  EXPECT_EQ(slave["partner_churned_count"], 2);
  EXPECT_EQ(slave["actor"]["port_number"], 2);
  EXPECT_EQ(slave["partner"]["system"], "02:00:00:00:02:00");
  EXPECT_EQ(slave["partner"]["key"], 17);
}

TEST(BondJson, HasANullAggregatorWhereNoneIsActive) {
  auto bond = sample_lacp_bond();
  bond.lacp->active_aggregator_id = 0;
  bond.slaves[0].lacp->aggregator_id = 0;
  const Json json = bond_json(sample_report(bond));
  EXPECT_EQ(json["ad_info"]["aggregator"], nullptr);
  EXPECT_FALSE(json["ad_info"].contains("partner_mac"));
  EXPECT_EQ(json["slaves"][0]["ad_aggregator_id"], nullptr);
}

TEST(BondJson, TellsTheLastFailoverAndNullForWhatWasNotMeasured) {
  auto report = sample_failed_over();
  report.last_failover->announce_us = -1;
  EXPECT_EQ(bond_json(report)["last_failover"], (Json{{"time", "2026-01-02T12:03:04.000123Z"},
                                                      {"realtime_ns", 1'767'355'384'000'123'000},
                                                      {"from", "eth0"},
                                                      {"to", "eth1"},
                                                      {"why", "carrier lost (netlink)"},
                                                      {"seen_by", "netlink"},
                                                      {"table_us", 84},
                                                      {"announce_us", nullptr}}));
  report.last_failover.reset();
  EXPECT_EQ(bond_json(report)["last_failover"], nullptr);
}

TEST(BondsJsonText, IsAnArrayAndSurvivesNamesThatAreNotUtf8) {
  EXPECT_EQ(bonds_json_text({}), "[]\n");
  auto report = sample_failed_over();
  report.status.slaves[0].name = "eth\xff";
  const Json array = Json::parse(bonds_json_text({report, report}));
  ASSERT_EQ(array.size(), 2u);
  EXPECT_EQ(array[1]["slaves"][0]["ifname"], "eth\xef\xbf\xbd");
}

TEST(EventJson, IsOneLineWithEveryMember) {
  const auto event = sample_stamped(sample_event("link", "eth0", "up", "down", "carrier lost (netlink)"));
  EXPECT_EQ(
      event_json_line(event),
      R"json({"time":"2026-01-02T12:03:04.000123Z","realtime_ns":1767355384000123456,"monotonic_ns":77,)json"
      R"json("netns":"","bond":"bond0","kind":"link","slave":"eth0","from":"up","to":"down",)json"
      R"json("why":"carrier lost (netlink)","seen_by":null,"table_us":null,"announce_us":null})json");
  const auto created = event_json(sample_stamped(sample_event("created")));
  EXPECT_EQ(created["kind"], "created");
  for (auto member : {"slave", "from", "to", "why"}) EXPECT_EQ(created.at(member), nullptr) << member;
}

TEST(EventJson, TellsWhatSawAFailoverAndHowLongItTook) {
  auto failover = sample_stamped(sample_event("failover", "", "eth0", "eth1", "carrier lost (hook)"));
  failover.event.seen_by = core::LinkSource::hook;
  failover.table_us = 84;
  const auto json = event_json(failover);
  EXPECT_EQ(json["seen_by"], "hook");
  EXPECT_EQ(json["table_us"], 84);
  EXPECT_EQ(json["announce_us"], nullptr);
}

TEST(CheckJson, ListsFeaturesAndTheVerdict) {
  const core::CheckReport report{
      .lines = {{.feature = "carrier hook", .available = false, .required = false, .detail = "EPERM"}},
      .can_run = true};
  EXPECT_EQ(Json::parse(check_json_text(report)),
            (Json{{"can_run", true},
                  {"features", Json::array({Json{{"feature", "carrier hook"},
                                                 {"available", false},
                                                 {"required", false},
                                                 {"detail", "EPERM"}}})}}));
}

}  // namespace
}  // namespace ebond::views
