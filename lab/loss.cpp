#include "lab/loss.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <linux/bpf.h>
#include <linux/pkt_cls.h>

#include <array>
#include <cmath>
#include <stdexcept>
#include <system_error>
#include <utility>

#include "lab/must.h"
#include "os/unique_fd.h"

namespace ebond::lab {
namespace {

constexpr std::uint32_t kHandle = 0xeb;
constexpr std::uint32_t kPriority = 1;

bpf_insn instruction(std::uint8_t code, std::uint8_t destination, std::int16_t offset,
                     std::int32_t immediate) {
  bpf_insn insn{};
  insn.code = code;
  insn.dst_reg = destination & 0x0f;
  insn.off = offset;
  insn.imm = immediate;
  return insn;
}

/// r0 = random; r0 <= share * 2^32 - 1 ? drop : go on with the next program.
os::UniqueFd load(double share) {
  const auto threshold = static_cast<std::uint32_t>(std::llround(share * 0xffffffffU));
  const std::array program{
      instruction(BPF_JMP | BPF_CALL, 0, 0, BPF_FUNC_get_prandom_u32),
      instruction(BPF_JMP32 | BPF_JLE | BPF_K, 0, 2, static_cast<std::int32_t>(threshold)),
      instruction(BPF_ALU64 | BPF_MOV | BPF_K, 0, 0, TC_ACT_UNSPEC),
      instruction(BPF_JMP | BPF_EXIT, 0, 0, 0),
      instruction(BPF_ALU64 | BPF_MOV | BPF_K, 0, 0, TC_ACT_SHOT),
      instruction(BPF_JMP | BPF_EXIT, 0, 0, 0),
  };
  os::UniqueFd fd(bpf_prog_load(BPF_PROG_TYPE_SCHED_CLS, "lab_loss", "Dual MIT/GPL", program.data(),
                                program.size(), nullptr));
  if (!fd) throw std::system_error(errno, std::generic_category(), "cannot load the loss program");
  return fd;
}

void check(int status, const char* what) {
  if (status < 0) throw std::system_error(-status, std::generic_category(), what);
}

}  // namespace

void set_loss(const os::Namespace& where, core::IfIndex interface, LossPoint point, double share) {
  if (share < 0 || share > 1) throw std::invalid_argument("a share of frames is between 0 and 1");
  const auto inside = must(os::NamespaceScope::enter(where));
  LIBBPF_OPTS(bpf_tc_hook, hook, .ifindex = static_cast<int>(std::to_underlying(interface)),
              .attach_point = point == LossPoint::ingress ? BPF_TC_INGRESS : BPF_TC_EGRESS);
  if (share == 0) {
    LIBBPF_OPTS(bpf_tc_opts, old, .handle = kHandle, .priority = kPriority);
    const int status = bpf_tc_detach(&hook, &old);
    if (status != -ENOENT && status != -EINVAL) check(status, "cannot take the loss program away");
    return;
  }
  const auto printer = libbpf_set_print(nullptr);  // a hook that is there already is not an error
  const int made = bpf_tc_hook_create(&hook);
  libbpf_set_print(printer);
  if (made != -EEXIST) check(made, "cannot make a TC hook");
  const auto program = load(share);
  LIBBPF_OPTS(bpf_tc_opts, fresh, .prog_fd = program.get(), .flags = BPF_TC_F_REPLACE, .handle = kHandle,
              .priority = kPriority);
  check(bpf_tc_attach(&hook, &fresh), "cannot attach the loss program");
}

}  // namespace ebond::lab
