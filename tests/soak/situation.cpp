#include "tests/soak/situation.h"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>

namespace ebond::soak {
namespace {

constexpr std::array<std::string_view, 28> kNames{
    "pull",         "plug",           "flap",      "set down",       "set up",         "release", "enslave",
    "unplug",       "replug",         "set",       "set badly",      "kill",           "start",   "tear",
    "remove qdisc", "foreign filter", "no filter", "halve",          "change slave",   "rename",  "lose",
    "lose nothing", "shape",          "unshape",   "hostile frames", "hostile client", "stop",    "rest"};
static_assert(kNames.size() == static_cast<std::size_t>(What::rest) + 1);

bool is_of_a_daemon(What what) {
  return what == What::kill || what == What::start || what == What::stop || what == What::hostile_client;
}

}  // namespace

bool BondPlan::has_active_slave() const {
  return mode == "active-backup" || mode == "balance-tlb" || mode == "balance-alb";
}

std::string text_of(const Operation& operation) {
  auto text = std::string(kNames.at(static_cast<std::size_t>(operation.what)));
  if (is_of_a_daemon(operation.what)) {
    text += operation.side == Side::near ? ", near daemon" : ", far daemon";
  } else if (operation.what != What::rest) {
    text += fmt::format(", site {}, slave {}", operation.site, operation.slave);
  }
  if (!operation.key.empty()) text += fmt::format(", {} {}", operation.key, operation.value);
  if (operation.count != 0) text += fmt::format(", {}", operation.count);
  if (operation.milliseconds != 0) text += fmt::format(", {} ms", operation.milliseconds);
  return text;
}

unsigned SiteSituation::working() const {
  return static_cast<unsigned>(std::ranges::count_if(slaves, [](const auto& each) { return each.works(); }));
}

unsigned SiteSituation::enslaved() const {
  return static_cast<unsigned>(
      std::ranges::count_if(slaves, [](const auto& each) { return !each.released && !each.gone; }));
}

Situation::Situation(const std::vector<BondPlan>& bonds) {
  for (const auto& bond : bonds) sites.push_back({std::vector<SlaveSituation>(bond.slaves)});
}

void Situation::apply(const Operation& operation) {
  auto& daemon_is_dead = dead.at(static_cast<std::size_t>(operation.side));
  if (operation.what == What::kill) daemon_is_dead = true;
  if (operation.what == What::start) daemon_is_dead = false;
  if (operation.what == What::rest) {
    for (auto& site : sites) {
      for (auto& slave : site.slaves) slave.is_new = false;
    }
  }
  if (operation.what == What::rest || is_of_a_daemon(operation.what)) return;
  auto& slave = sites.at(operation.site).slaves.at(operation.slave);
  switch (operation.what) {
    case What::pull:
      slave.pulled = true;
      break;
    case What::plug:
      slave.pulled = false;
      break;
    case What::set_down:
      slave.down = true;
      break;
    case What::set_up:
      slave.down = false;
      break;
    case What::release:
      slave.released = true;
      break;
    case What::enslave:
      slave.released = false;
      break;
    case What::unplug:
      // What was done to it is gone with it.
      slave = {.released = slave.released, .gone = true, .was_gone = true, .renamed = slave.renamed};
      break;
    case What::replug:
      slave.gone = false;
      slave.is_new = true;
      break;
    case What::tear:
      if (operation.key != "set") slave.released = operation.key == "release";
      break;
    case What::foreign_filter:
      slave.filtered = true;
      break;
    case What::no_filter:
      slave.filtered = false;
      break;
    case What::rename:
      ++slave.renamed;
      break;
    case What::lose:
      slave.lossy = true;
      break;
    case What::lose_nothing:
      slave.lossy = false;
      break;
    case What::shape:
      slave.shaped = true;
      break;
    case What::unshape:
      slave.shaped = false;
      break;
    default:
      break;
  }
}

std::string near_name(unsigned slave, const SlaveSituation& situation) {
  const auto name = fmt::format("eth{}", slave);
  return situation.renamed == 0 ? name : fmt::format("{}x{}", name, situation.renamed);
}

}  // namespace ebond::soak
