// IFLA_BOND_* and ebond's options: one table of those that are numbers, read both ways, and what is no
// number. What the driver takes and shows by netlink, said in the option table's names.
#pragma once

#include <cstdint>
#include <functional>
#include <nlohmann/json_fwd.hpp>
#include <string>

#include "cli/ip/netlink_message.h"
#include "control/service.h"

namespace ebond::cli::ip {

/// The name of an ifindex in the caller's namespace; "" if there is none.
using NameOf = std::function<std::string(std::uint32_t)>;

/// IFLA_INFO_DATA of a request as keys and values for the daemon. An attribute that is not known here is left
/// out.
control::KeyValues bond_options(View data, const NameOf& name_of);
/// The same for IFLA_INFO_SLAVE_DATA.
control::KeyValues slave_options(View data);

/// A bond's options and state as the inside of IFLA_INFO_DATA, from views::bond_json.
Bytes bond_data(const nlohmann::json& bond);
/// One of its slaves', as the inside of IFLA_INFO_SLAVE_DATA.
Bytes slave_data(const nlohmann::json& bond, const nlohmann::json& slave);

}  // namespace ebond::cli::ip
