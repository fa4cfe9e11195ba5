#include "config/formats/teamd.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <set>

#include "config/values.h"

namespace ebond::config {
namespace {

constexpr std::string_view kActiveBackup = "activebackup";
constexpr std::string_view kLacp = "lacp";
// teamd.conf(5): what holds if a watch does not say.
constexpr std::uint64_t kDefaultInterval = 1000;
constexpr std::uint64_t kDefaultMissedMax = 3;

std::string runner_name(const TreeNode& team) {
  const auto* runner = team.find("runner");
  return runner == nullptr ? "roundrobin" : runner->text_of("name").value_or("roundrobin");
}

class TeamReader {
 public:
  TeamReader(Draft& draft, Notes& notes) : draft_(draft), notes_(notes) {}

  void read(const TreeNode& team) {
    for (const auto& entry : team.entries) {
      if (entry.key == "hwaddr") {
        read_hwaddr(entry);
      } else if (entry.key == "notify_peers") {
        read_announcements(entry.value, "num_grat_arp", "peer_notif_delay");
      } else if (entry.key == "mcast_rejoin") {
        read_announcements(entry.value, "resend_igmp", "");
      } else if (!is_known_team_key(entry.key)) {
        leave_out(entry, "is not understood");
      }
    }
    read_runner(team);
    read_watches(team);
  }

 private:
  static bool is_known_team_key(std::string_view key) {
    constexpr std::array<std::string_view, 7> kKnown{
        "device", "runner", "ports", "link_watch", "debug_level", "link_watch_policy", "usock"};
    return std::ranges::find(kKnown, key) != kKnown.end();
  }

  void note(const Location& where, std::string message) { notes_.push_back({where, std::move(message)}); }
  void leave_out(const TreeEntry& entry, std::string_view why) {
    note(entry.where, fmt::format("{}: {}: left out", entry.key, why));
  }
  void set(std::string_view option, std::string value, const TreeEntry& from) {
    draft_.options.push_back({std::string(option), std::move(value), from.where, from.key});
  }
  void set(std::string_view option, std::string value, const Location& where) {
    draft_.options.push_back({std::string(option), std::move(value), where});
  }

  void read_hwaddr(const TreeEntry& entry) {
    draft_.bond.mac = parse_unicast_mac(entry.value.text);
    if (!draft_.bond.mac) leave_out(entry, fmt::format("\"{}\" is not a MAC address", entry.value.text));
  }

  void read_announcements(const TreeNode& node, std::string_view count, std::string_view interval) {
    for (const auto& entry : node.entries) {
      if (entry.key == "count") {
        set(count, entry.value.text, entry);
      } else if (entry.key == "interval" && !interval.empty()) {
        set(interval, entry.value.text, entry);
      } else if (entry.key == "interval") {
        leave_out(entry, "has no counterpart, 200 ms pass between IGMP reports");
      } else {
        leave_out(entry, "is not understood");
      }
    }
  }

  // ---- The runner: the mode.

  void read_runner(const TreeNode& team) {
    const auto name = runner_name(team);
    const auto* runner = team.find("runner");
    const auto* name_entry = runner == nullptr ? nullptr : runner->find_entry("name");
    const Location where = name_entry == nullptr ? team.where : name_entry->where;
    struct Runner {
      std::string_view name;
      std::string_view mode;
    };
    constexpr std::array kRunners{
        Runner{"roundrobin", "balance-rr"},   Runner{"random", "balance-rr"},
        Runner{"broadcast", "broadcast"},     Runner{kActiveBackup, "active-backup"},
        Runner{"loadbalance", "balance-xor"}, Runner{kLacp, "802.3ad"}};
    const auto* known = std::ranges::find(kRunners, name, &Runner::name);
    // An unknown runner is what makes the team: the option table's refusal of such a mode names it.
    set("mode", known == kRunners.end() ? name : std::string(known->mode), where);
    if (name == "random") {
      set("packets_per_slave", "0", where);
      note(where, "random: no mode of its own; balance-rr with packets_per_slave 0 picks a slave at random");
    }
    if (runner == nullptr) return set_hash(name, nullptr, where);
    for (const auto& entry : runner->entries) {
      if (entry.key != "name" && entry.key != "tx_hash") read_runner_key(name, entry);
    }
    set_hash(name, runner->find_entry("tx_hash"), where);
  }

