#include "config/route_file.h"

#include <gmock/gmock.h>

namespace ebond::config {
namespace {

std::vector<Route> routes_of(std::string_view text, bool ipv6 = false) {
  auto result = parse_route_file(text, "route-bond0", "bond0", ipv6);
  if (!result.notes.empty()) throw std::runtime_error(result.notes.front().to_string());
  return std::move(result.routes);
}

std::string route_problem_of(std::string_view text, bool ipv6 = false) {
  const auto result = parse_route_file(text, "route-bond0", "bond0", ipv6);
  return result.notes.empty() ? "" : result.notes.front().to_string();
}

IpPrefix prefix(std::string_view text) {
  return *parse_prefix(text);
}

TEST(RouteFile, ReadsNumberedAssignments) {
  const auto routes = routes_of(
      "ADDRESS1=203.0.113.0\nPREFIX1=24\nADDRESS0=198.51.100.0\nNETMASK0=255.255.255.0\n"
      "GATEWAY0=192.0.2.254\nMETRIC0=10\n");
  ASSERT_EQ(routes.size(), 2U);
  Route first{.destination = prefix("198.51.100.0/24")};
  first.gateway = parse_ip("192.0.2.254");
  first.metric = 10;
  EXPECT_EQ(routes[0], first);
  EXPECT_EQ(routes[1], Route{.destination = prefix("203.0.113.0/24")});
}

TEST(RouteFile, ReadsTheLinesOfIpRoute) {
  const auto routes = routes_of(
      "# a comment\n192.0.2.0/24 via 198.51.100.1 dev bond0 metric 7 src 198.51.100.9 table 100 mtu 1400\n\n"
      "default via 198.51.100.254\n203.0.113.9 dev bond0 onlink  # a host\n");
  ASSERT_EQ(routes.size(), 3U);
  Route first{.destination = prefix("192.0.2.0/24")};
  first.gateway = parse_ip("198.51.100.1");
  first.metric = 7;
  first.source = parse_ip("198.51.100.9");
  first.table = 100;
  first.mtu = 1400;
  EXPECT_EQ(routes[0], first);
  EXPECT_EQ(routes[1].destination, prefix("0.0.0.0/0"));
  EXPECT_EQ(routes[2].destination, prefix("203.0.113.9/32"));
  EXPECT_EQ(routes[2].gateway, std::nullopt);
}

TEST(RouteFile, ReadsIpv6Lines) {
  const auto routes = routes_of("2001:db8:9::/48 via 2001:db8::1\ndefault via fe80::1\n", true);
  ASSERT_EQ(routes.size(), 2U);
  EXPECT_EQ(routes[0].destination, prefix("2001:db8:9::/48"));
  EXPECT_EQ(routes[1].destination, prefix("::/0"));
}

TEST(RouteFile, ToldTheArticlesRouteSaysWhichNetworkOrHostWouldBeRight) {
  const auto right =
      "is not a network, its address does not fit its mask: write 172.31.3.0/24 for the network or "
      "172.31.3.254/32 for the one host";
  EXPECT_EQ(route_problem_of("172.31.3.254/24 dev bond0"),
            std::string("route-bond0:1: 172.31.3.254/24 ") + right);
  EXPECT_EQ(route_problem_of("ADDRESS0=172.31.3.254\nNETMASK0=255.255.255.0\n"),
            std::string("route-bond0:1: 172.31.3.254/24 ") + right);
  EXPECT_EQ(route_problem_of("route add -net 172.31.3.254 netmask 255.255.255.0 bond0"),
            std::string("route-bond0:1: expected what follows `ip route add`, as in \"192.0.2.0/24 via "
                        "198.51.100.1\"; and 172.31.3.254/24 ") +
                right);
}

TEST(RouteFile, TranslatesARouteCommandThatFits) {
  EXPECT_THAT(route_problem_of("route add -net 172.31.3.0 netmask 255.255.255.0 bond0"),
              testing::EndsWith(": write \"172.31.3.0/24\""));
}

struct BadRoute {
  const char* text;
  const char* problem;
};

TEST(RouteFile, ReadsMoreWordsOfIpRouteAndTheirNames) {
  const auto routes = routes_of(
      "192.0.2.0/24 via 198.51.100.1 proto static scope link table main initcwnd 20 initrwnd 30 onlink\n");
  ASSERT_EQ(routes.size(), 1U);
  EXPECT_EQ(routes[0].protocol, 4U);
  EXPECT_EQ(routes[0].scope, 253U);
  EXPECT_EQ(routes[0].table, 254U);
  EXPECT_EQ(routes[0].initcwnd, 20U);
  EXPECT_EQ(routes[0].initrwnd, 30U);
  EXPECT_TRUE(routes[0].onlink);
}

TEST(RouteFile, ALineThatCannotBeReadLeavesTheOthersAlone) {
  const auto result =
      parse_route_file("rubbish\n192.0.2.0/24\n203.0.113.0/24 dev eth5\n", "route-bond0", "bond0", false);
  ASSERT_EQ(result.routes.size(), 1U);
  EXPECT_EQ(result.routes[0].where, (Location{"route-bond0", 2}));
  ASSERT_EQ(result.notes.size(), 2U);
  EXPECT_EQ(result.notes[0].where.line, 1U);
  EXPECT_EQ(result.notes[1].where.line, 3U);
}

TEST(RouteFile, RefusesWithTheLineAndWhatWouldBeRight) {
  for (const auto& [text, problem] : {
           BadRoute{"\nnowhere via 192.0.2.1", "2: nowhere is not an IP address"},
           BadRoute{"2001:db8::/32 via 2001:db8::1",
                    "1: 2001:db8::/32 is an IPv6 network where an IPv4 one belongs"},
           BadRoute{"192.0.2.0/40", "1: 192.0.2.0/40 has a bad prefix length: it goes from 0 to 32"},
           BadRoute{"192.0.2.0/24 via", "1: \"via\" has no value"},
           BadRoute{"192.0.2.0/24 via router", "1: \"via router\" wants an IPv4 address"},
           BadRoute{"192.0.2.0/24 via 2001:db8::1", "1: \"via 2001:db8::1\" wants an IPv4 address"},
           BadRoute{"192.0.2.0/24 dev eth5",
                    "1: the route goes out of eth5, but this file is bond0's: write dev bond0"},
           BadRoute{"192.0.2.0/24 metric x", "1: \"metric x\" wants a number"},
           BadRoute{"192.0.2.0/24 colour red", "1: \"colour\" is not understood"},
           BadRoute{"ADDRESS0=192.0.2.0\n", "1: ADDRESS0 has neither NETMASK0 nor PREFIX0"},
           BadRoute{"ADDRESS0=192.0.2\nPREFIX0=24", "1: ADDRESS0=192.0.2 is not an IPv4 address"},
           BadRoute{"ADDRESS0=192.0.2.0\nPREFIX0=24\nGATEWAY1=192.0.2.1",
                    "3: GATEWAY1 stands alone: ADDRESS1 is missing"},
           BadRoute{"ADDRESS0=192.0.2.0\nNETMASK0=255.0.255.0", "2: NETMASK0=255.0.255.0 is not a netmask"},
           BadRoute{"ADDRESS0=192.0.2.0\nPREFIX0=24\nGATEWAY0=x", "3: GATEWAY0=x is not an IPv4 address"},
           BadRoute{"ADDRESS0=192.0.2.0\nPREFIX0=24\nVIA0=x", "3: VIA0 is not a key of a route file"},
           BadRoute{"192.0.2.0/24 scope everywhere",
                    "1: \"scope everywhere\" wants a number or a word like link"},
       }) {
    EXPECT_THAT(route_problem_of(text), testing::StartsWith(std::string("route-bond0:") + problem)) << text;
  }
  EXPECT_THAT(route_problem_of("192.0.2.0/24", true),
              testing::HasSubstr("is an IPv4 network where an IPv6 one belongs"));
}

}  // namespace
}  // namespace ebond::config
