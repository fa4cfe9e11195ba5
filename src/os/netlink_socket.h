// One netlink socket, ask and answer. Private to os/: Rtnetlink is what others use.
#pragma once

#include <linux/netlink.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "os/error.h"
#include "os/netns.h"
#include "os/unique_fd.h"

struct nl_msg;

namespace ebond::os {

/// A request under construction: the family header, then attributes.
class NetlinkRequest {
 public:
  template <class FamilyHeader>
  NetlinkRequest(std::uint16_t type, std::uint16_t flags, const FamilyHeader& header)
      : NetlinkRequest(type, flags, &header, sizeof header) {}
  NetlinkRequest(NetlinkRequest&&) noexcept;
  ~NetlinkRequest();

  NetlinkRequest& bytes(int attribute, const void* data, std::size_t size);
  NetlinkRequest& u8(int attribute, std::uint8_t value) { return bytes(attribute, &value, sizeof value); }
  NetlinkRequest& u16(int attribute, std::uint16_t value) { return bytes(attribute, &value, sizeof value); }
  NetlinkRequest& u32(int attribute, std::uint32_t value) { return bytes(attribute, &value, sizeof value); }
  /// Zero-terminated, as the kernel wants strings.
  NetlinkRequest& text(int attribute, std::string_view value);
  /// A nested attribute around what `fill` adds.
  NetlinkRequest& nest(int attribute, const std::function<void(NetlinkRequest&)>& fill);
  /// Raw bytes inside a nest, for a peer's family header.
  NetlinkRequest& raw(const void* data, std::size_t size);
  nlmsghdr* header();

 private:
  NetlinkRequest(std::uint16_t type, std::uint16_t flags, const void* header, std::size_t size);
  struct Free {
    void operator()(nl_msg* message) const;
  };
  std::unique_ptr<nl_msg, Free> message_;
};

class NetlinkSocket {
 public:
  /// A socket inside `where`; `groups` is a bit mask of RTMGRP_* to hear.
  static Result<NetlinkSocket> open(const Namespace& where, std::uint32_t groups = 0,
                                    int protocol = NETLINK_ROUTE);
  int fd() const { return fd_.get(); }

  using Visit = std::function<void(const nlmsghdr&)>;
  /// Sends and waits for the kernel's verdict, showing `visit` each message of the answer. A dump that was
  /// interrupted by a change is asked again, so `visit` must take `restart` and forget what it saw.
  Result<> ask(NetlinkRequest& request, std::string_view what, const Visit& visit = {},
               const std::function<void()>& restart = {});

 private:
  explicit NetlinkSocket(UniqueFd fd) : fd_(std::move(fd)) {}
  enum class Ending { complete, interrupted };
  Result<Ending> ask_once(nlmsghdr& request, std::string_view what, const Visit& visit);
  Result<Ending> hear_answer(std::vector<std::uint8_t>& buffer, std::string_view what, const Visit& visit);
  Result<> send(nlmsghdr& request, std::string_view what);

  UniqueFd fd_;
  std::uint32_t sequence_ = 0;
};

}  // namespace ebond::os
