#include "views/foresight_json.h"

#include <nlohmann/json.hpp>
#include <utility>

namespace ebond::views {
namespace {

using core::SlotId;
using TableJson = nlohmann::json;  // files of this folder have a `json` of their own

/// Thrown at what is read, and caught at the door.
struct Misread {};

TableJson numbers_of(const std::vector<SlotId>& slots) {
  TableJson numbers = TableJson::array();
  for (const auto slot : slots) numbers.push_back(std::to_underlying(slot));
  return numbers;
}

SlotId slot_in(const TableJson& number) {
  if (!number.is_number_unsigned() || number.get<std::uint64_t>() >= 64) throw Misread{};
  return SlotId(number.get<std::uint8_t>());
}

std::vector<SlotId> slots_in(const TableJson& numbers) {
  if (!numbers.is_array() || numbers.size() > core::Table::kMaxBuckets) throw Misread{};
  std::vector<SlotId> slots;
  for (const auto& number : numbers) slots.push_back(slot_in(number));
  return slots;
}

TableJson mac_json(const std::optional<core::MacAddress>& mac) {
  return mac ? TableJson(mac->to_string()) : TableJson(nullptr);
}

std::optional<core::MacAddress> mac_in(const TableJson& text) {
  if (text.is_null()) return std::nullopt;
  const auto mac = core::MacAddress::parse(text.get<std::string>());
  if (!mac) throw Misread{};
  return *mac;
}

TableJson slot_json(const core::TableSlot& slot) {
  return {{"slot", std::to_underlying(slot.slot)},
          {"ifindex", std::to_underlying(slot.ifindex)},
          {"queue_id", slot.queue_id},
          {"own_mac", mac_json(slot.own_mac)},
          {"rewrites_source", slot.rewrites_source}};
}

core::TableSlot table_slot_in(const TableJson& slot) {
  return {.slot = slot_in(slot.at("slot")),
          .ifindex = core::IfIndex(slot.at("ifindex").get<std::uint32_t>()),
          .queue_id = slot.at("queue_id").get<std::uint16_t>(),
          .own_mac = mac_in(slot.at("own_mac")),
          .rewrites_source = slot.at("rewrites_source").get<bool>()};
}

TableJson table_json(const core::Table& table) {
  TableJson made = {{"buckets", numbers_of(table.buckets)},
                    {"standby", numbers_of(table.standby)},
                    {"unbalanced", table.unbalanced ? TableJson(std::to_underlying(*table.unbalanced))
                                                    : TableJson(nullptr)},
                    {"receivers", numbers_of(table.receivers)},
                    {"bond_mac", mac_json(table.bond_mac)},
                    {"slots", TableJson::array()}};
  for (const auto& slot : table.slots) made["slots"].push_back(slot_json(slot));
  return made;
}

core::Table table_in(const TableJson& table) {
  core::Table made{.buckets = slots_in(table.at("buckets")),
                   .standby = slots_in(table.at("standby")),
                   .receivers = {},
                   .bond_mac = mac_in(table.at("bond_mac")),
                   .slots = {}};
  if (made.buckets.size() + made.standby.size() > core::Table::kMaxBuckets) throw Misread{};
  // Those of nobody have a number that no slot has.
  for (const auto& number : table.at("receivers"))
    made.receivers.push_back(SlotId(number.get<std::uint8_t>()));
  if (const auto& unbalanced = table.at("unbalanced"); !unbalanced.is_null())
    made.unbalanced = slot_in(unbalanced);
  for (const auto& slot : table.at("slots")) made.slots.push_back(table_slot_in(slot));
  return made;
}

TableJson spec_json(const core::DatapathSpec& spec) {
  return {{"mode", std::to_underlying(spec.mode)},
          {"xmit_hash_policy", std::to_underlying(spec.xmit_hash_policy)},
          {"packets_per_slave", spec.packets_per_slave},
          {"count_tx", spec.count_tx},
          {"by_destination", spec.by_destination},
          {"queue_ids", spec.queue_ids},
          {"broadcast_neighbor", spec.broadcast_neighbor}};
}

template <class Choice>
Choice choice_in(const TableJson& number, Choice last) {
  if (!number.is_number_unsigned() || number.get<std::uint64_t>() > std::to_underlying(last)) throw Misread{};
  return Choice(number.get<std::uint8_t>());
}

core::DatapathSpec spec_in(const TableJson& spec) {
  return {.mode = choice_in(spec.at("mode"), core::Mode::balance_slb),
          .xmit_hash_policy = choice_in(spec.at("xmit_hash_policy"), core::XmitHashPolicy::vlan_srcmac),
          .packets_per_slave = spec.at("packets_per_slave").get<std::uint32_t>(),
          .count_tx = spec.at("count_tx").get<bool>(),
          .by_destination = spec.at("by_destination").get<bool>(),
          .queue_ids = spec.at("queue_ids").get<bool>(),
          .broadcast_neighbor = spec.at("broadcast_neighbor").get<bool>()};
}

core::Foresight read(const TableJson& from) {
  core::Foresight made{.bond = from.at("bond").get<std::string>(),
                       .mac = mac_in(from.at("mac")).value_or(core::MacAddress{}),
                       .spec = spec_in(from.at("spec")),
                       .slaves = {},
                       .now = table_in(from.at("now")),
                       .losses = {}};
  for (const auto& slave : from.at("slaves")) {
    made.slaves.push_back({slot_in(slave.at("slot")), slave.at("name").get<std::string>()});
  }
  for (const auto& loss : from.at("losses")) {
    made.losses.push_back({loss.at("slave").get<std::string>(), table_in(loss.at("table"))});
  }
  return made;
}

}  // namespace

TableJson foresight_json(const core::Foresight& foresight) {
  TableJson made = {
      {"bond", foresight.bond},       {"mac", foresight.mac.to_string()}, {"spec", spec_json(foresight.spec)},
      {"slaves", TableJson::array()}, {"now", table_json(foresight.now)}, {"losses", TableJson::array()}};
  for (const auto& [slot, name] : foresight.slaves) {
    made["slaves"].push_back({{"slot", std::to_underlying(slot)}, {"name", name}});
  }
  for (const auto& [slave, table] : foresight.losses) {
    made["losses"].push_back({{"slave", slave}, {"table", table_json(table)}});
  }
  return made;
}

std::optional<core::Foresight> foresight_from_json(const TableJson& from) {
  try {
    return read(from);
  } catch (const Misread&) {
    return std::nullopt;
  } catch (const TableJson::exception&) {
    return std::nullopt;
  }
}

}  // namespace ebond::views
