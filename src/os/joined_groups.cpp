#include "os/joined_groups.h"

#include <algorithm>
#include <bit>
#include <charconv>
#include <cstring>
#include <optional>
#include <sstream>
#include <string>

#include "os/file.h"

namespace ebond::os {
namespace {

constexpr wire::Ipv4Address kAllHosts{224, 0, 0, 1};
constexpr unsigned kNoReport = 0x08;  // the kernel's MAF_NOREPORT: ff02::1 and what is of no wider scope

using Words = std::vector<std::string>;

Words words_of(const std::string& line) {
  std::istringstream in(line);
  Words words;
  for (std::string word; in >> word;) words.push_back(std::move(word));
  return words;
}

template <class Number = std::uint32_t>
std::optional<Number> number_in(std::string_view text, int base) {
  if (base == 16 && text.starts_with("0x")) text.remove_prefix(2);
  Number value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, base);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

wire::Ipv4Address octets_of(std::uint32_t in_memory) {
  wire::Ipv4Address address{};
  std::memcpy(address.data(), &in_memory, address.size());
  return address;
}

template <class Address>
std::optional<Address> address_in(std::string_view text);

/// "0xe8010101": host order, as a person reads it.
template <>
std::optional<wire::Ipv4Address> address_in(std::string_view text) {
  auto value = number_in(text, 16);
  if (!value) return std::nullopt;
  return octets_of(std::endian::native == std::endian::little ? __builtin_bswap32(*value) : *value);
}

/// "ff020000000000000000000000000001".
template <>
std::optional<wire::Ipv6Address> address_in(std::string_view text) {
  wire::Ipv6Address address{};
  if (text.size() != 2 * address.size()) return std::nullopt;
  for (std::size_t i = 0; i < address.size(); ++i) {
    auto octet = number_in<std::uint8_t>(text.substr(2 * i, 2), 16);
    if (!octet) return std::nullopt;
    address[i] = *octet;
  }
  return address;
}

/// RFC 5771 4: 224.0.0/24, which its sysctl can keep out of reports.
bool is_link_local(const wire::Ipv4Address& group) {
  return group[0] == 224 && group[1] == 0 && group[2] == 0;
}

/// RFC 4607: 232/8 and ff3x::/32, where nobody may ask for every source.
bool is_source_specific(const wire::Ipv4Address& group) {
  return group[0] == 232;
}
bool is_source_specific(const wire::Ipv6Address& group) {
  return group[0] == 0xff && group[1] >> 4 == 3 && group[2] == 0 && group[3] == 0;
}

/// "2 eth0 GROUP SOURCE included excluded" a line.
template <class Address>
std::vector<Address> wanted_sources(std::string_view text, core::IfIndex interface, const Address& group) {
  std::vector<Address> sources;
  if (!is_source_specific(group)) return sources;
  std::istringstream lines{std::string(text)};
  for (std::string line; std::getline(lines, line);) {
    const auto words = words_of(line);
    if (words.size() != 6 || number_in(words[0], 10) != static_cast<std::uint32_t>(interface)) continue;
    const auto included = number_in<std::uint64_t>(words[4], 10),
               excluded = number_in<std::uint64_t>(words[5], 10);
    if (address_in<Address>(words[2]) != group || included.value_or(0) == 0 || excluded != 0) continue;
    if (auto source = address_in<Address>(words[3])) sources.push_back(*source);
  }
  return sources;
}

wire::IgmpVersion version_of(const std::string& text) {
  if (text == "V1") return wire::IgmpVersion::v1;
  return text == "V2" ? wire::IgmpVersion::v2 : wire::IgmpVersion::v3;
}

/// A line for each interface, "2 eth0 : 3 V3", and one below it for each of its groups, "010000E0 1 …": the
/// group as it lies in memory.
void read_igmp(const MembershipTexts& texts, core::IfIndex interface, JoinedGroups& joined) {
  std::istringstream lines{std::string(texts.igmp)};
  bool ours = false;
  for (std::string line; std::getline(lines, line);) {
    const auto words = words_of(line);
    if (words.empty()) continue;
    const bool is_group = line.front() == '\t';
    if (!is_group) {
      ours = number_in(words.front(), 10) == static_cast<std::uint32_t>(interface);
      if (ours) joined.igmp_version = version_of(words.back());
      continue;
    }
    const auto group = number_in(words.front(), 16);
    if (!ours || !group || octets_of(*group) == kAllHosts) continue;
    const auto address = octets_of(*group);
    joined.ipv4.push_back({address, wanted_sources(texts.mcfilter, interface, address)});
  }
}

/// "2 eth0 GROUP users flags timer" a line.
void read_igmp6(const MembershipTexts& texts, core::IfIndex interface, JoinedGroups& joined) {
  std::istringstream lines{std::string(texts.igmp6)};
  for (std::string line; std::getline(lines, line);) {
    const auto words = words_of(line);
    if (words.size() != 6 || number_in(words[0], 10) != static_cast<std::uint32_t>(interface)) continue;
    const auto address = address_in<wire::Ipv6Address>(words[2]);
    const auto flags = number_in(words[4], 16);
    if (!address || !flags || (*flags & kNoReport) != 0) continue;
    joined.ipv6.push_back({*address, wanted_sources(texts.mcfilter6, interface, *address)});
  }
}

}  // namespace

JoinedGroups parse_joined_groups(const MembershipTexts& texts, core::IfIndex interface) {
  JoinedGroups joined;
  read_igmp(texts, interface, joined);
  read_igmp6(texts, interface, joined);
  return joined;
}

Result<JoinedGroups> joined_groups(const Namespace& where, core::IfIndex interface) {
  auto inside = NamespaceScope::enter(where);
  if (!inside) return std::unexpected(inside.error());
  const auto igmp = read_file("/proc/thread-self/net/igmp");
  if (!igmp && igmp.error().errno_value != ENOENT) return std::unexpected(igmp.error());
  const auto text_or_nothing = [](const char* path) { return read_file(path).value_or(std::string{}); };
  const auto mcfilter = text_or_nothing("/proc/thread-self/net/mcfilter");
  const auto igmp6 = text_or_nothing("/proc/thread-self/net/igmp6");
  const auto mcfilter6 = text_or_nothing("/proc/thread-self/net/mcfilter6");
  auto joined = parse_joined_groups({igmp.value_or(std::string{}), mcfilter, igmp6, mcfilter6}, interface);
  if (text_or_nothing("/proc/sys/net/ipv4/igmp_link_local_mcast_reports").starts_with('0')) {
    std::erase_if(joined.ipv4, [](const auto& group) { return is_link_local(group.address); });
  }
  return joined;
}

}  // namespace ebond::os
