#include "config/route_file.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <map>

#include "config/route_words.h"
#include "config/shell_file.h"
#include "config/values.h"

namespace ebond::config {
namespace {

/// The n of ADDRESSn; nothing for other keys.
std::optional<std::uint32_t> index_of(std::string_view key, std::string_view stem) {
  if (!key.starts_with(stem)) return std::nullopt;
  return parse_decimal(key.substr(stem.size()));
}

/// The assignments of one n.
struct Numbered {
  const Assignment* address = nullptr;
  const Assignment* netmask = nullptr;
  const Assignment* prefix = nullptr;
  const Assignment* gateway = nullptr;
  const Assignment* metric = nullptr;
};

Result<std::uint8_t> length_of(const Numbered& entry, const std::string& n) {
  if (entry.prefix != nullptr) {
    const auto length = parse_length(entry.prefix->value, 32);
    if (length) return *length;
    return fail(entry.prefix->where, fmt::format("PREFIX{}={} goes from 0 to 32", n, entry.prefix->value));
  }
  if (entry.netmask == nullptr) {
    return fail(entry.address->where, fmt::format("ADDRESS{} has neither NETMASK{} nor PREFIX{}", n, n, n));
  }
  const auto length = parse_netmask(entry.netmask->value);
  if (length) return *length;
  return fail(entry.netmask->where, fmt::format("NETMASK{}={} is not a netmask: write one like 255.255.255.0",
                                                n, entry.netmask->value));
}

Result<Route> route_of(const Numbered& entry, const std::string& n) {
  if (entry.address == nullptr) {
    const auto* any = entry.netmask != nullptr   ? entry.netmask
                      : entry.prefix != nullptr  ? entry.prefix
                      : entry.gateway != nullptr ? entry.gateway
                                                 : entry.metric;
    return fail(any->where, fmt::format("{} stands alone: ADDRESS{} is missing", any->key, n));
  }
  const auto address = wire::parse_ipv4(entry.address->value);
  if (!address) {
    return fail(entry.address->where,
                fmt::format("ADDRESS{}={} is not an IPv4 address: write one like 192.0.2.0", n,
                            entry.address->value));
  }
  const auto length = length_of(entry, n);
  if (!length) return std::unexpected(length.error());
  const IpPrefix written{*address, *length};
  const auto destination = as_destination(written);
  if (!destination)
    return fail(entry.address->where, fmt::format("{} {}", written.to_string(), destination.error()));
  Route route{.destination = *destination, .where = entry.address->where};
  if (entry.gateway != nullptr) {
    const auto gateway = wire::parse_ipv4(entry.gateway->value);
    if (!gateway) {
      return fail(entry.gateway->where,
                  fmt::format("GATEWAY{}={} is not an IPv4 address: write one like 192.0.2.254", n,
                              entry.gateway->value));
    }
    route.gateway = *gateway;
  }
  if (entry.metric != nullptr) {
    route.metric = parse_decimal(entry.metric->value);
    if (!route.metric) {
      return fail(entry.metric->where, fmt::format("METRIC{}={} is not a number", n, entry.metric->value));
    }
  }
  return route;
}

RouteFile parse_assignments(std::string_view text, const std::string& file) {
  auto shell = parse_shell_text(text, file);
  RouteFile result{.routes = {}, .notes = std::move(shell.notes)};
  if (shell.fault) result.notes.push_back(*shell.fault);
  std::map<std::uint32_t, Numbered> entries;
  for (const auto& assignment : shell.assignments) {
    bool known = false;
    for (auto [stem, member] : {std::pair{"ADDRESS", &Numbered::address},
                                {"NETMASK", &Numbered::netmask},
                                {"PREFIX", &Numbered::prefix},
                                {"GATEWAY", &Numbered::gateway},
                                {"METRIC", &Numbered::metric}}) {
      if (const auto n = index_of(assignment.key, stem)) {
        entries[*n].*member = &assignment;
        known = true;
      }
    }
    if (known) continue;
    result.notes.push_back(
        {assignment.where,
         fmt::format("{} is not a key of a route file: ADDRESSn, NETMASKn, PREFIXn, GATEWAYn "
                     "and METRICn are",
                     assignment.key)});
  }
  for (const auto& [n, entry] : entries) {
    auto route = route_of(entry, std::to_string(n));
    if (route) {
      result.routes.push_back(*std::move(route));
    } else {
      result.notes.push_back(std::move(route.error()));
    }
  }
  return result;
}

using Words = std::vector<std::string_view>;

/// `route add -net 172.31.3.254 netmask 255.255.255.0 bond0` has its own grammar: says how ours puts it.
std::string explain_route_command(const Words& words) {
  std::string general = "expected what follows `ip route add`, as in \"192.0.2.0/24 via 198.51.100.1\"";
  const auto mask_at = std::ranges::find(words, "netmask");
  const auto net_at = std::ranges::find(words, "-net");
  if (net_at == words.end() || net_at + 1 == words.end()) return general;
  if (mask_at == words.end() || mask_at + 1 == words.end()) return general;
  const auto address = wire::parse_ipv4(*(net_at + 1));
  const auto length = parse_netmask(*(mask_at + 1));
  if (!address || !length) return general;
  const IpPrefix written{*address, *length};
  const auto destination = as_destination(written);
  if (destination) return fmt::format("{}: write \"{}\"", general, destination->to_string());
  return fmt::format("{}; and {} {}", general, written.to_string(), destination.error());
}

class LineParser {
 public:
  LineParser(Words words, const Location& where, const std::string& bond, bool ipv6)
      : words_(std::move(words)), where_(where), bond_(bond), ipv6_(ipv6) {}

