#include "cli/find_slaves.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "config/natural_order.h"
#include "config/values.h"

namespace ebond::cli {
namespace {

bool fits(const Card& card, const config::CardMatch& match) {
  if (match.mac && card.mac != *match.mac) return false;
  return match.name.empty() || config::matches_pattern(match.name, card.name);
}

class SlaveFinder {
 public:
  SlaveFinder(const config::BondConfig& bond, std::vector<Card> cards) : cards_(std::move(cards)) {
    std::ranges::sort(cards_, config::natural_less, &Card::name);
    found_.bond = bond;
    found_.bond.slaves.clear();
    // A card that is named is not for a pattern to take.
    for (const auto& slave : bond.slaves) {
      if (!slave.name.empty()) named_.insert(slave.name);
    }
    for (const auto& slave : bond.slaves) find(slave);
    name_primary(bond);
  }

  FoundSlaves result() && { return std::move(found_); }

 private:
  void warn(std::string text) { found_.warnings.push_back(std::move(text)); }

  void take(const std::string& name, const config::SlaveConfig& slave) {
    if (!taken_.insert(name).second) return;
    found_.bond.slaves.push_back({.name = name, .options = slave.options, .hotplug = slave.hotplug});
  }

  void find(const config::SlaveConfig& slave) {
    if (slave.match.is_empty()) return take(slave.name, slave);
    if (slave.name.empty()) return find_by_match(slave);
    if (slave.rename) return find_to_rename(slave);
    const auto card = std::ranges::find(cards_, slave.name, &Card::name);
    if (card != cards_.end() && fits(*card, slave.match)) return take(slave.name, slave);
    const auto wanted = slave.match.mac ? slave.match.mac->to_string() : slave.match.name;
    warn(card == cards_.end()
             ? fmt::format("no card {} with MAC {} is there: left out; `ebond enslave {} {}` when it is",
                           slave.name, wanted, found_.bond.name, slave.name)
             : fmt::format("{} has MAC {}, not {}: another card is meant, left out", slave.name,
                           card->mac.to_string(), wanted));
  }

  void find_by_match(const config::SlaveConfig& slave) {
    bool any = false;
    for (const auto& card : cards_) {
      if (!fits(card, slave.match) || named_.contains(card.name)) continue;
      any = true;
      take(card.name, slave);
    }
    if (!any) warn(fmt::format("{} is not there: left out", slave.to_string()));
  }

  void find_to_rename(const config::SlaveConfig& slave) {
    const auto card = std::ranges::find_if(cards_, [&](const Card& c) { return fits(c, slave.match); });
    if (card == cards_.end()) {
      return warn(fmt::format("no card with MAC {} is there to be {}: left out", slave.match.mac->to_string(),
                              slave.name));
    }
    if (card->name != slave.name) found_.renames.emplace_back(card->name, slave.name);
    take(slave.name, slave);
  }

  void name_primary(const config::BondConfig& bond) {
    if (!bond.primary_match) return;
    found_.bond.primary_match.reset();
    const auto card =
        std::ranges::find_if(cards_, [&](const Card& c) { return fits(c, *bond.primary_match); });
    if (card == cards_.end()) {
      return warn("the card that is to be primary is not there: no slave is preferred");
    }
    found_.bond.options.emplace_back("primary", card->name);
  }

  std::vector<Card> cards_;
  FoundSlaves found_;
  std::set<std::string> named_;
  std::set<std::string> taken_;
};

}  // namespace

bool describes_cards(const config::BondConfig& bond) {
  return bond.primary_match || std::ranges::any_of(bond.slaves, [](const config::SlaveConfig& slave) {
           return !slave.match.is_empty();
         });
}

FoundSlaves find_slaves(const config::BondConfig& bond, const std::vector<Card>& cards) {
  return SlaveFinder(bond, cards).result();
}

}  // namespace ebond::cli
