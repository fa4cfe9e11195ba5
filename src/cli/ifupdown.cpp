#include "cli/ifupdown.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

#include "cli/find_slaves.h"
#include "config/formats/interfaces.h"
#include "config/shell_file.h"
#include "config/values.h"
#include "core/options/option_table.h"

namespace ebond::cli {
namespace {

using config::BondConfig;
using config::KeyValues;
using Phase = IfupdownStanza::Phase;

constexpr std::string_view kOptionPrefix = "IF_";
constexpr std::string_view kInHandPrefix = "IFUPDOWN_";
/// Slaves' or the moment's, and carried out here; the others are options of a bond.
constexpr std::array<std::string_view, 4> kOwnSteps{"bond-primary", "bond-active-slave", "bond-give-a-chance",
                                                    "bond-master"};

/// "IF_BOND_XMIT_HASH_POLICY" stands for bond-xmit-hash-policy, or with underscores: they are the same here.
std::string key_of_variable(std::string_view name) {
  auto key = config::lower_case(name.substr(kOptionPrefix.size()));
  std::ranges::replace(key, '_', '-');
  return key;
}

bool has_slave(const BondConfig& bond, std::string_view name) {
  return std::ranges::find(bond.slaves, name, &config::SlaveConfig::name) != bond.slaves.end();
}

/// Of the options wanted, those that this bond does not have yet.
KeyValues changes_of(const KeyValues& wanted, const KeyValues& running) {
  core::BondOptions now;
  (void)core::apply_options(now, running, {});
  KeyValues changes;
  for (const auto& [key, value] : wanted) {
    const auto* spec = core::find_option(key);
    auto then = now;
    const bool same = spec != nullptr && spec->get != nullptr && core::apply_option(then, key, value, {}) &&
                      spec->get(then) == spec->get(now);
    if (!same) changes.emplace_back(key, value);
  }
  return changes;
}

class Ifupdown {
 public:
  Ifupdown(const IfupdownStanza& stanza, IfupdownHost& host) : stanza_(stanza), host_(host) {}

  bool bring_up_master() {
    const auto& name = stanza_.interface;
    const auto described = read();
    if (!described) return false;
    const auto running = find(name);
    if (!running) {
      if (!went(host_.add_bond(name, described->options), fmt::format("{} cannot be made", name)))
        return false;
    } else if (const auto changes = changes_of(described->options, running->options); !changes.empty()) {
      (void)went(host_.set_bond(name, changes), fmt::format("{} keeps its options", name));
    }
    for (const auto& slave : with_cards(*described).slaves) take(slave);
    choose_primary(name);
    choose_active(name);
    return true;
  }

  bool bring_up_slave() {
    const auto master = stanza_.master();
    if (!host_.run({"ifquery", "-l", master})) {
      host_.say(fmt::format("{} is to be a slave of {}, and there is no stanza of that", stanza_.interface,
                            master));
      return false;
    }
    const bool is_in_hand = stanza_.in_hand.contains(master);
    if (!is_in_hand && !is_up_for_ifupdown(master)) (void)host_.run(with_verbosity("ifup", {master}));
    enslave(master, stanza_.interface);
    choose_primary(master);
    if (const auto reselect = stanza_.option("bond-primary-reselect"); !reselect.empty()) {
      (void)went(host_.set_bond(master, {{"primary_reselect", reselect}}), "bond-primary-reselect");
    }
    return true;
  }

  void take_down() {
    if (const auto bond = bond_with(stanza_.interface)) {
      (void)went(host_.release(bond->name, stanza_.interface), "it stays a slave");
      choose_primary(bond->name);
    }
    if (!stanza_.makes_bond()) return;
    const auto bond = find(stanza_.interface);
    if (!bond) return;
    for (const auto& slave : bond->slaves) {
      if (is_up_for_ifupdown(slave.name)) (void)host_.run(with_verbosity("ifdown", {slave.name}));
    }
    (void)went(host_.delete_bond(bond->name), fmt::format("{} goes on", bond->name));
  }

  /// Primary until its link is there, for a slave whose link comes only once frames leave by it (WiFi).
  void give_a_chance() {
    const auto bond = bond_with(stanza_.interface);
    if (!bond) return;
    const auto primary = std::ranges::find(bond->options, "primary", &KeyValues::value_type::first);
    if (!went(host_.set_bond(bond->name, {{"primary", stanza_.interface}}), "bond-give-a-chance")) return;
    const auto seconds = config::parse_decimal(stanza_.option("bond-give-a-chance"));
    for (auto left = seconds.value_or(0); left > 0 && !host_.carries(stanza_.interface); --left) {
      host_.wait_a_second();
    }
    (void)went(
        host_.set_bond(bond->name, {{"primary", primary == bond->options.end() ? "" : primary->second}}),
        "bond-give-a-chance");
  }

 private:
  /// Says why not, after what that means.
  bool went(const Step<>& step, std::string_view what) {
    if (!step) host_.say(fmt::format("{}: {}", what, step.error()));
    return step.has_value();
  }

  std::optional<BondConfig> read() {
    KeyValues options;
    std::ranges::copy_if(stanza_.options, std::back_inserter(options), [](const auto& option) {
      return std::ranges::find(kOwnSteps, option.first) == kOwnSteps.end();
    });
    auto read = config::read_stanza(stanza_.interface, options);
    if (!read) {
      host_.say(read.error().to_string());
      return std::nullopt;
    }
    for (const auto& note : read->notes) host_.say(note.to_string());
    return read->bonds.front();
  }

