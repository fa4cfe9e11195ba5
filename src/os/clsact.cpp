#include "os/clsact.h"

#include <bpf/libbpf.h>
#include <fmt/format.h>

#include <utility>

namespace ebond::os {

Result<bool> has_clsact(core::IfIndex device) {
  const bpf_tc_hook hook{.sz = sizeof(bpf_tc_hook),
                         .ifindex = static_cast<int>(std::to_underlying(device)),
                         .attach_point = BPF_TC_INGRESS,
                         .parent = 0};
  // A filter that nobody has: what is missing tells whether the qdisc is there.
  bpf_tc_opts options{};
  options.sz = sizeof(options);
  options.handle = 0xffff'ffff;
  options.priority = 0xffff;
  const int error = bpf_tc_query(&hook, &options);
  if (error == 0 || error == -ENOENT) return true;
  if (error == -EINVAL) return false;
  return errno_error(
      fmt::format("cannot look for a clsact qdisc on interface {}", std::to_underlying(device)), -error);
}

}  // namespace ebond::os
