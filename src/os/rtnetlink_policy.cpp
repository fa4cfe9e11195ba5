// Rtnetlink's neighbours and rules of routing policy.
#include <fmt/format.h>
#include <linux/fib_rules.h>
#include <linux/neighbour.h>
#include <linux/rtnetlink.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <span>

#include "os/number.h"
#include "os/rtnetlink.h"
#include "os/rtnetlink_parse.h"
#include "os/rtnetlink_requests.h"

namespace ebond::os {

// ---- neighbours ----

Result<std::vector<Neighbour>> Rtnetlink::written_neighbours(IfIndex ifindex) {
  std::vector<Neighbour> found;
  // Proxies are told to those alone who ask for them.
  for (const std::uint8_t flags : {std::uint8_t{0}, std::uint8_t{NTF_PROXY}}) {
    const auto before = found.size();
    ndmsg header{};
    header.ndm_flags = flags;
    NetlinkRequest request(RTM_GETNEIGH, NLM_F_DUMP, header);
    auto seen = socket_.ask(
        request, "cannot list the neighbours",
        [&](const nlmsghdr& m) {
          if (m.nlmsg_type != RTM_NEWNEIGH) return;
          const auto neighbour = parse_written_neighbour(m);
          if (neighbour && neighbour->ifindex == ifindex) found.push_back(*neighbour);
        },
        [&] { found.resize(before); });
    if (!seen) return std::unexpected(seen.error());
  }
  return found;
}

namespace {

NetlinkRequest neighbour_request(std::uint16_t type, std::uint16_t flags, const Neighbour& neighbour) {
  ndmsg header{};
  header.ndm_family = family_of(neighbour.address);
  header.ndm_ifindex = number(neighbour.ifindex);
  header.ndm_state = NUD_PERMANENT;
  header.ndm_flags = neighbour.proxy ? NTF_PROXY : 0;
  NetlinkRequest request(type, flags, header);
  put_ip(request, NDA_DST, neighbour.address);
  if (!neighbour.proxy) put_mac(request, NDA_LLADDR, neighbour.mac);
  return request;
}

}  // namespace

Result<> Rtnetlink::add_neighbour(const Neighbour& neighbour) {
  auto request = neighbour_request(RTM_NEWNEIGH, kCreate, neighbour);
  return socket_.ask(request, fmt::format("cannot add neighbour {}", to_string(neighbour.address)));
}

Result<> Rtnetlink::delete_neighbour(const Neighbour& neighbour) {
  auto request = neighbour_request(RTM_DELNEIGH, 0, neighbour);
  return socket_.ask(request, fmt::format("cannot remove neighbour {}", to_string(neighbour.address)));
}

// ---- rules ----

namespace {

/// What follows a rule's header, attribute by attribute. `packed` came from the kernel or a state file.
template <class Visit>
void for_each_rule_attribute(const std::vector<std::uint8_t>& packed, Visit visit) {
  std::size_t at = NLMSG_ALIGN(sizeof(fib_rule_hdr));
  while (at + sizeof(nlattr) <= packed.size()) {
    nlattr header{};
    std::memcpy(&header, packed.data() + at, sizeof header);
    if (header.nla_len < sizeof header || at + header.nla_len > packed.size()) return;
    visit(header.nla_type & NLA_TYPE_MASK,
          std::span(packed).subspan(at + sizeof header, header.nla_len - sizeof header));
    at += NLA_ALIGN(header.nla_len);
  }
}

bool is_interface_of_rule(int attribute) {
  return attribute == FRA_IIFNAME || attribute == FRA_OIFNAME;
}

std::string_view text_of(std::span<const std::uint8_t> value) {
  const std::string_view text(reinterpret_cast<const char*>(value.data()), value.size());
  return text.substr(0, text.find('\0'));
}

/// The rule's header alone; none if it has not even that.
std::optional<fib_rule_hdr> header_of(const Rule& rule) {
  fib_rule_hdr header{};
  if (rule.packed.size() < sizeof header) return std::nullopt;
  std::memcpy(&header, rule.packed.data(), sizeof header);
  return header;
}

Result<NetlinkRequest> rule_request(std::uint16_t type, std::uint16_t flags, const Rule& rule) {
  const auto header = header_of(rule);
  if (!header) return std::unexpected(Error{EINVAL, "a rule without a header"});
  NetlinkRequest request(type, flags, *header);
  for_each_rule_attribute(rule.packed, [&](int attribute, std::span<const std::uint8_t> value) {
    request.bytes(attribute, value.data(), value.size());
  });
  return request;
}

}  // namespace

bool Rule::names(std::string_view interface) const {
  bool found = false;
  for_each_rule_attribute(packed, [&](int attribute, std::span<const std::uint8_t> value) {
    found = found || (is_interface_of_rule(attribute) && text_of(value) == interface);
  });
  return found;
}

Rule Rule::renamed(std::string_view from, std::string_view to) const {
  auto header = header_of(*this);
  if (!header) return *this;  // nothing in it names an interface
  // Whether the interface is there now is the kernel's to say.
  header->flags &= ~(FIB_RULE_UNRESOLVED | FIB_RULE_IIF_DETACHED | FIB_RULE_OIF_DETACHED);
  Rule other;
  other.packed.resize(sizeof *header);
  std::memcpy(other.packed.data(), &*header, sizeof *header);
  for_each_rule_attribute(packed, [&](int attribute, std::span<const std::uint8_t> value) {
    std::vector<std::uint8_t> content(value.begin(), value.end());
    if (is_interface_of_rule(attribute) && text_of(value) == from) {
      content.assign(to.begin(), to.end());
      content.push_back(0);
    }
    const nlattr head{static_cast<std::uint16_t>(sizeof(nlattr) + content.size()),
                      static_cast<std::uint16_t>(attribute)};
    const auto at = other.packed.size();
    other.packed.resize(at + NLA_ALIGN(head.nla_len));
    std::memcpy(other.packed.data() + at, &head, sizeof head);
    std::ranges::copy(content, other.packed.begin() + static_cast<std::ptrdiff_t>(at + sizeof head));
  });
  return other;
}

Result<std::vector<Rule>> Rtnetlink::rules_naming(std::string_view interface) {
  std::vector<Rule> found;
  for (const std::uint8_t family : {std::uint8_t{AF_INET}, std::uint8_t{AF_INET6}}) {
    const auto before = found.size();
    fib_rule_hdr header{};
    header.family = family;
    NetlinkRequest request(RTM_GETRULE, NLM_F_DUMP, header);
    auto seen = socket_.ask(
        request, "cannot list the rules",
        [&](const nlmsghdr& m) {
          if (m.nlmsg_type != RTM_NEWRULE || m.nlmsg_len < NLMSG_LENGTH(sizeof(fib_rule_hdr))) return;
          const auto* begin = static_cast<const std::uint8_t*>(NLMSG_DATA(&m));
          Rule rule{.packed = {begin, begin + (m.nlmsg_len - NLMSG_HDRLEN)}};
          if (rule.names(interface)) found.push_back(std::move(rule));
        },
        [&] { found.resize(before); });
    // A kernel without policy routing, or without IPv6.
    if (!seen && seen.error().errno_value != EOPNOTSUPP && seen.error().errno_value != EAFNOSUPPORT) {
      return std::unexpected(seen.error());
    }
  }
  return found;
}

Result<> Rtnetlink::add_rule(const Rule& rule) {
  auto request = rule_request(RTM_NEWRULE, kCreate, rule);
  return request ? socket_.ask(*request, "cannot add a rule") : std::unexpected(request.error());
}

Result<> Rtnetlink::delete_rule(const Rule& rule) {
  auto request = rule_request(RTM_DELRULE, 0, rule);
  return request ? socket_.ask(*request, "cannot remove a rule") : std::unexpected(request.error());
}

}  // namespace ebond::os
