// The rules of setting: mode, slaves, up or down, value, and what setting one option does to others. They are
// the driver's (bond_options.c), but that link and path monitors run side by side here: miimon and
// arp_interval do not clear each other.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <iterator>
#include <limits>

#include "core/interface_name.h"
#include "core/options/nearest.h"
#include "core/options/option_table.h"
#include "core/options/option_value.h"
#include "wire/ip_address.h"

namespace ebond::core {
namespace {

using Applied = std::expected<Notes, Refusal>;
using Kind = Refusal::Kind;

constexpr std::size_t kMaxTargets = 16;
constexpr Milliseconds kMiimonWhereItMustBe{100};
constexpr Milliseconds kLongestDelay{std::numeric_limits<std::int32_t>::max()};

std::unexpected<Refusal> refuse(Kind kind, std::string_view option, std::string_view value,
                                std::string_view why) {
  return std::unexpected(Refusal{kind, fmt::format("option {} cannot be set to '{}': {}", option, value, why),
                                 std::string(option)});
}

std::unexpected<Refusal> refuse_value(const OptionSpec& spec, std::string_view value) {
  return refuse(Kind::bad_value, spec.name, value, "accepted is " + accepted_values(spec));
}

std::unexpected<Refusal> refuse_name(std::string_view name) {
  const auto near = nearest(name, option_names());
  const auto hint = near.empty() ? std::string() : fmt::format("; did you mean '{}'?", near);
  return std::unexpected(Refusal{
      Kind::unknown_option, fmt::format("there is no bond option '{}'{}", name, hint), std::string(name)});
}

// ---- When an option may be set at all.

std::string fitting_modes(std::uint8_t unsuitable_modes) {
  std::string text;
  for (unsigned mode = 0; mode < kNumberOfModes; ++mode) {
    if ((unsuitable_modes >> mode & 1U) != 0) continue;
    if (!text.empty()) text += ", ";
    text += fmt::format("{} ({})", mode_name(static_cast<Mode>(mode)), mode);
  }
  return text;
}

std::expected<void, Refusal> check_mode(std::string_view option, std::uint8_t unsuitable_modes, Mode mode,
                                        std::string_view value) {
  if ((unsuitable_modes >> static_cast<unsigned>(mode) & 1U) == 0) return {};
  return refuse(
      Kind::not_in_mode, option, value,
      fmt::format("it is not for mode {}, only for {}", mode_name(mode), fitting_modes(unsuitable_modes)));
}

std::expected<void, Refusal> check_when(const OptionSpec& spec, std::string_view value,
                                        const OptionContext& context) {
  const bool wants_no_slaves = spec.when == When::no_slaves || spec.when == When::no_slaves_and_down;
  const bool wants_down = spec.when == When::bond_down || spec.when == When::no_slaves_and_down;
  if (wants_no_slaves && context.has_slaves) {
    return refuse(Kind::not_now, spec.name, value,
                  "it cannot change while the bond has slaves; release them first");
  }
  if (wants_down && context.admin_up) {
    return refuse(Kind::not_now, spec.name, value,
                  "it cannot change while the bond is up; set it down first");
  }
  return {};
}

// ---- Options whose setting reaches beyond themselves.

Applied refuse_netkit(std::string_view option, std::string_view value) {
  return refuse(Kind::conflict, option, value,
                "mode balance-alb hears what bond0 sends on its lower half, where netkit shows nothing; it "
                "wants bond0_device veth or auto, chosen when the bond is made");
}

Applied set_bond0_device(BondOptions& options, const OptionSpec& spec, std::int64_t number) {
  if (static_cast<Bond0Device>(number) == Bond0Device::netkit && needs_veth(options.mode)) {
    return refuse_netkit(spec.name, "netkit");
  }
  spec.set_number(options, number);
  return Notes{};
}

Applied set_mode(BondOptions& options, const OptionSpec& spec, std::int64_t number) {
  Notes notes;
  if (options.bond0_device == Bond0Device::netkit && needs_veth(static_cast<Mode>(number))) {
    return refuse_netkit(spec.name, mode_name(static_cast<Mode>(number)));
  }
  spec.set_number(options, number);
  // 802.3ad, balance-tlb, balance-alb, balance-slb: paths are watched there too, but beside links, not in
  // their stead.
  if (options.mode >= Mode::ieee8023ad && options.miimon.count() == 0) {
    options.miimon = kMiimonWhereItMustBe;
    notes.push_back(
        fmt::format("miimon is now {}: mode {} needs it", options.miimon.count(), mode_name(options.mode)));
  }
  if (options.mode == Mode::balance_alb) options.tlb_dynamic_lb = true;
  options.arp_validate = ArpValidate::none;
  options.broadcast_neighbor = false;
  return notes;
}

/// The driver keeps delays as multiples of miimon, so they follow it.
Applied set_miimon(BondOptions& options, const OptionSpec& spec, std::int64_t number) {
  Notes notes;
  const Milliseconds old = options.miimon;
  spec.set_number(options, number);
  for (auto [name, delay] :
       {std::pair{"updelay", &options.updelay}, std::pair{"downdelay", &options.downdelay},
        std::pair{"peer_notif_delay", &options.peer_notif_delay}}) {
    if (delay->count() == 0 || old == options.miimon) continue;
    const auto intervals = old.count() == 0 ? 0 : delay->count() / old.count();
    *delay = std::min(Milliseconds{intervals * options.miimon.count()}, kLongestDelay);
    notes.push_back(
        fmt::format("{} is now {} ms: it is kept as {} times miimon", name, delay->count(), intervals));
  }
  return notes;
}

Applied set_delay(BondOptions& options, const OptionSpec& spec, std::int64_t number) {
  const auto miimon = options.miimon.count();
  if (miimon == 0) {
    return refuse(Kind::conflict, spec.name, std::to_string(number),
                  "it counts in multiples of miimon, which is 0 (off); set miimon first");
  }
  const auto rounded = number / miimon * miimon;
  spec.set_number(options, rounded);
  if (rounded == number) return Notes{};
  return Notes{fmt::format("{} {} is not a multiple of miimon ({}): rounded down to {} ms", spec.name, number,
                           miimon, rounded)};
}

constexpr std::string_view kNothingProbed =
    "arp_interval probes nothing until arp_ip_target or ns_ip6_target is set";

bool has_targets(const BondOptions& options) {
  return !options.arp_ip_target.empty() || !options.ns_ip6_target.empty();
}

Applied set_arp_interval(BondOptions& options, const OptionSpec& spec, std::int64_t number) {
  spec.set_number(options, number);
  if (number == 0 || has_targets(options)) return Notes{};
  return Notes{std::string(kNothingProbed)};
}

Applied set_plainly(BondOptions& options, const OptionSpec& spec, std::int64_t number) {
  spec.set_number(options, number);
  return Notes{};
}

struct Special {
  std::string_view option;
  Applied (*set)(BondOptions&, const OptionSpec&, std::int64_t);
};
constexpr Special kSpecials[] = {{"mode", set_mode},
                                 {"miimon", set_miimon},
                                 {"updelay", set_delay},
                                 {"downdelay", set_delay},
                                 {"peer_notif_delay", set_delay},
                                 {"arp_interval", set_arp_interval},
                                 {"bond0_device", set_bond0_device}};

Applied apply_number(BondOptions& options, const OptionSpec& spec, std::string_view value) {
  const auto number = parse_number(spec, value);
  if (!number) return refuse_value(spec, value);
  const auto* special = std::ranges::find(kSpecials, spec.name, &Special::option);
  return (special == std::end(kSpecials) ? set_plainly : special->set)(options, spec, *number);
}

// ---- Names, MACs, target lists.

Applied apply_name(BondOptions& options, const OptionSpec& spec, std::string_view value) {
  if (!value.empty() && !any_interface_name_fault(value).empty()) return refuse_value(spec, value);
  if (!spec.is_action) options.primary = value;  // the one stored name
  return Notes{};
}

Applied apply_mac(BondOptions& options, const OptionSpec& spec, std::string_view value) {
  const auto mac = value.empty() ? MacAddress{} : MacAddress::parse(value);
  if (!mac || mac->is_multicast()) return refuse_value(spec, value);
  options.ad_actor_system = mac->is_zero() ? std::nullopt : mac;
  return Notes{};
}

std::optional<Ipv4Address> parse_address(std::string_view text, Ipv4Address) {
  return wire::parse_ipv4(text);
}
std::optional<Ipv6Address> parse_address(std::string_view text, Ipv6Address) {
  return wire::parse_ipv6(text);
}

std::optional<IpAddress> parse_address(std::string_view text, const IpAddress&) {
  return wire::parse_ip(text);
}

/// Adds (+a) or removes (-a) one target.
template <class Address>
std::expected<void, Refusal> edit_target(std::vector<Address>& targets, const OptionSpec& spec, bool remove,
                                         std::string_view text, std::string_view value) {
  const auto address = parse_address(text, Address{});
  if (!address || !is_probe_target(*address)) return refuse_value(spec, value);
  const auto found = std::ranges::find(targets, *address);
  if (remove) {
    if (found == targets.end()) {
      return refuse(Kind::bad_value, spec.name, value, fmt::format("{} is not in the list", text));
    }
    targets.erase(found);
    return {};
  }
  if (found != targets.end()) {
    return refuse(Kind::bad_value, spec.name, value, fmt::format("{} is in the list already", text));
  }
  if (targets.size() == kMaxTargets) {
    return refuse(Kind::bad_value, spec.name, value, fmt::format("there may be {} at most", kMaxTargets));
  }
  targets.push_back(*address);
  return {};
}

/// "a,b" replaces the list, as iproute2 does; "+a" and "-a" edit it, as sysfs does. All or none.
template <class Address>
Applied apply_targets(std::vector<Address>& targets, const OptionSpec& spec, std::string_view value) {
  const bool edits = value.starts_with('+') || value.starts_with('-');
  auto changed = edits ? targets : std::vector<Address>{};
  for (std::string_view rest = value; !rest.empty();) {
    const auto comma = rest.find(',');
    auto item = trimmed(rest.substr(0, comma));
    const bool remove = item.starts_with('-');
    const bool is_signed = remove || item.starts_with('+');
    if (is_signed != edits) return refuse_value(spec, value);
    if (is_signed) item.remove_prefix(1);
    auto done = edit_target(changed, spec, remove, item, value);
    if (!done) return std::unexpected(done.error());
    if (comma == rest.size() - 1) return refuse_value(spec, value);  // a comma at the end
    rest.remove_prefix(comma == std::string_view::npos ? rest.size() : comma + 1);
  }
  targets = std::move(changed);
  return Notes{};
}

Notes note_of_last_target(const BondOptions& before, const BondOptions& after) {
  const auto count = [](const BondOptions& o) { return o.arp_ip_target.size() + o.ns_ip6_target.size(); };
  if (after.arp_interval.count() == 0 || count(before) == 0 || count(after) > 0) return {};
  return {"the last target is gone: arp_interval probes nothing until another is set"};
}

Applied apply_list(BondOptions& options, const OptionSpec& spec, std::string_view value) {
  BondOptions changed = options;
  auto done = spec.kind == ValueKind::ipv4_list   ? apply_targets(changed.arp_ip_target, spec, value)
              : spec.kind == ValueKind::ipv6_list ? apply_targets(changed.ns_ip6_target, spec, value)
                                                  : apply_targets(changed.path_target, spec, value);
  if (!done) return done;
  Notes notes = note_of_last_target(options, changed);
  options = std::move(changed);
  return notes;
}

/// What the options of the path monitor come to together.
Notes notes_of_path_monitor(const BondOptions& options) {
  if (options.path_monitor == PathMonitor::off) return {};
  const auto* const monitor = find_option("path_monitor");
  const auto name = monitor->get(options);
  if (options.path_target.empty()) {
    return {fmt::format("path_monitor {} has nothing to probe until path_target is set", name)};
  }
  if (options.path_monitor == PathMonitor::micro_bfd && options.path_target.size() > 1) {
    return {
        fmt::format("path_monitor {} speaks only to the far end of each link, {}: the other targets are "
                    "not used",
                    name, wire::to_string(options.path_target.front()))};
  }
  return {};
}

bool is_about_paths(std::string_view option) {
  return option == "path_monitor" || option == "path_target";
}

Applied apply_value(BondOptions& options, const OptionSpec& spec, std::string_view value) {
  switch (spec.kind) {
    case ValueKind::choice:
    case ValueKind::flag:
    case ValueKind::number:
    case ValueKind::milliseconds:
      return apply_number(options, spec, value);
    case ValueKind::slave_name:
      return apply_name(options, spec, value);
    case ValueKind::mac:
      return apply_mac(options, spec, value);
    case ValueKind::ipv4_list:
    case ValueKind::ipv6_list:
    case ValueKind::ip_list:
      return apply_list(options, spec, value);
  }
  return refuse_value(spec, value);
}

/// The same again may be said of a bond that is there.
Applied apply_what_is_chosen_once(const BondOptions& options, const OptionSpec& spec,
                                  std::string_view value) {
  BondOptions changed = options;
  if (auto done = apply_value(changed, spec, value); !done) return done;
  if (spec.get(changed) == spec.get(options)) return Notes{};
  return refuse(Kind::not_now, spec.name, value,
                "it is chosen when the bond is made; delete the bond and add it again");
}

}  // namespace

std::expected<Notes, Refusal> apply_option(BondOptions& options, std::string_view name,
                                           std::string_view value, const OptionContext& context) {
  const OptionSpec* spec = find_option(name);
  if (spec == nullptr) return refuse_name(name);
  value = trimmed(value);
  auto may = check_mode(spec->name, spec->unsuitable_modes, options.mode, value);
  if (may) may = check_when(*spec, value, context);
  if (!may) return std::unexpected(may.error());
  if (spec->when == When::at_creation && context.exists) {
    return apply_what_is_chosen_once(options, *spec, value);
  }
  return apply_value(options, *spec, value);
}

std::expected<Notes, Refusal> apply_options(BondOptions& options,
                                            const std::vector<std::pair<std::string, std::string>>& changes,
                                            const OptionContext& context) {
  std::vector<std::pair<const OptionSpec*, std::string_view>> ordered;
  for (const auto& [name, value] : changes) {
    const OptionSpec* spec = find_option(name);
    if (spec == nullptr) return refuse_name(name);
    ordered.emplace_back(spec, value);
  }
  std::ranges::stable_sort(ordered, {}, [](const auto& change) { return change.first; });

  BondOptions changed = options;
  Notes notes;
  for (const auto& [spec, value] : ordered) {
    auto done = apply_option(changed, spec->name, value, context);
    if (!done) return done;
    notes.insert(notes.end(), done->begin(), done->end());
  }
  if (has_targets(changed)) std::erase(notes, kNothingProbed);  // they came after it
  if (std::ranges::any_of(ordered, [](const auto& change) { return is_about_paths(change.first->name); })) {
    std::ranges::move(notes_of_path_monitor(changed), std::back_inserter(notes));
  }
  options = std::move(changed);
  return notes;
}

bool ask_for_slaves_away(const std::vector<std::pair<std::string, std::string>>& options) {
  BondOptions asked;
  for (const auto& [name, value] : options) (void)apply_option(asked, name, value, {});
  return asked.slaves_away;
}

// ---- Slaves.

namespace {

bool is_queue_id(const SlaveOptionSpec& spec) {
  return spec.name == "queue_id";
}

std::optional<std::int64_t> parse_number(const SlaveOptionSpec& spec, std::string_view text,
                                         const SlaveOptionContext& context) {
  const bool negative = spec.minimum < 0 && text.starts_with('-');
  auto number = parse_digits(negative ? text.substr(1) : text);
  if (number && negative) number = -*number;
  const auto maximum = is_queue_id(spec) ? context.tx_queues : spec.maximum;
  return number && *number >= spec.minimum && *number <= maximum ? number : std::nullopt;
}

std::string accepted_values(const SlaveOptionSpec& spec, const SlaveOptionContext& context) {
  if (!is_queue_id(spec)) return fmt::format("{} to {}", spec.minimum, spec.maximum);
  return fmt::format("0 (none) to {}, the bond's number of queues", context.tx_queues);
}

bool is_taken(std::int64_t queue_id, const SlaveOptionContext& context) {
  return queue_id != 0 &&
         std::ranges::find(context.other_queue_ids, queue_id) != context.other_queue_ids.end();
}

}  // namespace

std::expected<void, Refusal> apply_slave_option(SlaveOptions& options, std::string_view name,
                                                std::string_view value, const SlaveOptionContext& context) {
  const SlaveOptionSpec* spec = find_slave_option(name);
  if (spec == nullptr) {
    return std::unexpected(Refusal{Kind::unknown_option,
                                   fmt::format("there is no slave option '{}'; there are {}", name,
                                               fmt::join(slave_option_names(), ", ")),
                                   std::string(name)});
  }
  value = trimmed(value);
  if (auto may = check_mode(name, spec->unsuitable_modes, context.mode, value); !may) return may;
  const auto number = parse_number(*spec, value, context);
  if (!number) {
    return refuse(Kind::bad_value, name, value, "accepted is " + accepted_values(*spec, context));
  }
  if (is_queue_id(*spec) && is_taken(*number, context)) {
    return refuse(Kind::conflict, name, value, "another slave of the bond has it");
  }
  spec->set(options, *number);
  return {};
}

}  // namespace ebond::core
