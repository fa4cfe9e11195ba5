// What must hold after every event of any history: many random ones, each from a seed that a failure names.
#include <map>
#include <random>
#include <tuple>

#include "bond_lab.h"

namespace ebond::core {
namespace {

constexpr unsigned kNics = 5;
constexpr unsigned kEvents = 250;

/// A bond with random options, and a random history.
class History {
 public:
  explicit History(unsigned seed) : random_(seed), lab_(random_options()) {}

  void step() {
    const unsigned number = below(kNics);
    switch (below(10)) {
      case 0:
        if (auto enslaved = lab_.bond.enslave(lab_.facts(number, random_link()), lab_.now)) follow(*enslaved);
        break;
      case 1:
        if (auto released = lab_.bond.release(nic(number), lab_.now)) follow(*released);
        break;
      case 2:
        follow(lab_.bond.admin_state(below(4) != 0, lab_.now));
        break;
      case 3:
      case 4:
        lab_.now += Milliseconds(below(400));
        follow(lab_.bond.advance(lab_.now));
        break;
      case 5:
        if (auto set = lab_.bond.set_slave(nic(number), "prio", std::to_string(below(3)), lab_.now))
          follow(*set);
        break;
      default:
        follow(lab_.bond.link_report(nic(number), random_link(), LinkSource::netlink, lab_.now));
    }
  }

  void check() const {
    const BondStatus status = lab_.status();
    const bool any_up = std::ranges::any_of(status.slaves, is_up);
    for (const SlotId slot : lab_.bond.table().buckets) {
      const auto slave = std::ranges::find(status.slaves, slot, &SlaveStatus::slot);
      ASSERT_NE(slave, status.slaves.end()) << "the table names a slot nobody has";
      const bool held_by_downdelay =
          status.options.mode == Mode::active_backup && slave->mii_status == MiiStatus::going_down;
      ASSERT_TRUE(is_up(*slave) || held_by_downdelay)
          << slave->name << " is in the table and its link is not up";
    }
    ASSERT_EQ(lab_.bond.table().slots.size(), status.slaves.size());
    if (any_up) {
      ASSERT_FALSE(lab_.bond.table().buckets.empty());
    }
    if (status.options.mode == Mode::active_backup) check_active(status, any_up);
    ASSERT_EQ(status.carrier, any_up);
    check_told(status);
    check_memory(status);
  }

 private:
  static bool is_up(const SlaveStatus& slave) { return slave.mii_status == MiiStatus::up; }

  static void check_active(const BondStatus& status, bool any_up) {
    const auto active = std::ranges::find(status.slaves, status.active_slave, &SlaveStatus::name);
    if (any_up) {
      ASSERT_NE(active, status.slaves.end()) << "a slave is up and none is active";
    }
    if (active == status.slaves.end()) return;
    ASSERT_TRUE(is_up(*active) || active->mii_status == MiiStatus::going_down);
    ASSERT_EQ(std::ranges::count_if(status.slaves, &SlaveStatus::active), 1);
  }

  /// A daemon that only carried out the actions has the world the status describes.
  void check_told(const BondStatus& status) const {
    ASSERT_EQ(published_, lab_.bond.table());
    ASSERT_EQ(carrier_, status.carrier);
    for (const SlaveStatus& slave : status.slaves) {
      const auto address = macs_.find(slave.ifindex);
      ASSERT_EQ(address == macs_.end() ? slave.permanent_mac : address->second, slave.mac) << slave.name;
      const auto no_arp = no_arp_.find(slave.ifindex);
      const bool is_backup = status.options.mode == Mode::active_backup && slave.name != status.active_slave;
      ASSERT_EQ(no_arp != no_arp_.end() && no_arp->second, is_backup) << slave.name;
    }
  }

  void check_memory(const BondStatus& status) const {
    const Bond successor = Bond::restore(lab_.bond.memory(), lab_.now);
    ASSERT_EQ(successor.table(), lab_.bond.table());
    const BondStatus again = successor.status(lab_.now);
    ASSERT_EQ(again.mac, status.mac);
    ASSERT_EQ(again.carrier, status.carrier);
    ASSERT_EQ(again.active_slave, status.active_slave);
    ASSERT_EQ(again.slaves.size(), status.slaves.size());
    for (std::size_t i = 0; i < status.slaves.size(); ++i) {
      const SlaveStatus& left = again.slaves[i];
      const SlaveStatus& right = status.slaves[i];
      const auto facts = [](const SlaveStatus& slave) {
        return std::tuple(slave.name, slave.slot, slave.active, slave.mii_status, slave.delay_left,
                          slave.link_failure_count, slave.mac, slave.permanent_mac, slave.link,
                          slave.options.prio);
      };
      ASSERT_EQ(facts(left), facts(right)) << right.name;
    }
  }

  void follow(const Actions& actions) {
    std::erase_if(macs_, [&](const auto& entry) { return !is_enslaved(entry.first); });
    std::erase_if(no_arp_, [&](const auto& entry) { return !is_enslaved(entry.first); });
    for (const Action& action : actions) {
      if (std::holds_alternative<action::PublishTable>(action)) published_ = lab_.bond.table();
      if (const auto* set = std::get_if<action::SetCarrier>(&action)) carrier_ = set->on;
      if (const auto* set = std::get_if<action::SetSlaveMac>(&action)) macs_[set->slave] = set->mac;
      if (const auto* set = std::get_if<action::SetNoArp>(&action)) no_arp_[set->slave] = set->on;
    }
  }

  bool is_enslaved(IfIndex slave) const {
    return std::ranges::count(lab_.status().slaves, slave, &SlaveStatus::ifindex) > 0;
  }

  unsigned below(unsigned limit) { return static_cast<unsigned>(random_() % limit); }
  LinkState random_link() { return below(2) ? link_up(below(2) ? 1000 : 10000) : link_down(); }

  BondOptions random_options() {
    auto options = BondLab::unpolled(static_cast<Mode>(below(4)));
    options.miimon = Milliseconds(below(2) * 100);
    options.updelay = Milliseconds(below(3) * 150);
    options.downdelay = Milliseconds(below(3) * 100);
    options.fail_over_mac = static_cast<FailOverMac>(below(3));
    options.primary = below(2) ? "eth1" : "";
    options.primary_reselect = static_cast<PrimaryReselect>(below(3));
    options.tx_table = static_cast<TxTable>(below(2));
    options.weight = static_cast<Weight>(below(2));
    return options;
  }

  std::mt19937 random_;
  BondLab lab_;
  Table published_;
  bool carrier_ = false;
  std::map<IfIndex, MacAddress> macs_;
  std::map<IfIndex, bool> no_arp_;
};

TEST(AnyHistory, KeepsTheTableTheActiveSlaveTheCarrierAndTheMemoryTrue) {
  for (unsigned seed = 1; seed <= 60; ++seed) {
    History history(seed);
    for (unsigned event = 0; event < kEvents; ++event) {
      history.step();
      history.check();
      ASSERT_FALSE(testing::Test::HasFatalFailure()) << "seed " << seed << ", event " << event;
    }
  }
}

}  // namespace
}  // namespace ebond::core