  Result<Route> parse() {
    if (words_[0] == "route" || words_[0] == "ip") return fail(where_, explain_route_command(words_));
    if (words_[0] == "to" || words_[0] == "unicast") ++next_;
    const auto text = take();
    auto destination = parse_destination(text, ipv6_);
    if (!destination) return fail(where_, fmt::format("{} {}", text, destination.error()));
    route_.destination = *destination;
    route_.where = where_;
    while (next_ < words_.size()) {
      const auto keyword = take();
      if (keyword == "onlink") {
        route_.onlink = true;
        continue;
      }
      const auto value = take();
      if (value.empty()) return fail(where_, fmt::format("\"{}\" has no value", keyword));
      if (auto fault = set(keyword, value); !fault.empty()) return fail(where_, fault);
    }
    return route_;
  }

 private:
  std::string_view take() { return next_ < words_.size() ? words_[next_++] : std::string_view{}; }

  /// "" or what is wrong.
  std::string set(std::string_view keyword, std::string_view value) {
    if (keyword == "dev") {
      if (value == bond_) return "";
      return fmt::format("the route goes out of {}, but this file is {}'s: write dev {}", value, bond_,
                         bond_);
    }
    return set_route_word(route_, keyword, value);
  }

  Words words_;
  Location where_;
  std::string bond_;
  bool ipv6_;
  std::size_t next_ = 0;
  Route route_;
};

bool has_assignments(std::string_view text) {
  return std::ranges::any_of(split_lines(text), [](const TextLine& line) {
    const auto words = split_words(line.text);
    if (words.empty()) return false;
    const auto key = words[0].substr(0, words[0].find('='));
    return key.size() < words[0].size() && index_of(key, "ADDRESS");
  });
}

}  // namespace

RouteFile parse_route_file(std::string_view text, const std::string& file, const std::string& bond,
                           bool ipv6) {
  if (!ipv6 && has_assignments(text)) return parse_assignments(text, file);
  RouteFile result;
  for (const auto& line : split_lines(text)) {
    auto words = split_words(line.text.substr(0, line.text.find('#')));
    if (words.empty()) continue;
    auto route = LineParser(std::move(words), {file, line.number}, bond, ipv6).parse();
    if (route) {
      result.routes.push_back(*std::move(route));
    } else {
      result.notes.push_back(std::move(route.error()));
    }
  }
  return result;
}

}  // namespace ebond::config
