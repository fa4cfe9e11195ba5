// The attributes of a netlink message, one after the other, and what they hold. Private to os/.
#pragma once

#include <linux/netlink.h>
#include <netlink/attr.h>
#include <netlink/msg.h>

#include <cstddef>
#include <cstring>
#include <optional>

namespace ebond::os {

/// Calls visit(attribute) for each attribute after a family header of `header_size` bytes.
template <class Visit>
void for_each_attribute(const nlmsghdr& message, std::size_t header_size, Visit visit) {
  const int size = static_cast<int>(header_size);
  int left = nlmsg_attrlen(&message, size);
  for (nlattr* a = nlmsg_attrdata(&message, size); nla_ok(a, left); a = nla_next(a, &left)) visit(*a);
}

template <class Visit>
void for_each_nested(const nlattr& parent, Visit visit) {
  int left = nla_len(&parent);
  for (auto* a = static_cast<nlattr*>(nla_data(&parent)); nla_ok(a, left); a = nla_next(a, &left)) visit(*a);
}

/// None if the attribute is shorter than the value it should hold.
template <class T>
std::optional<T> value_in(const nlattr& attribute) {
  T value{};
  if (nla_len(&attribute) < static_cast<int>(sizeof value)) return std::nullopt;
  std::memcpy(&value, nla_data(&attribute), sizeof value);
  return value;
}

/// The same, or zero.
template <class T>
T value_of(const nlattr& attribute) {
  return value_in<T>(attribute).value_or(T{});
}

}  // namespace ebond::os
