#include "control/error_names.h"

#include <array>
#include <utility>

namespace ebond::control {
namespace {

using Kind = Error::Kind;
constexpr std::string_view kInterface = "io.ebond.";
constexpr std::array<std::pair<Kind, std::string_view>, 8> kNames{{
    {Kind::no_such_bond, "NoSuchBond"},
    {Kind::no_such_interface, "NoSuchInterface"},
    {Kind::bad_option, "BadOption"},
    {Kind::conflict, "Conflict"},
    {Kind::not_now, "NotNow"},
    {Kind::unsupported, "Unsupported"},
    {Kind::permission, "PermissionDenied"},
    {Kind::system, "System"},
}};

}  // namespace

std::string error_name(Error::Kind kind) {
  for (const auto& [known, name] : kNames) {
    if (known == kind) return std::string(kInterface) + std::string(name);
  }
  std::unreachable();
}

std::optional<Error::Kind> error_kind(std::string_view name) {
  if (!name.starts_with(kInterface)) return std::nullopt;
  name.remove_prefix(kInterface.size());
  for (const auto& [kind, known] : kNames) {
    if (known == name) return kind;
  }
  return std::nullopt;
}

}  // namespace ebond::control
