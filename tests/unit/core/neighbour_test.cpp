// Which cable a slave has: what the other end says by LLDP and CDP, told once and kept.
#include "core/neighbour.h"

#include "bond_lab.h"
#include "wire/lldp.h"

namespace ebond::core {
namespace {

using testing::Contains;
using testing::HasSubstr;
using testing::IsEmpty;

wire::Discovery said_by(std::string system, std::string port) {
  return {.chassis_id = system + "'s MAC",
          .port_id = std::move(port),
          .system_name = system,
          .ttl = std::chrono::seconds(120)};
}

/// An LLDPDU with these names, in a frame.
wire::Bytes lldp(std::string_view system, std::string_view port, std::uint8_t ttl = 120) {
  wire::Bytes frame;
  const auto put = [&](std::uint8_t type, std::string_view text, std::optional<std::uint8_t> subtype) {
    frame.push_back(static_cast<std::uint8_t>(type << 1));
    frame.push_back(static_cast<std::uint8_t>(text.size() + (subtype ? 1 : 0)));
    if (subtype) frame.push_back(*subtype);
    frame.insert(frame.end(), text.begin(), text.end());
  };
  wire::Writer header;
  wire::write_ethernet(header, {wire::kLldpGroups[0], mac(9), {}, wire::kLldpEtherType});
  frame = std::move(header).finish();
  put(1, system, 7);
  put(2, port, 5);
  frame.insert(frame.end(), {0x06, 0x02, 0x00, ttl});
  put(5, system, std::nullopt);
  frame.insert(frame.end(), {0, 0});
  return frame;
}

class Neighbours : public testing::Test {
 protected:
  BondLab lab{BondLab::unpolled(Mode::active_backup)};
  void SetUp() override { lab.with_slaves(2); }
  std::vector<std::string> hear(unsigned slave, const wire::Bytes& frame) {
    return reports(lab.bond.frame_received(nic(slave), frame, lab.now));
  }
  SlaveStatus slave(unsigned number) { return lab.status().slaves.at(number); }
};

TEST_F(Neighbours, EverySlaveListensForThem) {
  EXPECT_TRUE(lab.bond.listening(nic(0)).discovery);
  EXPECT_TRUE(lab.bond.listening(nic(1)).discovery);
}

TEST_F(Neighbours, AreToldOnce) {
  EXPECT_THAT(hear(0, lldp("sw1", "Ethernet1/7")), Contains(HasSubstr("sw1 Ethernet1/7")));
  EXPECT_THAT(hear(0, lldp("sw1", "Ethernet1/7")), IsEmpty());
  ASSERT_TRUE(slave(0).neighbour.has_value());
  EXPECT_EQ(neighbour_words(*slave(0).neighbour), "sw1 Ethernet1/7");
  EXPECT_TRUE(slave(0).is_neighbour_current);
  EXPECT_FALSE(slave(1).neighbour.has_value());
}

TEST_F(Neighbours, AreKeptWhenTheyFallSilent) {
  hear(0, lldp("sw1", "Ethernet1/7"));
  (void)lab.watch(120s);
  EXPECT_FALSE(slave(0).is_neighbour_current);
  EXPECT_EQ(slave(0).neighbour->port, "Ethernet1/7");
  hear(0, lldp("sw1", "Ethernet1/7"));
  EXPECT_TRUE(slave(0).is_neighbour_current);
  hear(0, lldp("sw1", "Ethernet1/7", 0));
  EXPECT_FALSE(slave(0).is_neighbour_current) << "it said that it goes";
  EXPECT_EQ(slave(0).neighbour->port, "Ethernet1/7");
}

TEST_F(Neighbours, ACableThatLedElsewhereIsTold) {
  hear(0, lldp("sw1", "Ethernet1/7"));
  lab.pull(0);
  EXPECT_FALSE(slave(0).is_neighbour_current);
  lab.plug(0);
  EXPECT_THAT(hear(0, lldp("sw2", "Ethernet1/9")),
              Contains(HasSubstr("'sw1 Ethernet1/7' -> 'sw2 Ethernet1/9'")));
}

TEST_F(Neighbours, OfTwoOnOneCableTheFirstCountsWhileItSpeaks) {
  hear(0, lldp("sw1", "Ethernet1/7"));
  EXPECT_THAT(hear(0, lldp("phone", "1")), IsEmpty());
  EXPECT_EQ(slave(0).neighbour->system, "sw1");
  (void)lab.watch(121s);
  hear(0, lldp("phone", "1"));
  EXPECT_EQ(slave(0).neighbour->system, "phone");
}

TEST_F(Neighbours, GoOnInTheNextDaemon) {
  hear(0, lldp("sw1", "Ethernet1/7"));
  Bond next = Bond::restore(lab.bond.memory(), lab.now);
  const auto slave = next.status(lab.now).slaves.at(0);
  EXPECT_EQ(slave.neighbour->port, "Ethernet1/7");
  EXPECT_FALSE(slave.neighbour_heard.has_value());
  EXPECT_THAT(reports(next.frame_received(nic(0), lldp("sw1", "Ethernet1/7"), lab.now)), IsEmpty());
  EXPECT_TRUE(next.status(lab.now).slaves.at(0).is_neighbour_current);
}

TEST(NeighbourRecord, BelievesLldpBeforeCdp) {
  NeighbourRecord record;
  const TimePoint now{};
  EXPECT_TRUE(record.heard(DiscoveryProtocol::cdp, said_by("sw1", "Eth1/7"), now));
  EXPECT_FALSE(record.heard(DiscoveryProtocol::lldp, said_by("sw1", "Ethernet1/7"), now)) << "the same port";
  EXPECT_EQ(record.known()->port, "Ethernet1/7");
  EXPECT_FALSE(record.heard(DiscoveryProtocol::cdp, said_by("sw1", "Eth1/7"), now));
  EXPECT_EQ(record.known()->port, "Ethernet1/7");
}

TEST(NeighbourRecord, MakesOneLineOfWhatStrangersSay) {
  NeighbourRecord record;
  record.heard(DiscoveryProtocol::lldp, said_by("sw\n1\x1b[31m", "\xff"), TimePoint{});
  EXPECT_EQ(neighbour_words(*record.known()), "sw 1\\x1b[31m \\xff");
}

}  // namespace
}  // namespace ebond::core
