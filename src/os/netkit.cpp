#include "os/netkit.h"

#include <bpf/bpf.h>
#include <fmt/format.h>
#include <linux/bpf.h>

#include <cerrno>

#include "os/attached_programs.h"
#include "os/number.h"

namespace ebond::os {
namespace {

constexpr auto kAttachType = static_cast<bpf_attach_type>(netkit::kAttachToPeer);

}  // namespace

namespace netkit {

Result<std::vector<std::uint32_t>> programs_on_peer(core::IfIndex primary) {
  return attached_programs(primary, kAttachToPeer);
}

bool is_primary(core::IfIndex device) {
  return programs_on_peer(device).has_value();
}

}  // namespace netkit

Result<NetkitLink> NetkitLink::attach(core::IfIndex primary, int program) {
  NetkitLink made;
  made.link_ = UniqueFd(bpf_link_create(program, static_cast<int>(number(primary)), kAttachType, nullptr));
  if (made.link_) return made;
  return errno_error(fmt::format("cannot attach a program above interface {}", number(primary)), errno);
}

Result<NetkitLink> NetkitLink::open(const std::filesystem::path& pin) {
  NetkitLink found;
  found.link_ = UniqueFd(bpf_obj_get(pin.c_str()));
  if (found.link_) return found;
  return errno_error(fmt::format("cannot open the link pinned at {}", pin.string()), errno);
}

Result<> NetkitLink::replace(int program) const {
  if (bpf_link_update(link_.get(), program, nullptr) == 0) return {};
  return errno_error("cannot replace the program of a link", errno);
}

Result<std::optional<std::uint32_t>> NetkitLink::program() const {
  bpf_link_info info{};
  __u32 length = sizeof(info);
  if (bpf_obj_get_info_by_fd(link_.get(), &info, &length) != 0) {
    return errno_error("cannot ask about a link", errno);
  }
  // What a link of netkit says of itself begins with the number that the peer has where it stands, as one of
  // XDP begins with its interface's.
  if (info.xdp.ifindex == 0) return std::nullopt;
  return info.prog_id;
}

}  // namespace ebond::os
