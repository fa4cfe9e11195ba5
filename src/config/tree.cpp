#include "config/tree.h"

#include <fmt/format.h>
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <cstddef>
#include <iterator>
#include <map>
#include <nlohmann/json.hpp>
#include <sstream>
#include <utility>

namespace ebond::config {
namespace {

// Far beyond what configures a network; keeps what is written to do harm from doing it.
constexpr std::size_t kMostNodes = 100'000;
constexpr std::size_t kMostDepth = 64;

/// Puts values together as they come: scalars, and lists and maps from their beginning to their end.
class TreeBuilder {
 public:
  /// The next value of the map that is open is that key's.
  void key(std::string text, Location where) {
    open_.back().key = {std::move(text), std::move(where), {}};
    open_.back().has_key = true;
  }
  bool wants_key() const { return !open_.empty() && open_.back().node.is_map() && !open_.back().has_key; }

  /// "" or why no more of it is taken.
  std::string_view begin(TreeNode node) {
    if (open_.size() == kMostDepth) return "is too deep";
    open_.push_back({std::move(node), {}, false});
    return count(1);
  }
  /// The list or map that ends here.
  TreeNode end() {
    auto done = std::move(open_.back().node);
    open_.pop_back();
    return done;
  }
  std::string_view put(TreeNode node) {
    if (open_.empty()) {
      root_ = std::move(node);
      return count(1);
    }
    auto& parent = open_.back();
    if (parent.node.is_list()) {
      parent.node.items.push_back(std::move(node));
    } else {
      parent.key.value = std::move(node);
      parent.node.entries.push_back(std::exchange(parent.key, {}));
      parent.has_key = false;
    }
    return count(1);
  }
  std::string_view count(std::size_t nodes) {
    nodes_ += nodes;
    return nodes_ > kMostNodes ? "is too long" : "";
  }
  TreeNode take_root() { return std::exchange(root_, {}); }

 private:
  struct Open {
    TreeNode node;
    TreeEntry key;  ///< the one read last
    bool has_key;
  };
  std::vector<Open> open_;
  TreeNode root_;
  std::size_t nodes_ = 0;
};

std::size_t size_of_tree(const TreeNode& node) {
  std::size_t size = 1;
  for (const auto& item : node.items) size += size_of_tree(item);
  for (const auto& entry : node.entries) size += size_of_tree(entry.value);
  return size;
}

/// Takes yaml-cpp's events. Its own nodes are not used: it makes documents without end of some texts, and
/// aliases can make few lines a great many nodes. Throws a Problem where it stops.
class YamlBuilder : public YAML::EventHandler {
 public:
  explicit YamlBuilder(const std::string& file) : file_(file) {}

  std::vector<TreeNode> documents;

  Location at(const YAML::Mark& mark) const {
    if (mark.is_null()) return {file_};
    return {file_, static_cast<std::size_t>(mark.line) + 1, static_cast<std::size_t>(mark.column) + 1};
  }

  void OnDocumentStart(const YAML::Mark& mark) override {
    if (documents.size() == kMostDocuments) throw Problem{at(mark), "has too many documents"};
    anchors_.clear();
  }
  void OnDocumentEnd() override { documents.push_back(builder_.take_root()); }
  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    complete(tree_node(TreeNode::Kind::null, {}, at(mark)), anchor);
  }
  void OnScalar(const YAML::Mark& mark, const std::string&, YAML::anchor_t anchor,
                const std::string& text) override {
    complete(tree_node(TreeNode::Kind::scalar, text, at(mark)), anchor);
  }
  void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    const auto known = anchors_.find(anchor);
    if (known == anchors_.end()) throw Problem{at(mark), "an alias of what it stands in means nothing"};
    auto copy = known->second;
    check(builder_.count(size_of_tree(copy)), at(mark));
    copy.where = at(mark);
    complete(std::move(copy), 0);
  }
  void OnSequenceStart(const YAML::Mark& mark, const std::string&, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value) override {
    begin(TreeNode::Kind::list, mark, anchor);
  }
  void OnSequenceEnd() override { end(); }
  void OnMapStart(const YAML::Mark& mark, const std::string&, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value) override {
    begin(TreeNode::Kind::map, mark, anchor);
  }
  void OnMapEnd() override { end(); }

 private:
  static constexpr std::size_t kMostDocuments = 1000;

