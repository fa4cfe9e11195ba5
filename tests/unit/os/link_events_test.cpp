// What remains of netlink's messages that are read together.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "os/rtnetlink_events.h"

namespace ebond::os {
namespace {

LinkEvent changed(std::uint32_t ifindex, std::uint32_t mtu) {
  LinkInfo link;
  link.ifindex = IfIndex(ifindex);
  link.mtu = mtu;
  return LinkChanged{link};
}
LinkEvent gone(std::uint32_t ifindex) {
  LinkInfo link;
  link.ifindex = IfIndex(ifindex);
  return LinkGone{link};
}
LinkEvent address(std::uint32_t ifindex, bool added) {
  return AddressChanged{.added = added, .address = {.ifindex = IfIndex(ifindex)}};
}

/// "changed 2/1500", "gone 2", "address 2", "filters 2"
std::vector<std::string> latest(std::vector<LinkEvent> events) {
  keep_latest(events);
  std::vector<std::string> lines;
  const auto number = [](IfIndex ifindex) { return std::to_string(std::to_underlying(ifindex)); };
  for (const auto& event : events) {
    if (const auto* link = std::get_if<LinkChanged>(&event)) {
      lines.push_back("changed " + number(link->link.ifindex) + "/" + std::to_string(link->link.mtu));
    } else if (const auto* end = std::get_if<LinkGone>(&event)) {
      lines.push_back("gone " + number(end->link.ifindex));
    } else if (const auto* address = std::get_if<AddressChanged>(&event)) {
      lines.push_back("address " + number(address->address.ifindex));
    } else {
      lines.push_back("filters " + number(std::get<FiltersChanged>(event).ifindex));
    }
  }
  return lines;
}

TEST(LinkEvents, KeepTheLatestOfEachLinkInTheKernelsOrder) {
  EXPECT_THAT(latest({changed(2, 1500), changed(3, 1500), changed(2, 1400), changed(2, 1300)}),
              ::testing::ElementsAre("changed 3/1500", "changed 2/1300"));
}

TEST(LinkEvents, KeepEveryEndOfALinkAndWhatComesInItsPlace) {
  EXPECT_THAT(latest({changed(2, 1500), gone(2), changed(2, 1400), changed(2, 1300)}),
              ::testing::ElementsAre("gone 2", "changed 2/1300"));
  EXPECT_THAT(latest({gone(2), changed(2, 1400), gone(2)}), ::testing::ElementsAre("gone 2", "gone 2"));
}

TEST(LinkEvents, TellKindsApart) {
  EXPECT_THAT(latest({address(2, true), FiltersChanged{IfIndex(2)}, changed(2, 1500), address(2, false),
                      FiltersChanged{IfIndex(2)}, address(3, true)}),
              ::testing::ElementsAre("changed 2/1500", "address 2", "filters 2", "address 3"));
}

}  // namespace
}  // namespace ebond::os
