#include "cli/add.h"

#include <fmt/format.h>

#include "cli/dhcp_client.h"
#include "cli/session.h"
#include "cli/upper_netns.h"
#include "os/netns.h"
#include "os/rtnetlink.h"

namespace ebond::cli {
namespace {

int add_adopting(const Arguments& arguments, control::Client& client) {
  const auto dhcp = find_dhcp_client(arguments.adopt);
  if (!dhcp.empty() && !arguments.force) {
    complain(kProgram, dhcp_refusal(arguments.adopt, arguments.bond, dhcp));
    return kRefused;
  }
  const auto warnings = client.add_adopting(arguments.bond, arguments.options, arguments.adopt);
  if (warnings && !dhcp.empty()) {
    complain(kProgram, "warning: " + dhcp_warning(arguments.adopt, arguments.bond, dhcp));
  }
  return conclude_with_warnings(warnings);
}

}  // namespace

int run_add(const Arguments& arguments, control::Client& client) {
  if (!arguments.adopt.empty()) return add_adopting(arguments, client);
  if (arguments.upper_netns.empty()) {
    return conclude(kProgram, client.add(arguments.bond, arguments.options));
  }
  // Looked at before anything is made.
  const auto refused = [&](const os::Error& error) {
    complain(kProgram, fmt::format("netns {}: {}", arguments.upper_netns, error.message()));
    return kRefused;
  };
  const auto there = open_namespace(arguments.upper_netns);
  if (!there) return refused(there.error());
  const auto here = os::Namespace::current();
  if (!here) return refused(here.error());
  auto links = os::Rtnetlink::open(*here);
  if (!links) return refused(links.error());
  const auto added = client.add(arguments.bond, arguments.options);
  if (!added || here->id() == there->id()) return conclude(kProgram, added);
  const auto put = put_into(*there, arguments.bond, *links, client);
  if (put) return kDone;
  complain(kProgram, fmt::format("cannot have {} in netns {}, and no bond remains: {}", arguments.bond,
                                 arguments.upper_netns, put.error()));
  (void)client.del(arguments.bond);
  return kRefused;
}

}  // namespace ebond::cli
