// The one option table: every option of a bond once, with its name, values, range, default, the modes it is
// not for and when it may change. CLI, config formats, JSON, proc text and man page read it.
// Rules are the driver's (drivers/net/bonding/bond_options.c); ebond's own options stand in it too.
#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/options/options.h"
#include "core/refusal.h"

namespace ebond::core {

enum class ValueKind : std::uint8_t {
  choice,
  number,
  milliseconds,
  flag,
  slave_name,
  mac,
  ipv4_list,
  ipv6_list,
  ip_list  ///< of either family
};

struct NamedValue {
  std::string_view name;
  std::int64_t number;
};

/// When an option may change, beside the mode: the driver's IFDOWN and NOSLAVES flags; and what is chosen
/// once, when the bond is made.
enum class When : std::uint8_t { always, bond_down, no_slaves, no_slaves_and_down, at_creation };

struct OptionSpec {
  std::string_view name;   ///< iproute2's name
  std::string_view alias;  ///< a second name (num_unsol_na), or empty
  ValueKind kind;
  std::span<const NamedValue> values;  ///< all values of a choice or flag; words beside a number's range
  std::int64_t minimum = 0;            ///< for number and milliseconds
  std::int64_t maximum = 0;
  std::uint8_t unsuitable_modes = 0;  ///< bit n: not in mode n
  When when = When::always;
  bool own = false;        ///< ebond's, not the driver's
  bool is_action = false;  ///< acts on the bond and is not stored (active_slave)
  std::string_view help;   ///< one line for --help and the manual

  std::string (*get)(const BondOptions&) = nullptr;  ///< canonical text; "" where unset; set it again and
                                                     ///< nothing changes
  // For choice, flag, number and milliseconds; null for the others.
  std::int64_t (*get_number)(const BondOptions&) = nullptr;
  void (*set_number)(BondOptions&, std::int64_t) = nullptr;  ///< checks nothing: apply_option() does

  bool fits_mode(Mode mode) const { return (unsuitable_modes >> static_cast<unsigned>(mode) & 1U) == 0; }
};

/// In the order in which options given together take effect (the driver's netlink order: the mode first).
std::span<const OptionSpec> option_table();
/// By name or alias; the driver's sysfs and module-parameter spellings too ("lacp_active", "num_grat_arp").
const OptionSpec* find_option(std::string_view name);

/// Every name and alias of the table.
std::vector<std::string> option_names();

struct OptionContext {
  bool has_slaves = false;
  bool admin_up = false;
  bool exists = false;  ///< it is made already
};

/// Remarks on what was accepted, whole sentences: a delay rounded down, ARP monitoring without a target, ...
using Notes = std::vector<std::string>;

/// Checks and stores one option, with the driver's side effects on the others (a mode without ARP monitoring
/// clears arp_interval, a new miimon rescales the delays, ...). An action (active_slave) is checked for mode
/// and form only. On refusal `options` is unchanged and the message names the option, the value, and what
/// would be accepted.
std::expected<Notes, Refusal> apply_option(BondOptions& options, std::string_view name,
                                           std::string_view value, const OptionContext& context);

/// Several at once, in the table's order whatever the order given: `updelay 200 miimon 100` works on a bond
/// without miimon. All or none: on refusal `options` is unchanged.
std::expected<Notes, Refusal> apply_options(BondOptions& options,
                                            const std::vector<std::pair<std::string, std::string>>& changes,
                                            const OptionContext& context);
/// Would a new bond with these options have its slaves in a namespace of its own? What cannot be read asks
/// for nothing here: apply_options() refuses it.
bool ask_for_slaves_away(const std::vector<std::pair<std::string, std::string>>& options);

/// The values a person may give, in words: "stable, bandwidth, count or actor_port_prio", "1 to 255".
std::string accepted_values(const OptionSpec& spec);

/// The mode's name as iproute2 writes it: "balance-rr", "802.3ad", ...
std::string_view mode_name(Mode mode);
/// Reads a number or a name of the mode.
std::optional<Mode> parse_mode(std::string_view text);
std::string_view xmit_hash_policy_name(XmitHashPolicy policy);

/// What a slave's option is checked against.
struct SlaveOptionContext {
  Mode mode = Mode::balance_rr;
  std::span<const std::uint16_t>
      other_queue_ids{};         ///< of the bond's other slaves: no two may be equal, but 0
  std::uint16_t tx_queues = 16;  ///< of the bond; queue_id goes up to it
};

/// An option of a slave: a whole number, each.
struct SlaveOptionSpec {
  std::string_view name;  ///< iproute2's name
  std::int64_t minimum;
  std::int64_t maximum;           ///< queue_id: or what the bond has
  std::uint8_t unsuitable_modes;  ///< bit n: not in mode n
  std::string_view help;          ///< one line for --help and the manual
  std::int64_t (*get)(const SlaveOptions&);
  void (*set)(SlaveOptions&, std::int64_t);  ///< checks nothing: apply_slave_option() does
};
std::span<const SlaveOptionSpec> slave_option_table();
const SlaveOptionSpec* find_slave_option(std::string_view name);
std::vector<std::string> slave_option_names();
/// Name and value of every slave option; set again, they change nothing.
std::vector<std::pair<std::string, std::string>> slave_option_texts(const SlaveOptions& options);

/// Checks and stores one option of a slave. Refused as apply_option() refuses.
std::expected<void, Refusal> apply_slave_option(SlaveOptions& options, std::string_view name,
                                                std::string_view value, const SlaveOptionContext& context);

}  // namespace ebond::core
