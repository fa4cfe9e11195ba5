#include "os/tcx.h"

#include <bpf/bpf.h>
#include <fmt/format.h>
#include <linux/bpf.h>

#include <cerrno>

#include "os/attached_programs.h"
#include "os/number.h"
#include "os/tc_filters.h"
#include "os/unique_fd.h"

namespace ebond::os::tcx {

namespace {
constexpr auto kReceived = static_cast<bpf_attach_type>(46);  // BPF_TCX_INGRESS
}  // namespace

Result<std::vector<std::uint32_t>> programs_on(core::IfIndex device) {
  auto programs = attached_programs(device, kReceived);
  if (!programs && programs.error().errno_value == ENODEV) return std::vector<std::uint32_t>{};
  return programs;
}

Result<> attach(core::IfIndex device, int program) {
  if (bpf_prog_attach_opts(program, number(device), kReceived, nullptr) == 0) return {};
  return errno_error(fmt::format("cannot put a program ahead of tc on {}", name_of_device(device)), errno);
}

Result<> replace(core::IfIndex device, std::uint32_t old, int program) {
  const UniqueFd before(bpf_prog_get_fd_by_id(old));
  if (!before) return errno_error(fmt::format("cannot look at BPF program {}", old), errno);
  LIBBPF_OPTS(bpf_prog_attach_opts, options, .flags = BPF_F_REPLACE, .replace_prog_fd = before.get());
  if (bpf_prog_attach_opts(program, number(device), kReceived, &options) == 0) return {};
  return errno_error(fmt::format("cannot replace the program ahead of tc on {}", name_of_device(device)),
                     errno);
}

Result<> detach(core::IfIndex device, std::uint32_t program) {
  const UniqueFd found(bpf_prog_get_fd_by_id(program));
  if (!found && errno == ENOENT) return {};
  if (!found) return errno_error(fmt::format("cannot look at BPF program {}", program), errno);
  if (bpf_prog_detach2(found.get(), number(device), kReceived) == 0 || errno == ENOENT || errno == ENODEV)
    return {};
  return errno_error(fmt::format("cannot take the program ahead of tc off {}", name_of_device(device)),
                     errno);
}

}  // namespace ebond::os::tcx
