#include "cli/traffic/flow_text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ebond::cli::traffic {
namespace {

using testing::HasSubstr;

Flow read(std::string_view text) {
  const auto flow = flow_of_text(text);
  EXPECT_TRUE(flow) << text << ": " << flow.error();
  return flow.value_or(Flow{});
}
std::string refused(std::string_view text) {
  const auto flow = flow_of_text(text);
  EXPECT_FALSE(flow) << text;
  return flow ? "" : flow.error();
}

TEST(FlowText, IsReadBackAsItIsWritten) {
  for (const auto* text :
       {"tcp 192.0.2.1:40000 > 192.0.2.2:443", "udp [2001:db8::1]:53 > [2001:db8::2]:5353",
        "icmp 192.0.2.1 > 192.0.2.2 id 7", "icmp 2001:db8::1 > 2001:db8::2 id 9",
        "sctp 192.0.2.1:1 > 192.0.2.2:2 vlan 10", "esp 192.0.2.1 > 192.0.2.2 spi 4096",
        "gre 192.0.2.1 > 192.0.2.2 / udp 198.51.100.1:1 > 198.51.100.2:2",
        "ipip 192.0.2.1 > 192.0.2.2 / tcp [2001:db8::1]:1 > [2001:db8::2]:2", "89 192.0.2.1 > 192.0.2.2"}) {
    EXPECT_EQ(to_string(read(text)), text);
  }
}

TEST(FlowText, TakesMacsAndForgivesSpaces) {
  const auto flow = read(
      "  udp 192.0.2.1:1   > 192.0.2.2:2  src-mac 02:00:00:00:00:01 dst-mac 02-00-00-00-00-02\tvlan 0x0a");
  EXPECT_EQ(flow.source_mac->to_string(), "02:00:00:00:00:01");
  EXPECT_EQ(flow.destination_mac->to_string(), "02:00:00:00:00:02");
  EXPECT_EQ(flow.vlan, 10);
}

TEST(FlowText, SaysWhatIsWrongAndWhatWouldBeRight) {
  EXPECT_THAT(refused(""), HasSubstr("tcp 192.0.2.1:40000 > 192.0.2.2:443"));
  EXPECT_THAT(refused("tcp 192.0.2.1 > 192.0.2.2"), HasSubstr("needs a port at both ends"));
  EXPECT_THAT(refused("icmp 192.0.2.1:1 > 192.0.2.2:1"), HasSubstr("has no ports"));
  EXPECT_THAT(refused("tcp 192.0.2.1:1 > [2001:db8::2]:2"), HasSubstr("IPv4 and the other is IPv6"));
  EXPECT_THAT(refused("tcp 192.0.2.1:99999 > 192.0.2.2:1"), HasSubstr("192.0.2.1:99999 is not an address"));
  EXPECT_THAT(refused("http 192.0.2.1:1 > 192.0.2.2:2"), HasSubstr("http is not a protocol"));
  EXPECT_THAT(refused("256 192.0.2.1 > 192.0.2.2"), HasSubstr("not a protocol"));
  EXPECT_THAT(refused("tcp 192.0.2.1:1 > 192.0.2.2:2 vlan 4095"), HasSubstr("a VLAN from 0 to 4094"));
  EXPECT_THAT(refused("tcp 192.0.2.1:1 > 192.0.2.2:2 vlan"), HasSubstr("vlan has no value"));
  EXPECT_THAT(refused("tcp 192.0.2.1:1 > 192.0.2.2:2 dst-mac 7"), HasSubstr("a MAC address such as"));
  EXPECT_THAT(refused("tcp 192.0.2.1:1 > 192.0.2.2:2 id 7"), HasSubstr("id is not understood"));
  EXPECT_THAT(refused("tcp 192.0.2.1:1 > 192.0.2.2:2 / udp 192.0.2.1:1 > 192.0.2.2:2"),
              HasSubstr("holds no other packet"));
  EXPECT_THAT(refused("gre 192.0.2.1 > 192.0.2.2 /"), HasSubstr("nothing stands behind"));
  EXPECT_THAT(refused("tcp 192.0.2.1:1 >"), HasSubstr("is written as"));
  EXPECT_THAT(refused("h\x1b[2J 192.0.2.1 > 192.0.2.2"), testing::Not(HasSubstr("\x1b")));
}

TEST(FlowText, ReadsLinesOfTcpdump) {
  EXPECT_EQ(to_string(read(
                "12:00:00.123456 IP 192.0.2.1.40000 > 192.0.2.2.443: Flags [S], seq 1, win 64240, length 0")),
            "tcp 192.0.2.1:40000 > 192.0.2.2:443");
  EXPECT_EQ(to_string(read("IP6 2001:db8::1.40000 > 2001:db8::2.443: Flags [.], ack 1, length 0")),
            "tcp [2001:db8::1]:40000 > [2001:db8::2]:443");
  EXPECT_EQ(to_string(read("12:00:00.1 IP 192.0.2.1.4000 > 192.0.2.2.53: 4711+ A? example.org. (29)")),
            "udp 192.0.2.1:4000 > 192.0.2.2:53");
  EXPECT_EQ(to_string(read("IP 192.0.2.1 > 192.0.2.2: ICMP echo request, id 17, seq 1, length 64")),
            "icmp 192.0.2.1 > 192.0.2.2 id 17");
  const auto reply = read("IP6 2001:db8::1 > 2001:db8::2: ICMP6, echo reply, id 3, seq 1, length 64");
  EXPECT_EQ(reply.packets.at(0).icmp_type, 129);
  EXPECT_EQ(to_string(read("IP 192.0.2.1 > 192.0.2.2: ESP(spi=0x00001000,seq=0x1), length 100")),
            "esp 192.0.2.1 > 192.0.2.2 spi 4096");
}

TEST(FlowText, ReadsTheLinkHeaderAndTunnelsOfTcpdump) {
  const auto plain = read(
      "12:00:00.1 02:00:00:00:00:01 > 02:00:00:00:00:02, ethertype IPv4 (0x0800), length 74: 192.0.2.1.40000 "
      "> "
      "192.0.2.2.443: Flags [S], length 0");
  EXPECT_EQ(to_string(plain), "tcp 192.0.2.1:40000 > 192.0.2.2:443");
  EXPECT_EQ(plain.destination_mac->to_string(), "02:00:00:00:00:02");
  const auto tagged = read(
      "02:00:00:00:00:01 > 02:00:00:00:00:02, ethertype 802.1Q (0x8100), length 46: vlan 10, p 0, ethertype "
      "IPv4 (0x0800), "
      "192.0.2.1.1 > 192.0.2.2.2: UDP, length 4");
  EXPECT_EQ(to_string(tagged), "udp 192.0.2.1:1 > 192.0.2.2:2 vlan 10");
  EXPECT_EQ(
      to_string(read(
          "IP 192.0.2.1 > 192.0.2.2: GREv0, length 32: IP 198.51.100.1.1 > 198.51.100.2.2: UDP, length 4")),
      "gre 192.0.2.1 > 192.0.2.2 / udp 198.51.100.1:1 > 198.51.100.2:2");
  EXPECT_EQ(
      to_string(read("IP 192.0.2.1 > 192.0.2.2: IP6 2001:db8::1.1 > 2001:db8::2.2: Flags [S], length 0")),
      "ipip 192.0.2.1 > 192.0.2.2 / tcp [2001:db8::1]:1 > [2001:db8::2]:2");
}

TEST(FlowText, RefusesLinesOfTcpdumpWithoutNumbersOrFlows) {
  EXPECT_THAT(refused("12:00:00.1 IP web.example.40000 > db.example.https: Flags [S]"),
              HasSubstr("tcpdump -n"));
  EXPECT_THAT(refused("12:00:00.1 ARP, Request who-has 192.0.2.2 tell 192.0.2.1, length 28"),
              HasSubstr("no IP packet"));
  EXPECT_THAT(refused("IP 192.0.2.1 > 192.0.2.2: something new"), HasSubstr("which protocol"));
}

TEST(FlowText, ReadsLinesOfSs) {
  EXPECT_EQ(
      to_string(read(
          "tcp   ESTAB  0      0          192.0.2.1:40000      192.0.2.2:443  users:((\"a\",pid=1,fd=3))")),
      "tcp 192.0.2.1:40000 > 192.0.2.2:443");
  EXPECT_EQ(to_string(read("ESTAB 0 0 [2001:db8::1]:40000 [2001:db8::2]:443")),
            "tcp [2001:db8::1]:40000 > [2001:db8::2]:443");
  EXPECT_EQ(to_string(read("udp UNCONN 0 0 192.0.2.1%bond0:68 192.0.2.254:67")),
            "udp 192.0.2.1:68 > 192.0.2.254:67");
  EXPECT_EQ(to_string(read("udp ESTAB 0 0 [2001:db8::1]%bond0:546 [2001:db8::2]:547")),
            "udp [2001:db8::1]:546 > [2001:db8::2]:547");
  EXPECT_THAT(refused("tcp LISTEN 0 128 0.0.0.0:22 0.0.0.0:*"),
              HasSubstr("not the two ends of a connection"));
  EXPECT_THAT(refused("u_str ESTAB 0 0 * 7 * 8"), HasSubstr("ends of a connection"));
  EXPECT_THAT(refused("nonsense"), HasSubstr("ss -n"));
}

}  // namespace
}  // namespace ebond::cli::traffic
