// Options of a living bond: all changes are tried on a copy, and only if every one is right do their effects
// follow.
#include <fmt/core.h>

#include <algorithm>
#include <utility>

#include "core/bond_state.h"
#include "core/options/option_table.h"

namespace ebond::core {
namespace {

using Change = std::pair<std::string, std::string>;

constexpr std::string_view kActiveSlave = "active_slave";

/// Every option that is not what it was: those named, and those the table changed along with them.
void record_changes(const BondOptions& before, const BondOptions& after, std::vector<Event>& events) {
  for (const OptionSpec& option : option_table()) {
    if (!option.get) continue;
    auto from = option.get(before);
    auto to = option.get(after);
    if (from == to) continue;
    events.push_back({"option", "", std::move(from), std::move(to), fmt::format("{} set", option.name)});
  }
}

bool names(const std::vector<Change>& changes, std::string_view name) {
  return std::ranges::any_of(changes, [&](const Change& change) {
    const OptionSpec* const option = find_option(change.first);
    return option && option->name == name;
  });
}

std::optional<std::string> named_active_slave(const std::vector<Change>& changes) {
  for (const auto& [key, value] : changes) {
    const OptionSpec* const option = find_option(key);
    if (option && option->name == kActiveSlave) return value;
  }
  return std::nullopt;
}

}  // namespace

Outcome<> Bond::set(const std::vector<Change>& changes, TimePoint now) {
  State& state = *state_;
  BondOptions wanted = state.options;
  const auto notes =
      apply_options(wanted, changes, {.has_slaves = !state.slaves.empty(), .admin_up = state.admin_up});
  if (!notes) return std::unexpected(notes.error());
  const auto active_name = named_active_slave(changes);
  if (active_name) {
    if (auto refusal = state.refuse_active(*active_name)) return std::unexpected(*refusal);
  }

  Turn turn{.now = now, .seen_by = "command"};
  record_changes(state.options, wanted, turn.events);
  for (const auto& note : *notes) turn.events.push_back({"warning", "", "", "", note});
  const BondOptions before = std::exchange(state.options, std::move(wanted));
  if (state.options.miimon != before.miimon) state.start_polling(now);
  if (state.uses_active_slave()) {
    if (names(changes, "primary")) state.primary_named(turn);
    if (names(changes, "primary_reselect")) state.select_active("primary_reselect set", turn);
    if (active_name) state.active_named(*active_name, turn);
  }
  return state.settle(turn);
}

Outcome<> Bond::set_slave(IfIndex slave_index, std::string_view key, std::string_view value, TimePoint now) {
  State& state = *state_;
  Slave* const slave = state.find(slave_index);
  if (!slave) {
    return std::unexpected(Refusal{
        Refusal::Kind::no_such_slave,
        fmt::format("Interface {} is not a slave of {}.", std::to_underlying(slave_index), state.name),
        {}});
  }
  std::vector<std::uint16_t> other_queue_ids;
  for (const Slave& other : state.slaves) {
    if (&other != slave) other_queue_ids.push_back(other.options.queue_id);
  }
  const SlaveOptions before = slave->options;
  SlaveOptionContext context;
  context.mode = state.options.mode;
  context.other_queue_ids = other_queue_ids;
  if (auto applied = apply_slave_option(slave->options, key, value, context); !applied) {
    return std::unexpected(applied.error());
  }
  Turn turn{.now = now, .seen_by = "command"};
  turn.events.push_back({"option", slave->name, "", std::string(value), fmt::format("{} set", key)});
  const bool reselects = state.uses_active_slave() && !state.candidates().primary;
  if (slave->options.prio != before.prio && reselects) state.select_active("prio set", turn);
  return state.settle(turn);
}

/// The driver's rule: one of ours, its link up, while there is an active one to take over from.
std::optional<Refusal> Bond::State::refuse_active(const std::string& slave_name) {
  if (slave_name.empty()) return std::nullopt;
  const auto refuse = [](Refusal::Kind kind, std::string message) {
    return Refusal{kind, std::move(message), std::string(kActiveSlave)};
  };
  const auto wanted = std::ranges::find(slaves, slave_name, &Slave::name);
  if (wanted == slaves.end()) {
    return refuse(Refusal::Kind::no_such_slave,
                  fmt::format("active_slave {0}: {0} is not a slave of {1}.", slave_name, name));
  }
  if (active == wanted->ifindex || (active && wanted->is_up())) return std::nullopt;
  return refuse(Refusal::Kind::not_now, fmt::format("active_slave {0}: the {1} of {0} is {2}; it must be up.",
                                                    slave_name, wanted->monitor.is_up() ? "path" : "link",
                                                    mii_status_name(wanted->mii_status())));
}

void Bond::State::active_named(const std::string& slave_name, Turn& turn) {
  const auto wanted = std::ranges::find(slaves, slave_name, &Slave::name);
  if (wanted != slaves.end()) return change_active(&*wanted, "by command", turn);
  change_active(nullptr, "active_slave cleared", turn);
  select_active("active_slave cleared", turn);
}

void Bond::State::primary_named(Turn& turn) {
  force_primary = find_primary(slaves, options.primary) != nullptr;
  select_active(options.primary.empty() ? "primary cleared" : "primary set", turn);
}

}  // namespace ebond::core