  std::vector<BondConfig> bonds() {
    auto bonds = host_.bonds();
    if (bonds) return *std::move(bonds);
    host_.say(bonds.error());
    return {};
  }
  std::optional<BondConfig> find(const std::string& name) {
    for (auto& bond : bonds()) {
      if (bond.name == name) return std::move(bond);
    }
    return std::nullopt;
  }
  std::optional<BondConfig> bond_with(const std::string& slave) {
    for (auto& bond : bonds()) {
      if (has_slave(bond, slave)) return std::move(bond);
    }
    return std::nullopt;
  }

  BondConfig with_cards(const BondConfig& bond) {
    if (!describes_cards(bond)) return bond;
    const auto cards = host_.cards();
    if (!cards) host_.say(cards.error());
    auto found = find_slaves(bond, cards.value_or(std::vector<Card>()));
    for (const auto& warning : found.warnings) host_.say(warning);
    return std::move(found.bond);
  }

  std::vector<std::string> with_verbosity(const char* program, std::vector<std::string> words) const {
    if (stanza_.verbose) words.insert(words.begin(), "-v");
    words.insert(words.begin(), program);
    return words;
  }
  bool is_up_for_ifupdown(const std::string& interface) {
    return host_.run({"ifquery", "--state", interface}).has_value();
  }

  /// A slave that comes, or came, by a stanza of its own.
  bool has_stanza_at_work(const std::string& slave) {
    if (stanza_.in_hand.contains(slave)) return true;
    if (!is_up_for_ifupdown(slave)) return false;
    return host_.run({"ifquery", slave}).value_or("").contains("bond-master");
  }

  void take(const config::SlaveConfig& slave) {
    if (has_stanza_at_work(slave.name)) return;
    if (!enslave(stanza_.interface, slave.name)) return;
    if (!slave.options.empty()) (void)went(host_.set_slave(slave.name, slave.options), slave.name);
    // One that needs more than to be a slave has a stanza and `allow-bond0 eth0`.
    (void)host_.run(with_verbosity("ifup", {"--allow", stanza_.interface, slave.name}));
  }

  /// Down first, so that it is down again once it is no slave any more.
  bool enslave(const std::string& bond, const std::string& slave) {
    if (const auto running = find(bond); running && has_slave(*running, slave)) return true;
    if (host_.has_interface(slave)) (void)went(host_.set_down(slave), slave);
    const auto warnings = host_.enslave(bond, slave);
    if (!warnings) {
      host_.say(fmt::format("{} is no slave of {}: {}", slave, bond, warnings.error()));
      return false;
    }
    for (const auto& warning : *warnings) host_.say(warning);
    return true;
  }

  /// bond-primary lists names: the first that is a slave by now.
  void choose_primary(const std::string& name) {
    const auto listed = stanza_.option("bond-primary");
    if (listed.empty()) return;
    const auto bond = find(name);
    if (!bond) return;
    for (const auto word : config::split_words(listed)) {
      if (!has_slave(*bond, word)) continue;
      (void)went(host_.set_bond(name, {{"primary", std::string(word)}}), "bond-primary");
      return;
    }
  }

  void choose_active(const std::string& name) {
    auto slave = stanza_.option("bond-active-slave");
    if (slave.empty()) return;
    if (slave == "none") slave.clear();
    (void)went(host_.set_bond(name, {{"active_slave", slave}}), "bond-active-slave");
  }

  const IfupdownStanza& stanza_;
  IfupdownHost& host_;
};

}  // namespace

std::string IfupdownStanza::option(std::string_view key) const {
  const auto found = std::ranges::find(options, key, &KeyValues::value_type::first);
  return found == options.end() ? "" : found->second;
}

bool IfupdownStanza::makes_bond() const {
  if (!master().empty()) return false;
  return std::ranges::any_of(std::array{"bond-slaves", "slaves", "bond-mode"},
                             [this](const char* key) { return !option(key).empty(); });
}

std::string IfupdownStanza::master() const {
  const auto name = option("bond-master");
  return name == "none" ? "" : name;
}

IfupdownStanza stanza_of_environment(const std::vector<std::string>& environment) {
  IfupdownStanza stanza;
  for (const std::string_view variable : environment) {
    const auto equals = variable.find('=');
    if (equals == std::string_view::npos) continue;
    const auto name = variable.substr(0, equals);
    const auto value = variable.substr(equals + 1);
    if (name == "IFACE") stanza.interface = value;
    if (name == "VERBOSITY") stanza.verbose = value == "1";
    if (name == "PHASE") {
      stanza.phase = value == "pre-up"      ? Phase::pre_up
                     : value == "post-up"   ? Phase::up
                     : value == "post-down" ? Phase::post_down
                                            : Phase::another;
    }
    if (name.starts_with(kInHandPrefix)) stanza.in_hand.emplace(name.substr(kInHandPrefix.size()));
    const bool is_option = name.starts_with("IF_BOND_") || name == "IF_SLAVES";
    if (is_option && !value.empty()) stanza.options.emplace_back(key_of_variable(name), value);
  }
  return stanza;
}

bool run_ifupdown(const IfupdownStanza& stanza, IfupdownHost& host) {
  Ifupdown ifupdown(stanza, host);
  switch (stanza.phase) {
    case Phase::pre_up:
      if (!stanza.master().empty()) return ifupdown.bring_up_slave();
      return !stanza.makes_bond() || ifupdown.bring_up_master();
    case Phase::up:
      if (!stanza.option("bond-give-a-chance").empty()) ifupdown.give_a_chance();
      return true;
    case Phase::post_down:
      ifupdown.take_down();
      return true;
    case Phase::another:
      return true;
  }
  std::unreachable();
}

}  // namespace ebond::cli
