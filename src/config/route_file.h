// route-BOND and route6-BOND files: the routes that come and go with an interface, in either of the two
// syntaxes: ADDRESSn=, NETMASKn=, GATEWAYn= assignments, or what follows `ip route add`, a line each.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "config/bond_config.h"
#include "config/problem.h"

namespace ebond::config {

struct RouteFile {
  std::vector<Route> routes;
  Notes notes;  ///< on each route that is left out
};

/// `ipv6`: a route6- file, which has the second syntax only. `bond` is the device the routes go out of; a
/// line that names another is left out, as is one that cannot be read.
RouteFile parse_route_file(std::string_view text, const std::string& file, const std::string& bond,
                           bool ipv6);

}  // namespace ebond::config