  void read_runner_key(const std::string& runner, const TreeEntry& entry) {
    const auto& value = entry.value.text;
    const auto on_off = [&] { return value == "true" ? std::string("on") : std::string("off"); };
    if (runner == kLacp && entry.key == "active") return set("lacp_active", on_off(), entry);
    if (runner == kLacp && entry.key == "fast_rate") {
      return set("lacp_rate", value == "true" ? "fast" : "slow", entry);
    }
    if (runner == kLacp && entry.key == "fallback") return set("lacp_fallback", on_off(), entry);
    if (runner == kLacp && entry.key == "sys_prio") return set("ad_actor_sys_prio", value, entry);
    if (runner == kLacp && entry.key == "min_ports") return set("min_links", value, entry);
    if (runner == kLacp && entry.key == "agg_select_policy") return read_aggregator_policy(entry);
    if (runner == kActiveBackup && entry.key == "hwaddr_policy") return read_mac_policy(entry);
    if (entry.key == "tx_balancer") {
      return leave_out(entry, "has no counterpart, flows are not moved by load");
    }
    leave_out(entry, fmt::format("is not understood in the runner {}", runner));
  }

  void read_aggregator_policy(const TreeEntry& entry) {
    const auto& value = entry.value.text;
    if (value == "bandwidth" || value == "count") return set("ad_select", value, entry);
    // lacp_prio is looked at when all ports are there.
    if (value == "lacp_prio") return;
    if (value == "lacp_prio_stable") return set("ad_select", "stable", entry);
    leave_out(entry, fmt::format("\"{}\" has no counterpart", value));
  }

  void read_mac_policy(const TreeEntry& entry) {
    const auto& value = entry.value.text;
    if (value == "same_all") return set("fail_over_mac", "none", entry);
    if (value == "by_active") return set("fail_over_mac", "active", entry);
    if (value == "only_active") return set("fail_over_mac", "follow", entry);
    leave_out(entry, fmt::format("\"{}\" is not same_all, by_active or only_active", value));
  }

  /// The policy that looks at the same fields: teamd.conf(5) hashes eth, ipv4 and ipv6 if nothing is said.
  void set_hash(const std::string& runner, const TreeEntry* given, const Location& where) {
    if (runner != "loadbalance" && runner != kLacp) {
      if (given != nullptr) leave_out(*given, fmt::format("is not for the runner {}", runner));
      return;
    }
    std::set<std::string> fields;
    if (given == nullptr) fields = {"eth", "ipv4", "ipv6"};
    if (given != nullptr) {
      for (const auto& item : given->value.items) fields.insert(item.text);
    }
    const auto any = [&](std::initializer_list<const char*> names) {
      return std::ranges::any_of(names, [&](const char* name) { return fields.contains(name); });
    };
    const bool ports = any({"l4", "tcp", "udp", "sctp"});
    const bool addresses = any({"l3", "ip", "ipv4", "ipv6"});
    const auto* policy = ports                     ? "layer3+4"
                         : addresses               ? "layer2+3"
                         : fields.contains("vlan") ? "vlan+srcmac"
                                                   : "layer2";
    set("xmit_hash_policy", policy, given == nullptr ? where : given->where);
    constexpr std::array<std::string_view, 11> kFields{"eth", "vlan", "ipv4", "ipv6", "ip", "l3",
                                                       "tcp", "udp",  "sctp", "l4",   "l2"};
    for (const auto& field : fields) {
      if (std::ranges::find(kFields, field) != kFields.end()) continue;
      leave_out(*given, fmt::format("\"{}\" is not a field that can be hashed", field));
    }
  }

