#include "cli/ip/netlink_message.h"

#include <algorithm>

namespace ebond::cli::ip {
namespace {

constexpr std::size_t aligned(std::size_t size) {
  return (size + NLMSG_ALIGNTO - 1) & ~std::size_t{NLMSG_ALIGNTO - 1};
}

template <class T>
void append(Bytes& bytes, const T& value) {
  const auto* raw = reinterpret_cast<const std::uint8_t*>(&value);
  bytes.insert(bytes.end(), raw, raw + sizeof value);
}

}  // namespace

Attributes read_attributes(View bytes) {
  Attributes result;
  for (;;) {
    const auto header = number_in<nlattr>(bytes);
    if (!header || header->nla_len < sizeof(nlattr) || header->nla_len > bytes.size()) return result;
    result.push_back({static_cast<std::uint16_t>(header->nla_type & NLA_TYPE_MASK),
                      bytes.subspan(sizeof(nlattr), header->nla_len - sizeof(nlattr)),
                      static_cast<std::uint16_t>(header->nla_type & ~NLA_TYPE_MASK)});
    bytes = bytes.subspan(std::min(bytes.size(), aligned(header->nla_len)));
  }
}

const Attribute* find(const Attributes& attributes, std::uint16_t type) {
  const auto found = std::ranges::find(attributes, type, &Attribute::type);
  return found == attributes.end() ? nullptr : &*found;
}

bool contains(const Attributes& attributes, std::uint16_t type) {
  return find(attributes, type) != nullptr;
}

std::string text_in(View bytes) {
  return {bytes.begin(), std::ranges::find(bytes, std::uint8_t{0})};
}

std::string text_in(const Attributes& attributes, std::uint16_t type) {
  const auto* found = find(attributes, type);
  return found ? text_in(found->value) : std::string();
}

void AttributeWriter::put(std::uint16_t type, View value) {
  append(bytes_, nlattr{static_cast<std::uint16_t>(sizeof(nlattr) + value.size()), type});
  bytes_.insert(bytes_.end(), value.begin(), value.end());
  bytes_.resize(aligned(bytes_.size()));
}

void AttributeWriter::put_text(std::uint16_t type, std::string_view text) {
  Bytes value(text.begin(), text.end());
  value.push_back(0);
  put(type, value);
}

namespace {

/// Of a message whose type is one of these, with what stands before its attributes.
template <class Message>
std::optional<Message> read_message(View bytes, std::initializer_list<std::uint16_t> types) {
  constexpr std::size_t kFixed = NLMSG_LENGTH(sizeof(Message::info));
  const auto header = number_in<nlmsghdr>(bytes);
  if (!header || header->nlmsg_len < kFixed || header->nlmsg_len > bytes.size()) return std::nullopt;
  if (std::ranges::find(types, header->nlmsg_type) == types.end()) return std::nullopt;
  bytes = bytes.first(header->nlmsg_len);
  const auto info = number_in<decltype(Message::info)>(bytes.subspan(NLMSG_HDRLEN));
  if (!info) return std::nullopt;
  return Message{*header, *info, read_attributes(bytes.subspan(NLMSG_ALIGN(kFixed)))};
}

template <class Info>
Bytes write_message(nlmsghdr header, const Info& info, const Bytes& attributes) {
  header.nlmsg_len = static_cast<std::uint32_t>(NLMSG_LENGTH(sizeof info) + attributes.size());
  Bytes bytes;
  append(bytes, header);
  append(bytes, info);
  bytes.insert(bytes.end(), attributes.begin(), attributes.end());
  return bytes;
}

}  // namespace

std::optional<LinkMessage> read_link(View bytes) {
  return read_message<LinkMessage>(bytes, {RTM_NEWLINK, RTM_DELLINK, RTM_GETLINK});
}

Bytes write_link(const nlmsghdr& header, const ifinfomsg& info, const Bytes& attributes) {
  return write_message(header, info, attributes);
}

std::optional<StatsMessage> read_stats(View bytes) {
  return read_message<StatsMessage>(bytes, {RTM_NEWSTATS, RTM_GETSTATS});
}

Bytes write_stats(const nlmsghdr& header, const if_stats_msg& info, const Bytes& attributes) {
  return write_message(header, info, attributes);
}

Bytes answer_to(const nlmsghdr& request, std::uint32_t port, int error, std::string_view sentence) {
  AttributeWriter attributes;
  if (!sentence.empty()) attributes.put_text(NLMSGERR_ATTR_MSG, sentence);
  nlmsghdr header{};
  header.nlmsg_len = static_cast<std::uint32_t>(NLMSG_LENGTH(sizeof(nlmsgerr)) + attributes.bytes().size());
  header.nlmsg_type = NLMSG_ERROR;
  header.nlmsg_flags = NLM_F_CAPPED;
  if (!sentence.empty()) header.nlmsg_flags |= NLM_F_ACK_TLVS;
  header.nlmsg_seq = request.nlmsg_seq;
  header.nlmsg_pid = port;
  Bytes bytes;
  append(bytes, header);
  append(bytes, nlmsgerr{error, request});
  bytes.insert(bytes.end(), attributes.bytes().begin(), attributes.bytes().end());
  return bytes;
}

std::vector<View> messages_in(View datagram) {
  std::vector<View> result;
  for (;;) {
    const auto header = number_in<nlmsghdr>(datagram);
    if (!header || header->nlmsg_len < NLMSG_HDRLEN || header->nlmsg_len > datagram.size()) return result;
    result.push_back(datagram.first(header->nlmsg_len));
    datagram = datagram.subspan(std::min(datagram.size(), aligned(header->nlmsg_len)));
  }
}

}  // namespace ebond::cli::ip
