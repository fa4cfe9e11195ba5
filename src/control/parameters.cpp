#include "control/parameters.h"

#include <charconv>
#include <string_view>

namespace ebond::control {
namespace {

/// A text for names and values: a NUL inside would end it early wherever the kernel reads it.
bool is_text(const nlohmann::json& value) {
  return value.is_string() && value.get_ref<const std::string&>().find('\0') == std::string::npos;
}

bool is_option(const nlohmann::json& value) {
  return value.is_object() && value.size() == 2 && value.contains("key") && is_text(value["key"]) &&
         value.contains("value") && is_text(value["value"]);
}

}  // namespace

const nlohmann::json* Parameters::find(const std::string& name) {
  known_.insert(name);
  const auto found = object_.find(name);
  return found == object_.end() || found->is_null() ? nullptr : &*found;
}

void Parameters::blame(const std::string& name) {
  if (!wrong_) wrong_ = name;
}

std::string Parameters::text(const std::string& name) {
  if (!find(name)) blame(name);
  return optional_text(name);
}

std::string Parameters::optional_text(const std::string& name) {
  const auto* value = find(name);
  if (!value) return {};
  if (is_text(*value)) return value->get<std::string>();
  blame(name);
  return {};
}

bool Parameters::optional_flag(const std::string& name) {
  const auto* value = find(name);
  if (!value) return false;
  if (value->is_boolean()) return value->get<bool>();
  blame(name);
  return false;
}

std::int64_t Parameters::number(const std::string& name) {
  const auto* value = find(name);
  if (value != nullptr && value->is_number_integer()) return value->get<std::int64_t>();
  blame(name);
  return 0;
}

std::optional<std::int64_t> Parameters::optional_number(const std::string& name) {
  return find(name) == nullptr ? std::nullopt : std::optional(number(name));
}

NamespaceRef Parameters::optional_namespace(const std::string& name, NamespaceRef otherwise) {
  if (!find(name)) return otherwise;
  const auto text = optional_text(name);
  constexpr std::string_view kBefore = "net:[", kAfter = "]";
  if (!text.starts_with(kBefore) || !text.ends_with(kAfter)) {
    blame(name);
    return otherwise;
  }
  const auto* first = text.data() + kBefore.size();
  const auto* last = text.data() + text.size() - kAfter.size();
  NamespaceRef result;
  const auto [end, error] = std::from_chars(first, last, result.inode);
  if (error != std::errc() || end != last) blame(name);
  return result;
}

std::vector<std::string> Parameters::texts(const std::string& name) {
  std::vector<std::string> result;
  const auto* value = find(name);
  if (!value || !value->is_array()) {
    blame(name);
    return result;
  }
  for (const auto& element : *value) {
    if (is_text(element)) {
      result.push_back(element.get<std::string>());
    } else {
      blame(name);
    }
  }
  return result;
}

KeyValues Parameters::options(const std::string& name) {
  if (!find(name)) blame(name);
  return optional_options(name);
}

KeyValues Parameters::optional_options(const std::string& name) {
  KeyValues result;
  const auto* value = find(name);
  if (!value) return result;
  if (!value->is_array()) {
    blame(name);
    return result;
  }
  for (const auto& element : *value) {
    if (is_option(element)) {
      result.emplace_back(element["key"].get<std::string>(), element["value"].get<std::string>());
    } else {
      blame(name);
    }
  }
  return result;
}

std::optional<std::string> Parameters::wrong() const {
  if (wrong_) return wrong_;
  for (const auto& [name, value] : object_.items()) {
    if (!known_.contains(name)) return name;
  }
  return std::nullopt;
}

}  // namespace ebond::control
