// Words of `ip route` for numbers: tables, protocols, scopes (iproute2's rt_tables, rt_protos, rt_scopes as
// they are shipped). Used by what reads routes and by what writes them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "config/bond_config.h"

namespace ebond::config {

/// "main" or "254".
std::optional<std::uint32_t> parse_route_table(std::string_view text);
/// "static" or "4".
std::optional<std::uint8_t> parse_route_protocol(std::string_view text);
/// "link" or "253".
std::optional<std::uint8_t> parse_route_scope(std::string_view text);

/// The word, or the number if there is no word for it.
std::string route_table_text(std::uint32_t table);
std::string route_protocol_text(std::uint8_t protocol);
std::string route_scope_text(std::uint8_t scope);

/// A default route by `gateway`.
Route default_route_via(const IpAddress& gateway);

/// Sets what a word of `ip route` says: via, src, metric, table, mtu, proto, scope, initcwnd, initrwnd. "" or
/// what is wrong, naming the word.
std::string set_route_word(Route& route, std::string_view keyword, std::string_view value);

}  // namespace ebond::config