  // ---- Link watches: miimon, and ARP or ND probes.

  void read_watches(const TreeNode& team) {
    const auto* entry = team.find_entry("link_watch");
    if (entry == nullptr) return set("miimon", "100", team.where);
    const bool several = entry->value.is_list();
    std::size_t probes = 0;
    bool ethtool = false;
    std::vector<TreeNode> watches;
    if (several) watches = entry->value.items;
    if (!several) watches.push_back(entry->value);
    for (const auto& watch : watches) {
      const auto name = watch.text_of("name").value_or("ethtool");
      if (name == "ethtool") {
        ethtool = true;
        read_ethtool(watch);
      } else if (name == "arp_ping" || name == "nsna_ping") {
        ++probes;
        read_probe(watch, name == "nsna_ping");
      } else {
        note(watch.where, fmt::format("link_watch {} has no counterpart: left out", name));
      }
    }
    if (ethtool) set("miimon", "100", entry->where);
    const auto* policy = team.find_entry("link_watch_policy");
    const bool all = policy != nullptr && policy->value.text == "all";
    if (all && probes > 1) set("arp_all_targets", "all", *policy);
    if (!all && ethtool && probes > 0) {
      note(policy != nullptr ? policy->where : entry->where,
           "link_watch_policy any: not one of ethtool and the probes must be well here, but both");
    }
  }

  void read_ethtool(const TreeNode& watch) {
    for (const auto& entry : watch.entries) {
      if (entry.key == "name") continue;
      if (entry.key == "delay_up") {
        set("updelay", entry.value.text, entry);
      } else if (entry.key == "delay_down") {
        set("downdelay", entry.value.text, entry);
      } else {
        leave_out(entry, "is not understood in the watch ethtool");
      }
    }
  }

  void read_probe(const TreeNode& watch, bool ipv6) {
    bool active = ipv6;  // an advertisement of the target itself is what counts, on the ports in use
    bool inactive = false;
    Probe probe{kDefaultInterval, kDefaultMissedMax};
    for (const auto& entry : watch.entries) {
      const auto& value = entry.value.text;
      if (entry.key == "name") continue;
      if (entry.key == "interval") {
        probe.interval = parse_decimal<std::uint64_t>(value).value_or(kDefaultInterval);
      } else if (entry.key == "missed_max") {
        probe.missed_max = parse_decimal<std::uint64_t>(value).value_or(kDefaultMissedMax);
      } else if (entry.key == "target_host") {
        set(ipv6 ? "ns_ip6_target" : "arp_ip_target", value, entry);
      } else if (entry.key == "validate_active" && !ipv6) {
        active = value == "true";
      } else if (entry.key == "validate_inactive" && !ipv6) {
        inactive = value == "true";
      } else if (entry.key == "source_host") {
        leave_out(entry, "has no counterpart, the route to the target decides the sender's address");
      } else if (entry.key == "send_always" || entry.key == "init_wait" || entry.key == "vlanid") {
        leave_out(entry, "has no counterpart");
      } else {
        leave_out(entry, fmt::format("is not understood in the watch {}", ipv6 ? "nsna_ping" : "arp_ping"));
      }
    }
    set_probe(watch, probe);
    if (active || inactive) {
      set("arp_validate", active && inactive ? "all" : active ? "active" : "backup", watch.where);
    }
  }

  struct Probe {
    std::uint64_t interval;
    std::uint64_t missed_max;
    bool operator==(const Probe&) const = default;
  };

  /// All targets are asked at one interval.
  void set_probe(const TreeNode& watch, const Probe& probe) {
    if (probe_ && *probe_ != probe) {
      note(watch.where,
           "link_watch: all targets are asked at one interval with one missed_max: the first watch's "
           "count");
    }
    if (probe_) return;
    probe_ = probe;
    set("arp_interval", decimal(probe.interval), watch.where);
    // missed_max misses are forgiven; at arp_missed_max a slave is lost.
    set("arp_missed_max", decimal(probe.missed_max + 1), watch.where);
  }

