#include "cli/live_host.h"

#include <fmt/format.h>
#include <linux/if_addr.h>
#include <linux/rtnetlink.h>

#include <cstring>

namespace ebond::cli {
namespace {

Step<> step(const control::Result<>& done) {
  if (!done) return std::unexpected(done.error().message);
  return {};
}

Step<> step(const os::Result<>& done) {
  if (!done) return std::unexpected(done.error().message());
  return {};
}

/// RTA_METRICS with the one attribute RTAX_MTU.
std::vector<std::uint8_t> mtu_metric(std::uint32_t mtu) {
  const rtattr header{RTA_LENGTH(sizeof mtu), RTAX_MTU};
  std::vector<std::uint8_t> packed(RTA_SPACE(sizeof mtu));
  std::memcpy(packed.data(), &header, sizeof header);
  std::memcpy(packed.data() + RTA_LENGTH(0), &mtu, sizeof mtu);
  return packed;
}

os::Address to_kernel(os::IfIndex ifindex, const config::InterfaceAddress& address) {
  os::Address result;
  result.ifindex = ifindex;
  result.local = address.prefix.address;
  result.prefix_length = address.prefix.length;
  result.broadcast = address.broadcast;
  if (const auto* ipv4 = std::get_if<wire::Ipv4Address>(&address.prefix.address)) {
    if (!result.broadcast && result.prefix_length < 31) {
      result.broadcast = config::broadcast_of(*ipv4, result.prefix_length);
    }
  }
  return result;
}

os::Route to_kernel(os::IfIndex ifindex, const config::Route& route) {
  os::Route result;
  result.ifindex = ifindex;
  result.ipv6 = route.destination.is_ipv6();
  if (route.destination.length > 0) result.destination = route.destination.address;
  result.prefix_length = route.destination.length;
  result.gateway = route.gateway;
  result.preferred_source = route.source;
  result.metric = route.metric.value_or(0);
  if (route.table) result.table = *route.table;
  if (route.mtu) result.metrics = mtu_metric(*route.mtu);
  if (!result.ipv6 && !result.gateway) result.scope = RT_SCOPE_LINK;
  return result;
}

}  // namespace

template <class Action>
Step<> LiveHost::with_index(const std::string& name, Action action) {
  const auto link = links_.link(name);
  if (!link) return std::unexpected(link.error().message());
  return step(action(link->ifindex));
}

Step<> LiveHost::add_bond(const std::string& bond, const config::KeyValues& options) {
  return step(client_.add(bond, options));
}

bool LiveHost::has_interface(const std::string& name) {
  return links_.link(name).has_value();
}

Step<> LiveHost::delete_bond(const std::string& bond) {
  auto deleted = client_.del(bond);
  if (deleted || !client_.is_cut()) return step(deleted);
  auto next = connect_again_();
  if (!next) return step(deleted);
  client_ = std::move(*next);
  deleted = client_.del(bond);
  if (!deleted && deleted.error().kind == control::Error::Kind::no_such_bond) return {};
  return step(deleted);
}

Step<std::vector<std::string>> LiveHost::enslave(const std::string& bond,
                                                 const std::vector<std::string>& slaves) {
  auto warnings = client_.enslave(bond, slaves, control::Absent::awaited);
  if (!warnings) return std::unexpected(warnings.error().message);
  return std::move(*warnings);
}

Step<> LiveHost::set_slave(const std::string& slave, const config::KeyValues& options) {
  return step(client_.set_slave(slave, options));
}

Step<> LiveHost::set_mac(const std::string& bond, const wire::MacAddress& mac) {
  return with_index(bond, [&](os::IfIndex ifindex) { return links_.set_mac(ifindex, mac); });
}

Step<> LiveHost::set_mtu(const std::string& bond, std::uint32_t mtu) {
  return with_index(bond, [&](os::IfIndex ifindex) { return links_.set_mtu(ifindex, mtu); });
}

Step<> LiveHost::set_up(const std::string& bond) {
  return with_index(bond, [&](os::IfIndex ifindex) { return links_.set_up(ifindex, true); });
}

Step<> LiveHost::add_address(const std::string& bond, const config::InterfaceAddress& address) {
  return with_index(bond,
                    [&](os::IfIndex ifindex) { return links_.add_address(to_kernel(ifindex, address)); });
}

Step<> LiveHost::add_route(const std::string& bond, const config::Route& route) {
  return with_index(bond, [&](os::IfIndex ifindex) { return links_.add_route(to_kernel(ifindex, route)); });
}

}  // namespace ebond::cli
