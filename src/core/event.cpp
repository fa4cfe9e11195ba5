#include "core/event.h"

#include <algorithm>
#include <array>
#include <utility>

#include "core/judges/rows.h"
#include "core/link_monitor.h"

namespace ebond::core {
namespace {

constexpr auto kKindNames = std::to_array<std::pair<EventKind, std::string_view>>({
    {EventKind::created, "created"},
    {EventKind::deleted, "deleted"},
    {EventKind::enslaved, "enslaved"},
    {EventKind::released, "released"},
    {EventKind::unplugged, "unplugged"},
    {EventKind::returned, "returned"},
    {EventKind::link, "link"},
    {EventKind::path, "path"},
    {EventKind::active_slave, "active-slave"},
    {EventKind::failover, "failover"},
    {EventKind::carrier, "carrier"},
    {EventKind::mac, "mac"},
    {EventKind::announce, "announce"},
    {EventKind::option, "option"},
    {EventKind::moved, "moved"},
    {EventKind::adopted, "adopted"},
    {EventKind::lacp, "lacp"},
    {EventKind::neighbour, "neighbour"},
    {EventKind::warning, "warning"},
    {EventKind::failed, "failed"},
    {EventKind::other, "other"},
});

constexpr auto kCauseNames = std::to_array<std::pair<Cause, std::string_view>>({
    {Cause::command, "command"},
    {Cause::timer, "timer"},
    {Cause::lacp, "lacp"},
});

constexpr auto kLinkSources =
    std::to_array({LinkSource::enslave, LinkSource::hook, LinkSource::netlink, LinkSource::poll});

struct SeerName {
  std::string_view operator()(std::monostate /*unknown*/) const { return {}; }
  std::string_view operator()(Cause cause) const {
    return std::ranges::find(kCauseNames, cause, &std::pair<Cause, std::string_view>::first)->second;
  }
  std::string_view operator()(LinkSource source) const { return link_source_name(source); }
  std::string_view operator()(PathJudge judge) const { return path_judge_name(judge); }
};

}  // namespace

std::string_view event_kind_name(EventKind kind) {
  return std::ranges::find(kKindNames, kind, &std::pair<EventKind, std::string_view>::first)->second;
}

EventKind event_kind_of(std::string_view name) {
  const auto* const found =
      std::ranges::find(kKindNames, name, &std::pair<EventKind, std::string_view>::second);
  return found == kKindNames.end() ? EventKind::other : found->first;
}

std::string_view seen_by_name(const SeenBy& seen_by) {
  return std::visit(SeerName{}, seen_by);
}

SeenBy seen_by_of(std::string_view name) {
  for (const auto& [cause, cause_name] : kCauseNames) {
    if (cause_name == name) return cause;
  }
  for (const LinkSource source : kLinkSources) {
    if (link_source_name(source) == name) return source;
  }
  for (const JudgeRow& row : judge_rows()) {
    if (row.name == name) return row.judge;
  }
  return {};
}

}  // namespace ebond::core
