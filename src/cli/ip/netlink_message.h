// Netlink messages about links, taken apart and put together: bytes in, values out, and back. Used by what
// stands between the real ip and the kernel; knows attributes, not what they mean, and does no I/O.
#pragma once

#include <linux/if_link.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>

#include <cstdint>
#include <cstring>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace ebond::cli::ip {

using Bytes = std::vector<std::uint8_t>;
using View = std::span<const std::uint8_t>;

struct Attribute {
  std::uint16_t type = 0;  ///< without the flag bits
  View value;
  std::uint16_t flags = 0;  ///< NLA_F_NESTED, NLA_F_NET_BYTEORDER
};
using Attributes = std::vector<Attribute>;

/// Those of a message or of a nest, in their order; what does not fit ends the list.
Attributes read_attributes(View bytes);
const Attribute* find(const Attributes& attributes, std::uint16_t type);
bool contains(const Attributes& attributes, std::uint16_t type);

/// None if there are fewer bytes than that.
template <class T>
std::optional<T> number_in(View bytes) {
  T value{};
  if (bytes.size() < sizeof value) return std::nullopt;
  std::memcpy(&value, bytes.data(), sizeof value);
  return value;
}
template <class T>
std::optional<T> number_in(const Attributes& attributes, std::uint16_t type) {
  const auto* found = find(attributes, type);
  return found ? number_in<T>(found->value) : std::nullopt;
}
/// Up to the first NUL.
std::string text_in(View bytes);
/// "" if there is none.
std::string text_in(const Attributes& attributes, std::uint16_t type);

/// Attributes one after the other, nests included.
class AttributeWriter {
 public:
  void put(std::uint16_t type, View value);
  void put(const Attribute& attribute) {
    put(static_cast<std::uint16_t>(attribute.type | attribute.flags), attribute.value);
  }
  void put_text(std::uint16_t type, std::string_view text);  ///< with its NUL
  template <class T>
  void put_number(std::uint16_t type, T value) {
    put(type, {reinterpret_cast<const std::uint8_t*>(&value), sizeof value});
  }
  /// `fill` writes what stands inside.
  template <class Fill>
  void nest(std::uint16_t type, Fill fill) {
    AttributeWriter inner;
    fill(inner);
    put(type, inner.bytes());
  }
  const Bytes& bytes() const { return bytes_; }

 private:
  Bytes bytes_;
};

/// An RTM_NEWLINK, RTM_DELLINK or RTM_GETLINK; its attributes look into the bytes it was read from.
struct LinkMessage {
  nlmsghdr header{};
  ifinfomsg info{};
  Attributes attributes{};
};

/// None if `bytes` is not a whole message about a link.
std::optional<LinkMessage> read_link(View bytes);
Bytes write_link(const nlmsghdr& header, const ifinfomsg& info, const Bytes& attributes);

/// An RTM_NEWSTATS or RTM_GETSTATS, as above.
struct StatsMessage {
  nlmsghdr header{};
  if_stats_msg info{};
  Attributes attributes{};
};
/// None if `bytes` is not a whole message about statistics.
std::optional<StatsMessage> read_stats(View bytes);
Bytes write_stats(const nlmsghdr& header, const if_stats_msg& info, const Bytes& attributes);

/// What the kernel answers a request with: 0 or a negative errno, and a sentence (NLMSGERR_ATTR_MSG) where
/// there is one. `port` is the asking socket's.
Bytes answer_to(const nlmsghdr& request, std::uint32_t port, int error, std::string_view sentence);

/// The messages of a datagram, one after the other.
std::vector<View> messages_in(View datagram);

}  // namespace ebond::cli::ip