  static void check(std::string_view fault, const Location& where) {
    if (!fault.empty()) throw Problem{where, std::string(fault)};
  }
  void begin(TreeNode::Kind kind, const YAML::Mark& mark, YAML::anchor_t anchor) {
    if (builder_.wants_key()) throw Problem{at(mark), "a key must be a word"};
    check(builder_.begin(tree_node(kind, {}, at(mark))), at(mark));
    open_anchors_.push_back(anchor);
  }
  void end() {
    const auto anchor = open_anchors_.back();
    open_anchors_.pop_back();
    complete(builder_.end(), anchor);
  }
  void complete(TreeNode node, YAML::anchor_t anchor) {
    if (anchor != 0) anchors_[anchor] = node;
    if (builder_.wants_key()) {
      if (node.is_list() || node.is_map()) throw Problem{node.where, "a key must be a word"};
      builder_.key(std::move(node.text), std::move(node.where));
      return;
    }
    const auto where = node.where;
    check(builder_.put(std::move(node)), where);
  }

  std::string file_;
  TreeBuilder builder_;
  std::vector<YAML::anchor_t> open_anchors_;
  std::map<YAML::anchor_t, TreeNode> anchors_;
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

/// Takes nlohmann-json's events.
class JsonBuilder {
 public:
  using number_integer_t = nlohmann::json::number_integer_t;
  using number_unsigned_t = nlohmann::json::number_unsigned_t;
  using number_float_t = nlohmann::json::number_float_t;
  using string_t = nlohmann::json::string_t;
  using binary_t = nlohmann::json::binary_t;

  JsonBuilder(Location begin, const std::size_t* lines) : begin_(std::move(begin)), lines_(lines) {}

  bool null() { return put(tree_node(TreeNode::Kind::null, {}, here())); }
  bool boolean(bool value) { return scalar(value ? "true" : "false"); }
  bool number_integer(number_integer_t value) { return scalar(std::to_string(value)); }
  bool number_unsigned(number_unsigned_t value) { return scalar(std::to_string(value)); }
  bool number_float(number_float_t, const string_t& text) { return scalar(text); }
  bool string(string_t& text) { return scalar(text); }
  bool binary(binary_t&) { return false; }
  bool start_object(std::size_t) {
    return goes_on(builder_.begin(tree_node(TreeNode::Kind::map, {}, here())));
  }
  bool start_array(std::size_t) {
    return goes_on(builder_.begin(tree_node(TreeNode::Kind::list, {}, here())));
  }
  bool end_object() { return put(builder_.end()); }
  bool end_array() { return put(builder_.end()); }
  bool key(string_t& text) {
    builder_.key(text, here());
    return true;
  }
  bool parse_error(std::size_t, const std::string&, const nlohmann::detail::exception& error) {
    fault_ = Problem{here(), without_prefix(error.what())};
    return false;
  }

  Result<TreeNode> result() && {
    if (fault_) return std::unexpected(*fault_);
    return builder_.take_root();
  }

 private:
  Location here() const { return {begin_.file, begin_.line + *lines_}; }

  /// "[json.exception.parse_error.101] parse error at line 1, column 2: …": the number is of no use.
  static std::string without_prefix(std::string_view what) {
    const auto end = what.find("] ");
    return std::string(end == std::string_view::npos ? what : what.substr(end + 2));
  }

  bool scalar(std::string text) { return put(tree_node(TreeNode::Kind::scalar, std::move(text), here())); }
  bool put(TreeNode node) { return goes_on(builder_.put(std::move(node))); }
  bool goes_on(std::string_view fault) {
    if (!fault.empty()) fault_ = Problem{here(), std::string(fault)};
    return fault.empty();
  }

  Location begin_;
  const std::size_t* lines_;
  TreeBuilder builder_;
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
  YamlBuilder builder(file);
  std::istringstream in{std::string(text)};
  try {
    YAML::Parser parser(in);
    while (parser.HandleNextDocument(builder)) {
    }
  } catch (const YAML::Exception& error) {
    return fail(builder.at(error.mark), error.msg);
  } catch (const Problem& problem) {
    return std::unexpected(problem);
  }
  return std::move(builder.documents);
}

Result<TreeNode> parse_json(std::string_view text, const Location& begin) {
  std::size_t lines = 0;
  JsonBuilder builder({begin.file, std::max<std::size_t>(begin.line, 1)}, &lines);
  (void)nlohmann::json::sax_parse(CountingIterator(text.data(), &lines),
                                  CountingIterator(text.data() + text.size(), &lines), &builder);
  return std::move(builder).result();
}

}  // namespace ebond::config
