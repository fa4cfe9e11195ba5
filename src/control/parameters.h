// Reads a call's parameters by name and type, and remembers the first that is missing, of the wrong type or
// unknown, so that a method asks once: `if (auto wrong = parameters.wrong()) return
// invalid_parameter(*wrong);`
#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "control/service.h"

namespace ebond::control {

class Parameters {
 public:
  explicit Parameters(const nlohmann::json& object) : object_(object) {}

  std::string text(const std::string& name);
  std::string optional_text(const std::string& name);
  bool optional_flag(const std::string& name);
  std::int64_t number(const std::string& name);
  std::optional<std::int64_t> optional_number(const std::string& name);
  /// "net:[4026532008]", as the link in /proc/PID/ns reads; `otherwise` where there is none.
  NamespaceRef optional_namespace(const std::string& name, NamespaceRef otherwise);
  std::vector<std::string> texts(const std::string& name);
  /// [{"key": …, "value": …}, …]
  KeyValues options(const std::string& name);
  KeyValues optional_options(const std::string& name);

  std::optional<std::string> wrong() const;

 private:
  const nlohmann::json* find(const std::string& name);
  void blame(const std::string& name);

  const nlohmann::json& object_;
  std::set<std::string> known_;
  std::optional<std::string> wrong_;
};

}  // namespace ebond::control
