#include "os/tc_filters.h"

#include <arpa/inet.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <fmt/format.h>
#include <linux/if_ether.h>
#include <linux/pkt_cls.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <netlink/attr.h>
#include <netlink/msg.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <optional>
#include <string_view>
#include <utility>

#include "os/libbpf_words.h"
#include "os/netlink_socket.h"
#include "os/number.h"

namespace ebond::os {

namespace {

bpf_tc_hook ingress_of(core::IfIndex device) {
  return {.sz = sizeof(bpf_tc_hook), .ifindex = number(device), .attach_point = BPF_TC_INGRESS, .parent = 0};
}

std::string_view text_of(const nlattr* attribute) {
  const auto* text = static_cast<const char*>(nla_data(attribute));
  return {text, ::strnlen(text, static_cast<std::size_t>(nla_len(attribute)))};
}

nlattr* inside(const nlattr* nest, int wanted) {
  return nla_find(static_cast<nlattr*>(nla_data(nest)), nla_len(nest), wanted);
}

/// Where each kind of classifier keeps its actions, linux/pkt_cls.h; 0: not known here.
int actions_attribute(std::string_view kind) {
  constexpr std::array<std::pair<std::string_view, int>, 7> kKinds{{{"bpf", TCA_BPF_ACT},
                                                                    {"u32", TCA_U32_ACT},
                                                                    {"flower", TCA_FLOWER_ACT},
                                                                    {"matchall", TCA_MATCHALL_ACT},
                                                                    {"basic", TCA_BASIC_ACT},
                                                                    {"fw", TCA_FW_ACT},
                                                                    {"flow", TCA_FLOW_ACT}}};
  const auto* found = std::ranges::find(kKinds, kind, &std::pair<std::string_view, int>::first);
  return found == kKinds.end() ? 0 : found->second;
}

/// The verdict of one action. Every kind's own struct begins with tc_gen's fields (linux/pkt_cls.h); all but
/// police's stand in attribute 2 of its options, that one in attribute 1.
std::optional<int> verdict_of(const nlattr* action) {
  constexpr int kParms = 2, kPoliceParms = 1;
  const auto* kind = inside(action, TCA_ACT_KIND);
  const auto* options = inside(action, TCA_ACT_OPTIONS);
  if (kind == nullptr || options == nullptr) return std::nullopt;
  const auto* parms = inside(options, text_of(kind) == "police" ? kPoliceParms : kParms);
  struct Generic {
    tc_gen;
  };
  if (parms == nullptr || nla_len(parms) < static_cast<int>(sizeof(Generic))) return std::nullopt;
  Generic generic{};
  std::memcpy(&generic, nla_data(parms), sizeof(generic));
  return generic.action;
}

TcEnding ending_of(int verdict) {
  switch (verdict) {
    case TC_ACT_UNSPEC:
      return TcEnding::goes_on;
    case TC_ACT_SHOT:
    case TC_ACT_STOLEN:
    case TC_ACT_QUEUED:
    case TC_ACT_REDIRECT:
    case TC_ACT_TRAP:
      return TcEnding::takes;
    default:
      return TcEnding::accepts;
  }
}

/// Actions are done in turn; the first that does not say `pipe` has the last word.
TcEnding ending_of(std::string_view kind, const nlattr* options) {
  const int where = actions_attribute(kind);
  const auto* actions = where == 0 ? nullptr : inside(options, where);
  if (actions == nullptr) return TcEnding::accepts;
  int left = 0;
  const nlattr* action = nullptr;
  nla_for_each_nested(action, actions, left) {
    const auto verdict = verdict_of(action);
    if (!verdict) return TcEnding::accepts;
    if (*verdict != TC_ACT_PIPE) return ending_of(*verdict);
  }
  return TcEnding::accepts;
}

std::optional<TcFilter> parse_filter(const nlmsghdr& message) {
  if (message.nlmsg_type != RTM_NEWTFILTER) return std::nullopt;
  const auto* header = static_cast<const tcmsg*>(nlmsg_data(&message));
  TcFilter filter;
  filter.priority = static_cast<std::uint16_t>(header->tcm_info >> 16);
  filter.protocol = ntohs(static_cast<std::uint16_t>(header->tcm_info & 0xffff));
  filter.handle = header->tcm_handle;
  const auto* kind = nlmsg_find_attr(const_cast<nlmsghdr*>(&message), sizeof(tcmsg), TCA_KIND);
  if (kind == nullptr) return std::nullopt;
  filter.kind = text_of(kind);
  const auto* options = nlmsg_find_attr(const_cast<nlmsghdr*>(&message), sizeof(tcmsg), TCA_OPTIONS);
  if (options == nullptr) {
    filter.ending = TcEnding::goes_on;  // no filter yet
    return filter;
  }
  filter.ending = ending_of(filter.kind, options);
  if (filter.kind == "bpf") {
    if (const auto* id = inside(options, TCA_BPF_ID)) filter.program = nla_get_u32(id);
  } else if (filter.kind == "u32" && inside(options, TCA_U32_SEL) == nullptr) {
    filter.ending = TcEnding::goes_on;  // a hash table of filters, none itself
  }
  return filter;
}

}  // namespace

std::string name_of_device(core::IfIndex device) {
  char name[IF_NAMESIZE] = {};
  if (::if_indextoname(std::to_underlying(device), name) == nullptr)
    return fmt::format("interface {}", number(device));
  return name;
}

Result<std::string> program_name(std::uint32_t id) {
  const UniqueFd program(bpf_prog_get_fd_by_id(id));
  bpf_prog_info info{};
  __u32 length = sizeof info;
  if (program.get() < 0 || bpf_obj_get_info_by_fd(program.get(), &info, &length) != 0) {
    return errno_error(fmt::format("cannot ask about BPF program {}", id), errno);
  }
  return std::string(info.name, ::strnlen(info.name, sizeof info.name));
}

Result<std::vector<TcFilter>> tc_filters(core::IfIndex device, TcSide side) {
  auto here = Namespace::current();
  if (!here) return std::unexpected(here.error());
  auto socket = NetlinkSocket::open(*here);
  if (!socket) return std::unexpected(socket.error());
  tcmsg header{};
  header.tcm_family = AF_UNSPEC;
  header.tcm_ifindex = number(device);
  header.tcm_parent = TC_H_MAKE(TC_H_CLSACT, side == TcSide::ingress ? TC_H_MIN_INGRESS : TC_H_MIN_EGRESS);
  NetlinkRequest request(RTM_GETTFILTER, NLM_F_DUMP, header);
  std::vector<TcFilter> found;
  auto asked = socket->ask(
      request, fmt::format("cannot list the filters of {}", name_of_device(device)),
      [&](const nlmsghdr& message) {
        if (auto filter = parse_filter(message)) found.push_back(std::move(*filter));
      },
      [&] { found.clear(); });
  if (!asked && asked.error().errno_value == ENODEV) return std::vector<TcFilter>{};
  if (!asked) return std::unexpected(asked.error());
  return found;
}

Result<bool> add_clsact(core::IfIndex device) {
  auto hook = ingress_of(device);
  const int error = bpf_tc_hook_create(&hook);
  if (error == 0) return true;
  if (error == -EEXIST) return false;
  if (error == -ENOENT || error == -EOPNOTSUPP) {
    return libbpf_error("this kernel has no clsact qdisc (CONFIG_NET_SCH_INGRESS, CONFIG_NET_CLS_ACT)",
                        error);
  }
  return libbpf_error(fmt::format("cannot add a clsact qdisc to {}", name_of_device(device)), error);
}

Result<> remove_empty_clsact(core::IfIndex device) {
  for (const auto side : {TcSide::ingress, TcSide::egress}) {
    const auto left = tc_filters(device, side);
    if (!left) return std::unexpected(left.error());
    if (!left->empty()) return {};
  }
  auto hook = ingress_of(device);
  hook.attach_point = static_cast<bpf_tc_attach_point>(BPF_TC_INGRESS | BPF_TC_EGRESS);
  const int error = bpf_tc_hook_destroy(&hook);
  // EINVAL: the kernel's word for a qdisc that is not there.
  if (error == 0 || error == -ENOENT || error == -ENODEV || error == -EINVAL) return {};
  return libbpf_error(fmt::format("cannot take the clsact qdisc off {}", name_of_device(device)), error);
}

Result<std::uint32_t> attach_program(core::IfIndex device, int program, std::uint16_t priority,
                                     std::uint32_t handle) {
  auto hook = ingress_of(device);
  bpf_tc_opts options{};
  options.sz = sizeof(options);
  options.prog_fd = program;
  options.handle = handle;
  options.priority = priority;
  options.flags = BPF_TC_F_REPLACE;
  const int error = bpf_tc_attach(&hook, &options);
  if (error == 0) return options.prog_id;
  if (error == -ENOENT || error == -EOPNOTSUPP) {
    return libbpf_error("this kernel has no BPF classifier (CONFIG_NET_CLS_BPF)", error);
  }
  return libbpf_error(fmt::format("cannot attach a program to {}", name_of_device(device)), error);
}

Result<> remove_filter(core::IfIndex device, const TcFilter& filter) {
  auto hook = ingress_of(device);
  bpf_tc_opts options{};
  options.sz = sizeof(options);
  options.handle = filter.handle;
  options.priority = filter.priority;
  const int error = bpf_tc_detach(&hook, &options);
  if (error == 0 || error == -ENOENT || error == -ENODEV || error == -EINVAL) return {};
  return libbpf_error(fmt::format("cannot take the program off {}", name_of_device(device)), error);
}

}  // namespace ebond::os
