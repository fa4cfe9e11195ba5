// A YAML or JSON document as a tree of values that remember their lines and columns.
// Used by the readers of such formats; yaml-cpp and nlohmann-json do the parsing.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/problem.h"

namespace ebond::config {

struct TreeEntry;

struct TreeNode {
  enum class Kind : std::uint8_t { null, scalar, list, map };
  Kind kind = Kind::null;
  std::string text{};  ///< of a scalar: a string's characters, a number or true as it was written
  Location where{};
  std::vector<TreeNode> items;     ///< of a list
  std::vector<TreeEntry> entries;  ///< of a map, in the document's order

  bool is_scalar() const { return kind == Kind::scalar; }
  bool is_list() const { return kind == Kind::list; }
  bool is_map() const { return kind == Kind::map; }
  /// The value of that key; null if this is no map, or has no such key.
  const TreeNode* find(std::string_view key) const;
  const TreeEntry* find_entry(std::string_view key) const;
  /// The text of that key's value, if it is a scalar.
  std::optional<std::string> text_of(std::string_view key) const;
};

struct TreeEntry {
  std::string key;
  Location where;  ///< of the key
  TreeNode value;
};

/// A node without items and entries.
TreeNode tree_node(TreeNode::Kind kind, std::string text = {}, Location where = {});

/// One node a document.
Result<std::vector<TreeNode>> parse_yaml(std::string_view text, const std::string& file);

/// Lines count from that of `begin`, where the text begins; columns are not told.
Result<TreeNode> parse_json(std::string_view text, const Location& begin);

}  // namespace ebond::config
