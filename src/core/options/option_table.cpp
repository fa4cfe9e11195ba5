// The rows of the table. Ranges, modes and times are those of the driver's bond_options.c; the rules that
// reach beyond one row are in option_apply.cpp.
#include "core/options/option_table.h"

#include <algorithm>
#include <initializer_list>
#include <limits>
#include <type_traits>

#include "wire/ip_address.h"

namespace ebond::core {
namespace {

constexpr std::int64_t kIntMax = std::numeric_limits<std::int32_t>::max();

// ---- Words for values. What a number has besides its range is what sysfs takes from the driver's users.

constexpr NamedValue kModes[] = {{"balance-rr", 0},  {"active-backup", 1}, {"balance-xor", 2},
                                 {"broadcast", 3},   {"802.3ad", 4},       {"balance-tlb", 5},
                                 {"balance-alb", 6}, {"balance-slb", 7}};
static_assert(std::size(kModes) == kNumberOfModes);
constexpr NamedValue kPolicies[] = {{"layer2", 0},   {"layer3+4", 1}, {"layer2+3", 2},
                                    {"encap2+3", 3}, {"encap3+4", 4}, {"vlan+srcmac", 5}};
constexpr NamedValue kArpValidate[] = {{"none", 0},   {"active", 1},        {"backup", 2},       {"all", 3},
                                       {"filter", 4}, {"filter_active", 5}, {"filter_backup", 6}};
constexpr NamedValue kArpAllTargets[] = {{"any", 0}, {"all", 1}};
constexpr NamedValue kPrimaryReselect[] = {{"always", 0}, {"better", 1}, {"failure", 2}};
constexpr NamedValue kFailOverMac[] = {{"none", 0}, {"active", 1}, {"follow", 2}};
constexpr NamedValue kLacpRate[] = {{"slow", 0}, {"fast", 1}};
constexpr NamedValue kAdSelect[] = {{"stable", 0}, {"bandwidth", 1}, {"count", 2}, {"actor_port_prio", 3}};
constexpr NamedValue kTxTable[] = {{"modulo", 0}, {"resilient", 1}};
constexpr NamedValue kWeight[] = {{"equal", 0}, {"speed", 1}};
constexpr NamedValue kPathMonitor[] = {{"off", 0}, {"icmp", 1}, {"bfd", 2}, {"micro_bfd", 3}};
constexpr NamedValue kFailback[] = {{"auto", 0}, {"proof", 1}, {"immediate", 2}};
constexpr NamedValue kBond0Device[] = {{"auto", 0}, {"netkit", 1}, {"veth", 2}};
constexpr NamedValue kOffOn[] = {{"off", 0}, {"on", 1}};

constexpr NamedValue kOffToIntMax[] = {{"off", 0}, {"maxval", kIntMax}};
constexpr NamedValue kOffTo255[] = {{"off", 0}, {"maxval", 255}};
constexpr NamedValue kOffToFiveMinutes[] = {{"off", 0}, {"maxval", 300000}};
constexpr NamedValue kTo65535[] = {{"maxval", 65535}};
constexpr NamedValue kOneTo255[] = {{"minval", 1}, {"maxval", 255}};
constexpr NamedValue kTwoTo255[] = {{"minval", 2}, {"maxval", 255}};
constexpr NamedValue kThreeToMinute[] = {{"minval", 3}, {"maxval", 60000}};
constexpr NamedValue kOneTo65535[] = {{"minval", 1}, {"maxval", 65535}};
constexpr NamedValue kOneToIntMax[] = {{"minval", 1}, {"maxval", kIntMax}};
constexpr NamedValue kTo1023[] = {{"minval", 0}, {"maxval", 1023}};

// ---- Modes.

constexpr std::uint8_t bit(Mode mode) {
  return static_cast<std::uint8_t>(1U << static_cast<unsigned>(mode));
}
constexpr std::uint8_t all_but(std::initializer_list<Mode> modes) {
  std::uint8_t mask = (1U << kNumberOfModes) - 1;
  for (Mode mode : modes) mask = static_cast<std::uint8_t>(mask & ~bit(mode));
  return mask;
}
constexpr auto kOnlyWhereMacsMove = all_but({Mode::active_backup, Mode::balance_slb});
constexpr auto kNotInSlb = bit(Mode::balance_slb);
constexpr auto kOnlyRoundRobin = all_but({Mode::balance_rr});
constexpr auto kOnlyLacp = all_but({Mode::ieee8023ad});
constexpr auto kOnlyWithActiveSlave =
    all_but({Mode::active_backup, Mode::balance_tlb, Mode::balance_alb, Mode::balance_slb});
constexpr auto kOnlyLoadBalancing = all_but({Mode::balance_tlb, Mode::balance_alb});
constexpr auto kOnlyHashing = all_but({Mode::balance_xor, Mode::ieee8023ad, Mode::balance_tlb});
constexpr auto kOnlyWeighing =
    all_but({Mode::balance_xor, Mode::ieee8023ad, Mode::balance_tlb, Mode::balance_slb});

// ---- Between a member of BondOptions and a number or text.

template <auto Member>
using MemberType = std::remove_cvref_t<decltype(std::declval<BondOptions&>().*Member)>;

template <auto Member>
std::int64_t number_of(const BondOptions& options) {
  if constexpr (std::is_same_v<MemberType<Member>, Milliseconds>) {
    return (options.*Member).count();
  } else {
    return static_cast<std::int64_t>(options.*Member);
  }
}

template <auto Member>
void store(BondOptions& options, std::int64_t number) {
  options.*Member = static_cast<MemberType<Member>>(number);
}

template <auto Member>
std::string digits_of(const BondOptions& options) {
  return std::to_string(number_of<Member>(options));
}

template <auto Member, const auto& Values>
std::string word_of(const BondOptions& options) {
  const auto number = number_of<Member>(options);
  const auto* value = std::ranges::find(Values, number, &NamedValue::number);
  return value == std::end(Values) ? std::to_string(number) : std::string(value->name);
}

template <class Address>
std::string list_text(const std::vector<Address>& addresses) {
  std::string text;
  for (const auto& address : addresses) {
    if (!text.empty()) text += ',';
    text += wire::to_string(address);
  }
  return text;
}

// ---- How a row is written.

struct Rule {
  std::uint8_t unsuitable_modes = 0;
  When when = When::always;
  bool own = false;
};

constexpr OptionSpec row(std::string_view name, ValueKind kind, std::span<const NamedValue> values,
                         const Rule& rule, std::string_view help) {
  OptionSpec spec{};
  spec.name = name;
  spec.kind = kind;
  spec.values = values;
  spec.unsuitable_modes = rule.unsuitable_modes;
  spec.when = rule.when;
  spec.own = rule.own;
  spec.help = help;
  return spec;
}

template <auto Member, const auto& Values>
constexpr OptionSpec choice(std::string_view name, std::string_view help, const Rule& rule = {}) {
  OptionSpec spec = row(name, ValueKind::choice, Values, rule, help);
  spec.get = word_of<Member, Values>;
  spec.get_number = number_of<Member>;
  spec.set_number = store<Member>;
  return spec;
}

template <auto Member>
constexpr OptionSpec flag(std::string_view name, std::string_view help, const Rule& rule = {}) {
  OptionSpec spec = choice<Member, kOffOn>(name, help, rule);
  spec.kind = ValueKind::flag;
  return spec;
}

struct Range {
  std::int64_t minimum;
  std::int64_t maximum;
};

template <auto Member, const auto& Words>
constexpr OptionSpec number(std::string_view name, Range range, std::string_view help, const Rule& rule = {},
                            std::string_view alias = {}) {
  OptionSpec spec = row(name, ValueKind::number, Words, rule, help);
  if constexpr (std::is_same_v<MemberType<Member>, Milliseconds>) spec.kind = ValueKind::milliseconds;
  spec.alias = alias;
  spec.minimum = range.minimum;
  spec.maximum = range.maximum;
  spec.get = digits_of<Member>;
  spec.get_number = number_of<Member>;
  spec.set_number = store<Member>;
  return spec;
}

constexpr OptionSpec text(std::string_view name, ValueKind kind, std::string (*get)(const BondOptions&),
                          std::string_view help, const Rule& rule = {}) {
  OptionSpec spec = row(name, kind, {}, rule, help);
  spec.get = get;
  return spec;
}

constexpr OptionSpec action(std::string_view name, ValueKind kind, std::string_view help, const Rule& rule) {
  OptionSpec spec = text(name, kind, [](const BondOptions&) { return std::string(); }, help, rule);
  spec.is_action = true;
  return spec;
}

using O = BondOptions;

constexpr OptionSpec kTable[] = {
    choice<&O::mode, kModes>("mode", "how slaves share the traffic", {.when = When::no_slaves_and_down}),
    action("active_slave", ValueKind::slave_name, "make this slave the active one; empty: choose again",
           {.unsuitable_modes = kOnlyWithActiveSlave}),

    number<&O::miimon, kOffToIntMax>("miimon", {0, kIntMax}, "link check interval in ms; 0: off"),
    number<&O::updelay, kOffToIntMax>("updelay", {0, kIntMax},
                                      "ms a restored link waits before use; a multiple of miimon"),
    number<&O::downdelay, kOffToIntMax>("downdelay", {0, kIntMax},
                                        "ms a lost link is still used; a multiple of miimon"),
    number<&O::peer_notif_delay, kOffToFiveMinutes>(
        "peer_notif_delay", {0, 300000}, "ms between announcements after a failover; a multiple of miimon",
        {}, "peer_notify_delay"),
    flag<&O::use_carrier>("use_carrier", "judge links by carrier (on) or by MII/ethtool registers (off)"),

    number<&O::arp_interval, kOffToIntMax>("arp_interval", {0, kIntMax},
                                           "ARP/ND probe interval in ms; 0: off"),
    text(
        "arp_ip_target", ValueKind::ipv4_list, [](const O& o) { return list_text(o.arp_ip_target); },
        "addresses probed by ARP: a,b replaces the list, +a adds, -a removes"),
    text(
        "ns_ip6_target", ValueKind::ipv6_list, [](const O& o) { return list_text(o.ns_ip6_target); },
        "addresses probed by neighbour solicitation: a,b replaces the list, +a adds, -a removes"),
    choice<&O::arp_validate, kArpValidate>("arp_validate", "which slaves' probes and answers are checked"),
    choice<&O::arp_all_targets, kArpAllTargets>("arp_all_targets",
                                                "a slave is up if any or all targets answer"),

    text("primary", ValueKind::slave_name, [](const O& o) { return o.primary; },
         "the slave preferred as active; empty: none", {.unsuitable_modes = kOnlyWithActiveSlave}),
    choice<&O::primary_reselect, kPrimaryReselect>("primary_reselect",
                                                   "when a returned primary becomes active again"),
    choice<&O::fail_over_mac, kFailOverMac>("fail_over_mac", "how MACs change at a failover in active-backup",
                                            {.when = When::no_slaves}),
    choice<&O::xmit_hash_policy, kPolicies>("xmit_hash_policy", "the frame fields that choose the slave",
                                            {.unsuitable_modes = kNotInSlb}),
    number<&O::resend_igmp, kOffTo255>("resend_igmp", {0, 255}, "IGMP reports sent after a failover"),
    number<&O::num_peer_notif, kOffTo255>("num_grat_arp", {0, 255},
                                          "gratuitous ARPs and unsolicited NAs sent after a failover", {},
                                          "num_unsol_na"),
    flag<&O::all_slaves_active>("all_slaves_active", "take frames received by backup slaves too",
                                {.unsuitable_modes = kNotInSlb}),
    number<&O::min_links, kOffToIntMax>("min_links", {0, kIntMax}, "links needed for the bond's carrier"),
    number<&O::lp_interval, kOneToIntMax>("lp_interval", {1, kIntMax},
                                          "seconds between learning packets to each slave's switch"),
    number<&O::packets_per_slave, kTo65535>("packets_per_slave", {0, 65535},
                                            "frames to a slave before the next one; 0: random",
                                            {.unsuitable_modes = kOnlyRoundRobin}),

    flag<&O::lacp_active>("lacp_active", "send LACPDUs unasked (on) or only to a partner that does (off)",
                          {.unsuitable_modes = kOnlyLacp, .when = When::bond_down}),
    choice<&O::lacp_rate, kLacpRate>("lacp_rate", "LACPDUs asked of the partner: every 30 s or every second",
                                     {.unsuitable_modes = kOnlyLacp, .when = When::bond_down}),
    choice<&O::ad_select, kAdSelect>("ad_select", "which aggregator is used", {.when = When::bond_down}),
    number<&O::ad_actor_sys_prio, kOneTo65535>("ad_actor_sys_prio", {1, 65535}, "LACP system priority",
                                               {.unsuitable_modes = kOnlyLacp}),
    number<&O::ad_user_port_key, kTo1023>("ad_user_port_key", {0, 1023}, "upper ten bits of the port key",
                                          {.unsuitable_modes = kOnlyLacp, .when = When::bond_down}),
    text("ad_actor_system", ValueKind::mac,
         [](const O& o) { return o.ad_actor_system ? o.ad_actor_system->to_string() : std::string(); },
         "LACP system MAC address; empty or zero: the bond's own", {.unsuitable_modes = kOnlyLacp}),
    flag<&O::tlb_dynamic_lb>("tlb_dynamic_lb", "move flows by load (on) or place them by hash (off)",
                             {.unsuitable_modes = kOnlyLoadBalancing, .when = When::bond_down}),
    number<&O::arp_missed_max, kOneTo255>("arp_missed_max", {1, 255},
                                          "missed probe intervals after which a slave is down"),
    flag<&O::coupled_control>("coupled_control", "LACP Mux: collect and distribute together",
                              {.unsuitable_modes = kOnlyLacp, .when = When::bond_down}),
    flag<&O::broadcast_neighbor>("broadcast_neighbor", "send ARP and ND frames out of every active slave",
                                 {.unsuitable_modes = kOnlyLacp}),

    choice<&O::tx_table, kTxTable>("tx_table",
                                   "modulo: as the driver; resilient: a lost slave moves only its own flows",
                                   {.unsuitable_modes = kOnlyHashing, .own = true}),
    choice<&O::weight, kWeight>("weight", "flows in equal shares, or in proportion to link speed",
                                {.unsuitable_modes = kOnlyWeighing, .own = true}),
    choice<&O::path_monitor, kPathMonitor>("path_monitor",
                                           "probes beyond each slave's link: icmp echo or bfd (RFC 5881) to "
                                           "path_target, or micro_bfd (RFC 7130)",
                                           {.unsuitable_modes = kNotInSlb, .own = true}),
    number<&O::path_interval, kThreeToMinute>("path_interval", {3, 60000},
                                              "ms from one probe of path_monitor to the next", {.own = true}),
    number<&O::path_multiplier, kTwoTo255>(
        "path_multiplier", {2, 255}, "intervals without an answer after which a path is lost", {.own = true}),
    text("path_target", ValueKind::ip_list, [](const O& o) { return list_text(o.path_target); },
         "addresses probed by path_monitor: a,b replaces the list, +a adds, -a removes", {.own = true}),
    choice<&O::failback, kFailback>("failback",
                                    "use a restored link once a frame has proved it, or at once; auto: proof "
                                    "if there is a target to watch",
                                    {.own = true}),
    flag<&O::flap_damping>("flap_damping",
                           "hold out a link that goes and comes, for 1 s, 2 s, 4 s, up to 5 minutes",
                           {.own = true}),
    flag<&O::announce_behind>(
        "announce_behind",
        "after a failover, teach switches the MACs of what is bridged to the bond or has a "
        "macvlan on it",
        {.unsuitable_modes = kOnlyWhereMacsMove, .own = true}),
    flag<&O::lacp_strict>("lacp_strict", "no carrier without a partner that aggregates",
                          {.unsuitable_modes = kOnlyLacp, .own = true}),
    flag<&O::lacp_fallback>("lacp_fallback",
                            "while no LACPDU is received, the slave with the lowest actor_port_prio carries",
                            {.unsuitable_modes = kOnlyLacp, .own = true}),
    choice<&O::bond0_device, kBond0Device>("bond0_device",
                                           "what the interface is made as; auto: netkit where the kernel has "
                                           "it (Linux 6.7) and the mode does not "
                                           "need a veth",
                                           {.when = When::at_creation, .own = true}),
    flag<&O::slaves_away>(
        "slaves_away",
        "keep the slaves in a network namespace of the bond's own, bond-BOND, while the bond "
        "stays; they are given back where they were",
        {.when = When::at_creation, .own = true}),
};

// ---- Slaves.

template <auto Member>
constexpr SlaveOptionSpec slave_number(std::string_view name, Range range, std::uint8_t unsuitable_modes,
                                       std::string_view help) {
  using Number = std::remove_cvref_t<decltype(std::declval<SlaveOptions&>().*Member)>;
  return {.name = name,
          .minimum = range.minimum,
          .maximum = range.maximum,
          .unsuitable_modes = unsuitable_modes,
          .help = help,
          .get = [](const SlaveOptions& options) -> std::int64_t { return options.*Member; },
          .set = [](SlaveOptions& options,
                    std::int64_t number) { options.*Member = static_cast<Number>(number); }};
}

using S = SlaveOptions;

constexpr SlaveOptionSpec kSlaveTable[] = {
    slave_number<&S::prio>("prio", {std::numeric_limits<std::int32_t>::min(), kIntMax}, kOnlyWithActiveSlave,
                           "preference in the choice of an active slave, higher before lower"),
    slave_number<&S::queue_id>(
        "queue_id", {0, SlaveOptionContext{}.tx_queues}, 0,
        "the transmit queue of the bond whose frames leave by this slave; 0: none of its own"),
    slave_number<&S::actor_port_prio>("actor_port_prio", {0, 65535}, kOnlyLacp,
                                      "the slave's LACP port priority, lower before higher"),
};

constexpr std::string_view kPeerNotifJsonName = "num_peer_notif";  // what `ip -j` calls num_grat_arp

}  // namespace

std::span<const OptionSpec> option_table() {
  return kTable;
}

const OptionSpec* find_option(std::string_view name) {
  if (name.empty()) return nullptr;
  if (name == kPeerNotifJsonName) name = "num_grat_arp";
  if (name == "ad_lacp_active" || name == "ad_lacp_rate") name.remove_prefix(3);  // `ip -j` again
  const auto* spec = std::ranges::find_if(
      kTable, [name](const OptionSpec& row) { return row.name == name || row.alias == name; });
  return spec == std::end(kTable) ? nullptr : spec;
}

std::vector<std::string> option_names() {
  std::vector<std::string> names;
  for (const auto& spec : kTable) {
    names.emplace_back(spec.name);
    if (!spec.alias.empty()) names.emplace_back(spec.alias);
  }
  return names;
}

std::span<const SlaveOptionSpec> slave_option_table() {
  return kSlaveTable;
}

const SlaveOptionSpec* find_slave_option(std::string_view name) {
  const auto* spec = std::ranges::find(kSlaveTable, name, &SlaveOptionSpec::name);
  return spec == std::end(kSlaveTable) ? nullptr : spec;
}

std::vector<std::string> slave_option_names() {
  std::vector<std::string> names;
  for (const auto& spec : kSlaveTable) names.emplace_back(spec.name);
  return names;
}

std::vector<std::pair<std::string, std::string>> slave_option_texts(const SlaveOptions& options) {
  std::vector<std::pair<std::string, std::string>> texts;
  for (const auto& spec : kSlaveTable) texts.emplace_back(spec.name, std::to_string(spec.get(options)));
  return texts;
}

std::string_view mode_name(Mode mode) {
  return std::span(kModes)[static_cast<std::size_t>(mode)].name;
}

std::optional<Mode> parse_mode(std::string_view text) {
  for (const auto& [name, number] : kModes) {
    if (text == name || text == std::to_string(number)) return static_cast<Mode>(number);
  }
  return std::nullopt;
}

std::string_view xmit_hash_policy_name(XmitHashPolicy policy) {
  return std::span(kPolicies)[static_cast<std::size_t>(policy)].name;
}

}  // namespace ebond::core
