#include "daemon/event_file.h"

#include <nlohmann/json.hpp>
#include <optional>

#include "control/event_message.h"

namespace ebond::daemon {
namespace {

using nlohmann::json;

constexpr const char* kFormat = "ebond_events";
constexpr int kVersion = 1;
constexpr const char* kBoot = "boot";
constexpr const char* kPlace = "where";
/// Of any word of an event.
constexpr std::size_t kMaxWord = 2000;

std::string dumped(const json& object) {
  return object.dump(-1, ' ', false, json::error_handler_t::replace) + "\n";
}

/// Ends between two characters.
void shorten(std::string& word) {
  if (word.size() <= kMaxWord) return;
  auto end = kMaxWord;
  while (end > 0 && (static_cast<unsigned char>(word[end]) & 0xC0U) == 0x80U) --end;
  word.resize(end);
}

std::optional<core::PlacedEvent> event_of(std::string_view line) {
  if (line.size() > kMaxEventLine) return std::nullopt;
  const auto object = json::parse(line, nullptr, false);
  if (!object.is_object()) return std::nullopt;
  const auto where = object.find(kPlace);
  if (where == object.end() || !where->is_number_unsigned()) return std::nullopt;
  auto event = control::event_from_json(object);
  if (event.bond.empty() || event.realtime_ns <= 0) return std::nullopt;
  return core::PlacedEvent{where->get<std::uint64_t>(),
                           std::make_shared<const core::StampedEvent>(std::move(event))};
}

/// Of which boot; none if it is no such line.
std::optional<std::string> boot_of(std::string_view line) {
  const auto header = json::parse(line.substr(0, kMaxEventLine), nullptr, false);
  if (!header.is_object()) return std::nullopt;
  const auto version = header.find(kFormat);
  if (version == header.end() || !version->is_number() || *version != kVersion) return std::nullopt;
  const auto boot = header.find(kBoot);
  if (boot == header.end() || !boot->is_string()) return std::nullopt;
  return boot->get<std::string>();
}

}  // namespace

std::string event_file_header(std::string_view boot_id) {
  return dumped(json{{kFormat, kVersion}, {kBoot, boot_id}});
}

std::string event_file_line(const core::PlacedEvent& event) {
  auto object = control::event_to_json(*event.event);
  for (auto& [name, value] : object.items()) {
    if (auto* word = value.get_ptr<std::string*>()) shorten(*word);
  }
  object[kPlace] = event.where;
  return dumped(object);
}

EventFileText parse_event_file(std::string_view text, std::string_view boot_id) {
  EventFileText found;
  for (bool is_first = true; !text.empty(); is_first = false) {
    const auto end = text.find('\n');
    const bool is_whole = end != std::string_view::npos;
    const auto line = text.substr(0, end);
    text.remove_prefix(is_whole ? end + 1 : text.size());
    if (const auto boot = is_first ? boot_of(line) : std::nullopt) {
      found.is_of_another_boot = *boot != boot_id;
      if (found.is_of_another_boot) return found;
      continue;
    }
    if (auto event = is_whole ? event_of(line) : std::nullopt) {
      found.events.push_back(std::move(*event));
    } else {
      ++found.broken_lines;
    }
  }
  return found;
}

}  // namespace ebond::daemon
