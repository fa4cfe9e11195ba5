#include "os/carrier_hook.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <fmt/format.h>
#include <unistd.h>

#include "carrier.skel.h"

namespace ebond::os {

namespace {

struct DestroyCarrier {
  void operator()(carrier_bpf* skeleton) const { carrier_bpf__destroy(skeleton); }
  void operator()(ring_buffer* ring) const { ring_buffer__free(ring); }
};

ebond_watched key_of(const NamespaceId& where, core::IfIndex device) {
  return {.netns = static_cast<__u32>(where.inode), .ifindex = static_cast<__u32>(device)};
}

std::unexpected<Error> hook_error(const char* what, int negative_errno) {
  return errno_error(
      fmt::format("{} (CONFIG_FUNCTION_TRACER, CONFIG_DEBUG_INFO_BTF, and a kernel that lets root trace)",
                  what),
      -negative_errno);
}

}  // namespace

struct CarrierHook::Parts {
  std::unique_ptr<carrier_bpf, DestroyCarrier> skeleton;
  std::unique_ptr<ring_buffer, DestroyCarrier> ring;
  const std::function<void(const CarrierNews&)>* hear = nullptr;

  static int on_item(void* context, void* data, std::size_t size) {
    auto& parts = *static_cast<Parts*>(context);
    if (size < sizeof(ebond_carrier_news) || parts.hear == nullptr) return 0;
    const auto& item = *static_cast<const ebond_carrier_news*>(data);
    (*parts.hear)({.netns_inode = item.where.netns,
                   .ifindex = core::IfIndex(item.where.ifindex),
                   .carrier = item.carrier != 0,
                   .when = core::TimePoint(core::Duration(item.when_ns))});
    return 0;
  }
};

CarrierHook::CarrierHook(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}
CarrierHook::CarrierHook(CarrierHook&&) noexcept = default;
CarrierHook& CarrierHook::operator=(CarrierHook&&) noexcept = default;
CarrierHook::~CarrierHook() = default;

void CarrierHook::remove(const std::filesystem::path& pin_dir) {
  std::error_code ignored;
  for (const auto* name : {"carrier_off", "carrier_on", "watched"}) {
    std::filesystem::remove(pin_dir / name, ignored);
  }
}

Result<CarrierHook> CarrierHook::open(const std::filesystem::path& pin_dir, const LinkBits& links) {
  libbpf_set_print(nullptr);  // a refusal is an answer here, and is told in one line
  auto parts = std::make_unique<Parts>();
  parts->skeleton.reset(carrier_bpf__open());
  if (!parts->skeleton) return hook_error("cannot open the carrier hook", -errno);
  auto& skeleton = *parts->skeleton;
  if (const int error = bpf_map__reuse_fd(skeleton.maps.data_links, links.fd()); error != 0) {
    return hook_error("cannot share the links with the carrier hook", error);
  }
  // The list of watched links outlives daemons, so that no link goes unwatched while a new one takes over.
  const auto list_pin = pin_dir / "watched";
  const UniqueFd list(bpf_obj_get(list_pin.c_str()));
  if (list) (void)bpf_map__reuse_fd(skeleton.maps.watched, list.get());
  if (const int error = carrier_bpf__load(&skeleton); error != 0) {
    return hook_error("this kernel refuses the carrier hook", error);
  }
  if (const int error = carrier_bpf__attach(&skeleton); error != 0) {
    return hook_error("this kernel refuses to attach the carrier hook", error);
  }
  if (!list) {
    if (const int error = bpf_map__pin(skeleton.maps.watched, list_pin.c_str()); error != 0) {
      return hook_error("cannot pin the carrier hook's list", error);
    }
  }
  // From here on two hooks may run side by side for a moment: clearing twice does no harm.
  for (auto [link, name] : {std::pair{skeleton.links.ebond_carrier_off, "carrier_off"},
                            std::pair{skeleton.links.ebond_carrier_on, "carrier_on"}}) {
    const auto pin = pin_dir / name;
    ::unlink(pin.c_str());
    if (const int error = bpf_link__pin(link, pin.c_str()); error != 0) {
      return hook_error("cannot pin the carrier hook", error);
    }
  }
  parts->ring.reset(ring_buffer__new(bpf_map__fd(skeleton.maps.news), Parts::on_item, parts.get(), nullptr));
  if (!parts->ring) return hook_error("cannot receive from the carrier hook", -errno);
  return CarrierHook(std::move(parts));
}

Result<> CarrierHook::watch(const NamespaceId& where, core::IfIndex device, LinkId link, bool cuts) {
  const auto key = key_of(where, device);
  const ebond_watch value{.link = static_cast<__u32>(link), .cuts = cuts ? 1U : 0U};
  const int map = bpf_map__fd(parts_->skeleton->maps.watched);
  if (bpf_map_update_elem(map, &key, &value, BPF_ANY) == 0) return {};
  return errno_error("cannot watch a link by the carrier hook", errno);
}

void CarrierHook::unwatch(const NamespaceId& where, core::IfIndex device) {
  const auto key = key_of(where, device);
  (void)bpf_map_delete_elem(bpf_map__fd(parts_->skeleton->maps.watched), &key);
}

int CarrierHook::fd() const {
  return ring_buffer__epoll_fd(parts_->ring.get());
}

void CarrierHook::read(const std::function<void(const CarrierNews&)>& hear) {
  parts_->hear = &hear;
  (void)ring_buffer__consume(parts_->ring.get());
  parts_->hear = nullptr;
}

}  // namespace ebond::os
