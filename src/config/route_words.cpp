#include "config/route_words.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <span>

#include "config/values.h"

namespace ebond::config {
namespace {

struct RouteWord {
  std::string_view word;
  std::uint8_t number;
};
constexpr std::array kTableWords{RouteWord{"default", 253}, RouteWord{"main", 254}, RouteWord{"local", 255}};
constexpr std::array kProtocolWords{RouteWord{"redirect", 1}, RouteWord{"kernel", 2}, RouteWord{"boot", 3},
                                    RouteWord{"static", 4},   RouteWord{"ra", 9},     RouteWord{"bird", 12},
                                    RouteWord{"dhcp", 16}};
constexpr std::array kScopeWords{RouteWord{"global", 0}, RouteWord{"site", 200}, RouteWord{"link", 253},
                                 RouteWord{"host", 254}, RouteWord{"nowhere", 255}};

template <class T>
std::optional<T> number_of_word(std::span<const RouteWord> words, std::string_view text) {
  const auto known = std::ranges::find(words, text, &RouteWord::word);
  if (known != words.end()) return known->number;
  return parse_decimal<T>(text);
}

std::string word_of_number(std::span<const RouteWord> words, std::uint32_t number) {
  const auto known = std::ranges::find(words, number, &RouteWord::number);
  return known != words.end() ? std::string(known->word) : std::to_string(number);
}

std::string set_gateway_or_source(std::optional<IpAddress>& target, const Route& route,
                                  std::string_view keyword, std::string_view value) {
  const auto address = parse_ip(value);
  const bool ipv6 = route.destination.is_ipv6();
  if (!address || std::holds_alternative<Ipv6Address>(*address) != ipv6) {
    return fmt::format("\"{} {}\" wants an {} address", keyword, value, ipv6 ? "IPv6" : "IPv4");
  }
  target = *address;
  return "";
}

}  // namespace

std::optional<std::uint32_t> parse_route_table(std::string_view text) {
  return number_of_word<std::uint32_t>(kTableWords, text);
}
std::optional<std::uint8_t> parse_route_protocol(std::string_view text) {
  return number_of_word<std::uint8_t>(kProtocolWords, text);
}
std::optional<std::uint8_t> parse_route_scope(std::string_view text) {
  return number_of_word<std::uint8_t>(kScopeWords, text);
}

std::string route_table_text(std::uint32_t table) {
  return word_of_number(kTableWords, table);
}
std::string route_protocol_text(std::uint8_t protocol) {
  return word_of_number(kProtocolWords, protocol);
}
std::string route_scope_text(std::uint8_t scope) {
  return word_of_number(kScopeWords, scope);
}

Route default_route_via(const IpAddress& gateway) {
  Route route;
  if (std::holds_alternative<Ipv6Address>(gateway)) {
    route.destination.address = Ipv6Address{};
  } else {
    route.destination.address = Ipv4Address{};
  }
  route.gateway = gateway;
  return route;
}

std::string set_route_word(Route& route, std::string_view keyword, std::string_view value) {
  if (keyword == "via") return set_gateway_or_source(route.gateway, route, keyword, value);
  if (keyword == "src") return set_gateway_or_source(route.source, route, keyword, value);
  const auto set = [&](auto& member, const auto& parsed, std::string_view wanted) {
    if (!parsed) return fmt::format("\"{} {}\" wants a {}", keyword, value, wanted);
    member = *parsed;
    return std::string();
  };
  if (keyword == "metric" || keyword == "preference" || keyword == "priority") {
    return set(route.metric, parse_decimal(value), "number");
  }
  if (keyword == "mtu") return set(route.mtu, parse_decimal(value), "number");
  if (keyword == "initcwnd") return set(route.initcwnd, parse_decimal(value), "number");
  if (keyword == "initrwnd") return set(route.initrwnd, parse_decimal(value), "number");
  if (keyword == "table") return set(route.table, parse_route_table(value), "number, main, local or default");
  if (keyword == "proto")
    return set(route.protocol, parse_route_protocol(value), "number or a word like static");
  if (keyword == "scope") return set(route.scope, parse_route_scope(value), "number or a word like link");
  return fmt::format(
      "\"{}\" is not understood: via, dev, metric, src, table, mtu, proto, scope, initcwnd, initrwnd and "
      "onlink are",
      keyword);
}

}  // namespace ebond::config
