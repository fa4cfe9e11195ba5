#include "config/tree.h"

#include <fmt/format.h>
#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <cstddef>
#include <iterator>
#include <nlohmann/json.hpp>

namespace ebond::config {
namespace {

// Far beyond what configures a network; keeps what is written to do harm from doing it.
constexpr std::size_t kMostNodes = 100'000;
constexpr std::size_t kMostDepth = 64;

class YamlConverter {
 public:
  explicit YamlConverter(const std::string& file) : file_(file) {}

  Result<TreeNode> convert(const YAML::Node& node, std::size_t depth = 0) {
    TreeNode result;
    result.where = at(node.Mark());
    // An alias is walked again wherever it stands.
    if (++nodes_ > kMostNodes || depth > kMostDepth) return fail(result.where, "too much of it, or too deep");
    if (node.IsScalar()) {
      result.kind = TreeNode::Kind::scalar;
      result.text = node.Scalar();
    } else if (node.IsSequence()) {
      result.kind = TreeNode::Kind::list;
      for (const auto& item : node) {
        auto converted = convert(item, depth + 1);
        if (!converted) return converted;
        result.items.push_back(*std::move(converted));
      }
    } else if (node.IsMap()) {
      result.kind = TreeNode::Kind::map;
      for (const auto& entry : node) {
        const auto where = at(entry.first.Mark());
        if (!entry.first.IsScalar()) return fail(where, "a key must be a word");
        auto converted = convert(entry.second, depth + 1);
        if (!converted) return converted;
        if (converted->kind == TreeNode::Kind::null && converted->where.line == 0) converted->where = where;
        result.entries.push_back({entry.first.Scalar(), where, *std::move(converted)});
      }
    }
    return result;
  }

  Location at(const YAML::Mark& mark) const {
    if (mark.is_null()) return {file_};
    return {file_, static_cast<std::size_t>(mark.line) + 1, static_cast<std::size_t>(mark.column) + 1};
  }

 private:
  std::string file_;
  std::size_t nodes_ = 0;
};

/// Characters of a text that count the lines they are on.
class CountingIterator {
 public:
  using value_type = char;
  using difference_type = std::ptrdiff_t;
  using pointer = const char*;
  using reference = const char&;
  using iterator_category = std::input_iterator_tag;

  CountingIterator(const char* at, std::size_t* lines) : at_(at), lines_(lines) {}
  reference operator*() const { return *at_; }
  CountingIterator& operator++() {
    if (*at_ == '\n') ++*lines_;
    ++at_;
    return *this;
  }
  CountingIterator operator++(int) {
    auto before = *this;
    ++*this;
    return before;
  }
  bool operator==(const CountingIterator& other) const { return at_ == other.at_; }

 private:
  const char* at_;
  std::size_t* lines_;
};

/// Takes the parser's events and builds the tree.
class JsonBuilder {
 public:
  using number_integer_t = nlohmann::json::number_integer_t;
  using number_unsigned_t = nlohmann::json::number_unsigned_t;
  using number_float_t = nlohmann::json::number_float_t;
  using string_t = nlohmann::json::string_t;
  using binary_t = nlohmann::json::binary_t;

  JsonBuilder(Location begin, const std::size_t* lines) : begin_(std::move(begin)), lines_(lines) {}

  bool null() { return put(tree_node(TreeNode::Kind::null)); }
  bool boolean(bool value) { return scalar(value ? "true" : "false"); }
  bool number_integer(number_integer_t value) { return scalar(std::to_string(value)); }
  bool number_unsigned(number_unsigned_t value) { return scalar(std::to_string(value)); }
  bool number_float(number_float_t, const string_t& text) { return scalar(text); }
  bool string(string_t& text) { return scalar(text); }
  bool binary(binary_t&) { return false; }
  bool start_object(std::size_t) { return open(TreeNode::Kind::map); }
  bool start_array(std::size_t) { return open(TreeNode::Kind::list); }
  bool end_object() { return close(); }
  bool end_array() { return close(); }
  bool key(string_t& text) {
    keys_.back() = {text, here(), {}};
    return true;
  }
  bool parse_error(std::size_t, const std::string&, const nlohmann::detail::exception& error) {
    fault_ = Problem{here(), without_prefix(error.what())};
    return false;
  }

  Result<TreeNode> result() && {
    if (fault_) return std::unexpected(*fault_);
    return std::move(root_);
  }

 private:
  Location here() const { return {begin_.file, begin_.line + *lines_}; }

  /// "[json.exception.parse_error.101] parse error at line 1, column 2: …": the number is of no use.
  static std::string without_prefix(std::string_view what) {
    const auto end = what.find("] ");
    return std::string(end == std::string_view::npos ? what : what.substr(end + 2));
  }

  bool scalar(std::string text) { return put(tree_node(TreeNode::Kind::scalar, std::move(text))); }

  bool open(TreeNode::Kind kind) {
    if (open_.size() == kMostDepth) {
      fault_ = Problem{here(), "too deep"};
      return false;
    }
    open_.push_back(tree_node(kind, {}, here()));
    keys_.emplace_back();
    return true;
  }
  bool close() {
    auto done = std::move(open_.back());
    open_.pop_back();
    keys_.pop_back();
    return put(std::move(done));
  }
  bool put(TreeNode node) {
    if (node.where.file.empty()) node.where = here();
    if (open_.empty()) {
      root_ = std::move(node);
    } else if (open_.back().is_list()) {
      open_.back().items.push_back(std::move(node));
    } else {
      auto& entry = keys_.back();
      open_.back().entries.push_back({entry.key, entry.where, std::move(node)});
    }
    return true;
  }

  Location begin_;
  const std::size_t* lines_;
  std::vector<TreeNode> open_;
  std::vector<TreeEntry> keys_;  ///< the one read last, of each that is open
  TreeNode root_;
  std::optional<Problem> fault_;
};

}  // namespace

TreeNode tree_node(TreeNode::Kind kind, std::string text, Location where) {
  TreeNode node;
  node.kind = kind;
  node.text = std::move(text);
  node.where = std::move(where);
  return node;
}

const TreeEntry* TreeNode::find_entry(std::string_view key) const {
  const auto found = std::ranges::find(entries, key, &TreeEntry::key);
  return found == entries.end() ? nullptr : &*found;
}

const TreeNode* TreeNode::find(std::string_view key) const {
  const auto* entry = find_entry(key);
  return entry == nullptr ? nullptr : &entry->value;
}

std::optional<std::string> TreeNode::text_of(std::string_view key) const {
  const auto* node = find(key);
  if (node == nullptr || !node->is_scalar()) return std::nullopt;
  return node->text;
}

Result<std::vector<TreeNode>> parse_yaml(std::string_view text, const std::string& file) {
  YamlConverter converter(file);
  std::vector<TreeNode> documents;
  try {
    for (const auto& document : YAML::LoadAll(std::string(text))) {
      auto converted = converter.convert(document);
      if (!converted) return std::unexpected(converted.error());
      documents.push_back(*std::move(converted));
    }
  } catch (const YAML::Exception& error) {
    return fail(converter.at(error.mark), error.msg);
  }
  return documents;
}

Result<TreeNode> parse_json(std::string_view text, const Location& begin) {
  std::size_t lines = 0;
  JsonBuilder builder({begin.file, std::max<std::size_t>(begin.line, 1)}, &lines);
  (void)nlohmann::json::sax_parse(CountingIterator(text.data(), &lines),
                                  CountingIterator(text.data() + text.size(), &lines), &builder);
  return std::move(builder).result();
}

}  // namespace ebond::config