  Draft& draft_;
  Notes& notes_;
  std::optional<Probe> probe_;
};

void read_team_file(const TextFile& file, std::vector<Draft>& drafts, Notes& notes) {
  const auto parsed = parse_json(file.text, {file.path, 1});
  if (!parsed || !parsed->is_map()) {
    notes.push_back(parsed
                        ? Problem{{file.path}, "is not a JSON object: the file is left out"}
                        : Problem{parsed.error().where, parsed.error().message + ": the file is left out"});
    return;
  }
  Draft draft;
  const auto* device = parsed->find_entry("device");
  const std::string stem = file.name.substr(0, file.name.rfind('.'));
  draft.bond.name = parsed->text_of("device").value_or(stem);
  draft.bond.where = device != nullptr ? device->where : Location{file.path};
  add_team_settings(draft, *parsed, notes);
  if (const auto* ports = parsed->find("ports")) {
    for (const auto& port : ports->entries) {
      add_team_port(draft, {.slave = {.name = port.key}, .where = port.where}, port.value, notes);
    }
  }
  conclude_team(draft, *parsed, notes);
  drafts.push_back(std::move(draft));
}

}  // namespace

void add_team_settings(Draft& draft, const TreeNode& team, Notes& notes) {
  TeamReader(draft, notes).read(team);
}

void add_team_port(Draft& draft, SlaveDraft slave, const TreeNode& port, Notes& notes) {
  for (const auto& entry : port.entries) {
    if (entry.key == "prio" || entry.key == "queue_id") {
      slave.options.push_back({entry.key, entry.value.text, entry.where});
    } else if (entry.key == "lacp_prio") {
      slave.options.push_back({"actor_port_prio", entry.value.text, entry.where, entry.key});
    } else if (entry.key == "sticky") {
      if (entry.value.text == "true")
        draft.options.push_back({"primary_reselect", "failure", entry.where, entry.key});
    } else if (entry.key == "link_watch") {
      notes.push_back(
          {entry.where, fmt::format("link_watch: a port's own watch has no counterpart: {} is watched as "
                                    "the bond is",
                                    slave.slave.to_string())});
    } else {
      notes.push_back({entry.where, fmt::format("{}: is not understood of a port: left out", entry.key)});
    }
  }
  draft.slaves.push_back(std::move(slave));
}

void conclude_team(Draft& draft, const TreeNode& team, Notes& notes) {
  const auto* runner = team.find("runner");
  if (runner == nullptr || runner_name(team) != kLacp) return;
  // lacp_prio is teamd's default. It only has a meaning if ports have priorities.
  const auto* policy = runner->find_entry("agg_select_policy");
  if (policy != nullptr && policy->value.text != "lacp_prio") return;
  const bool prioritised = std::ranges::any_of(draft.slaves, [](const SlaveDraft& slave) {
    return std::ranges::any_of(slave.options,
                               [](const auto& option) { return option.key == "actor_port_prio"; });
  });
  if (!prioritised) return;
  const auto where = policy != nullptr ? policy->where : runner->where;
  draft.options.push_back({"ad_select", "actor_port_prio", where, "agg_select_policy"});
  notes.push_back(
      {where,
       "agg_select_policy lacp_prio: taken as ad_select actor_port_prio, which weighs all ports of an "
       "aggregator, not its best one"});
}

Result<Configuration> parse_teamd(const std::vector<TextFile>& files, Notes notes) {
  std::vector<Draft> drafts;
  for (const auto& file : files) read_team_file(file, drafts, notes);
  return finish(std::move(drafts), std::move(notes));
}

Result<Configuration> read_teamd(const std::filesystem::path& path) {
  Notes notes;
  auto files = read_files(path, notes, [](std::string_view name) { return name.ends_with(".conf"); });
  if (!files) return std::unexpected(files.error());
  return parse_teamd(*files, std::move(notes));
}

}  // namespace ebond::config
