#include "cli/watch/draw.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>

#include "cli/watch/layout.h"
#include "core/printable.h"
#include "views/table_text.h"
#include "views/words.h"

namespace ebond::cli::watch {
namespace {

constexpr std::string_view kKeys = "Tab bond  ↑↓ slave  s sort  d drain  u undrain  h help  q quit";
constexpr std::string_view kKeysInAscii = "Tab bond  j/k slave  s sort  d drain  u undrain  h help  q quit";

constexpr auto kHelp = std::to_array<std::string_view>({
    "Tab, n, right     the next bond; left, p: the one before",
    "down, j           the next slave; up, k: the one before",
    "s                 sort by name, by trouble (the worst first), by traffic (the most first)",
    "d                 drain the chosen slave: take it out of use without losing a frame",
    "u                 undrain it: let it back",
    "q, Ctrl-C         quit",
    "",
    "TX and RX are bits a second, a bar a second, the newest to the right. Bars of one bond",
    "have one scale. A PORT in brackets was heard once and is silent now.",
    "",
    "Any key goes back.",
});

Style verdict_style(const Bond& bond) {
  return bond.trouble() == 0 ? Style::good : bond.trouble() == 1 ? Style::warning : Style::bad;
}

Style event_style(const core::Event& event) {
  using Kind = core::EventKind;
  if (event.kind == Kind::failed) return Style::bad;
  if (event.kind == Kind::warning || event.kind == Kind::failover) return Style::warning;
  if (event.kind == Kind::link || event.kind == Kind::carrier)
    return event.to == "up" ? Style::good : Style::bad;
  return Style::plain;
}

double largest(const Rates& rates) {
  double most = 0;
  for (const double value : rates.sent) most = std::max(most, value);
  for (const double value : rates.received) most = std::max(most, value);
  return most;
}

std::string latest_rate(const std::vector<double>& values) {
  return values.empty() ? "-" : rate_text(values.back());
}

class Drawing {
 public:
  Drawing(const Model& model, const View& view) : model_(model), view_(view) {}

  std::vector<Line> drawn() {
    if (view_.size.columns < kLeast.columns || view_.size.rows < kLeast.rows) {
      small();
    } else if (model_.shows_help()) {
      title();
      add({});
      for (const auto line : kHelp) add({{std::string(line)}});
    } else {
      whole();
    }
    lines_.resize(static_cast<std::size_t>(std::max(view_.size.rows, 0)));
    for (auto& line : lines_) {
      clip(line, view_.size.columns);
      for (auto& span : line) {
        if (!view_.has_blocks) span.text = in_ascii(span.text);
      }
    }
    return std::move(lines_);
  }

 private:
  void add(Line line) { lines_.push_back(std::move(line)); }
  int rows_left() const { return view_.size.rows - static_cast<int>(lines_.size()); }

  std::string since(std::int64_t realtime_ns) const {
    if (realtime_ns == 0) return "-";
    return views::span_text(
        std::chrono::nanoseconds(std::max<std::int64_t>(view_.realtime_ns - realtime_ns, 0)));
  }

  void small() {
    add({{fmt::format("ebond watch needs {} x {}, and this terminal is {} x {}.", kLeast.columns, kLeast.rows,
                      view_.size.columns, view_.size.rows),
          Style::warning}});
    if (!model_.lost().empty()) add({{model_.lost(), Style::bad}});
    for (const auto& bond : model_.bonds()) {
      add({{bond.name + " "},
           {bond.verdict, verdict_style(bond)},
           {bond.why.empty() ? "" : ": " + bond.why}});
    }
  }

  void whole() {
    title();
    bonds();
    add({});
    if (const auto* bond = model_.chosen_bond()) chosen(*bond);
    events();
    auto last = footer();
    lines_.resize(static_cast<std::size_t>(view_.size.rows) - last.size());
    for (auto& line : last) add(std::move(line));
  }

  void title() {
    const auto& bonds = model_.bonds();
    const auto troubled = std::ranges::count_if(bonds, [](const auto& bond) { return bond.trouble() > 0; });
    Line line = {{"ebond watch", Style::bold},
                 {fmt::format("  {} bond{}", bonds.size(), bonds.size() == 1 ? "" : "s")}};
    if (troubled > 0) line.push_back({fmt::format(", {} not well", troubled), Style::bad});
    line.push_back({fmt::format("  by {}", order_name(model_.order())), Style::dim});
    const auto time = views::local_time(view_.realtime_ns);
    const int gap = view_.size.columns - width_of(line) - width_of(time);
    line.push_back({std::string(static_cast<std::size_t>(std::max(gap, 1)), ' ')});
    line.push_back({time, Style::dim});
    add(line);
    if (!model_.lost().empty()) add({{model_.lost() + "; trying again", Style::bad}});
  }

  /// The scale of a bond's bars.
  double scale_of(const Bond& bond) const {
    double most = largest(model_.rates(bond.name, ""));
    for (const auto& slave : bond.slaves) most = std::max(most, largest(model_.rates(bond.name, slave.name)));
    return most;
  }

  void append_rates(Row& row, const Rates& rates, double most, int bar) const {
    for (const auto* values : {&rates.sent, &rates.received}) {
      row.push_back({{sparkline(*values, most, bar, view_.has_blocks), Style::bar}});
      row.push_back({{latest_rate(*values)}, true});
    }
  }
  static void append_rate_heads(Row& row) {
    for (const auto* way : {"TX b/s", "RX b/s"}) {
      row.push_back({{way, Style::dim}});
      row.push_back({{""}});
    }
  }

  void bonds() {
    const auto& all = model_.bonds();
    if (all.empty()) return add({{model_.has_heard() ? "no bonds here" : "", Style::dim}});
    const int total = static_cast<int>(all.size()), room = std::max(2, view_.size.rows / 6);
    const int first = first_shown(total, room, static_cast<int>(model_.bond_index()));
    const int last = std::min(first + room, total);
    const auto name =
        total > room ? fmt::format("BOND {}-{}/{}", first + 1, last, total) : std::string("BOND");
    Row head = {
        {{"  " + name, Style::dim}}, {{"IS", Style::dim}}, {{"MODE", Style::dim}}, {{"ACTIVE", Style::dim}}};
    append_rate_heads(head);
    std::vector<Row> rows = {head};
    constexpr int kBar = 8;
    for (int i = first; i < last; ++i) {
      const auto& bond = all[static_cast<std::size_t>(i)];
      const bool is_chosen = &bond == model_.chosen_bond();
      Row row = {name_cell(bond.name, is_chosen),
                 {{bond.verdict, verdict_style(bond)}},
                 {{bond.mode}},
                 {{active_of(bond)}}};
      append_rates(row, model_.rates(bond.name, ""), scale_of(bond), kBar);
      rows.push_back(std::move(row));
    }
    for (auto& line : laid_out(rows)) add(std::move(line));
  }

  static Cell name_cell(const std::string& name, bool is_chosen) {
    return {{(is_chosen ? "> " : "  ") + name, is_chosen ? Style::bold : Style::plain}};
  }

  /// The active slave, or how many carry.
  static std::string active_of(const Bond& bond) {
    if (!bond.active_slave.empty()) return bond.active_slave;
    const auto carry = std::ranges::count_if(bond.slaves, &Slave::active);
    return fmt::format("{} of {}", carry, bond.slaves.size());
  }

  void chosen(const Bond& bond) {
    Line head = {
        {bond.name, Style::bold},
        {fmt::format("  carrier {} for {}", bond.carrier ? "up" : "down", since(bond.carrier_since_ns))}};
    if (!bond.why.empty()) head.push_back({"  " + bond.why, verdict_style(bond)});
    add(head);
    if (!bond.lacp.empty()) add({{"LACP: " + bond.lacp}});
    if (bond.slaves.empty()) return add({{"  no slaves", Style::dim}});
    slaves(bond);
    details(*model_.chosen_slave());
  }

  void slaves(const Bond& bond) {
    const int total = static_cast<int>(bond.slaves.size()), room = std::max(2, view_.size.rows / 4);
    const int first = first_shown(total, room, static_cast<int>(model_.slave_index()));
    const int last = std::min(first + room, total);
    const auto rows_with = [&](int bar) {
      const auto name =
          total > room ? fmt::format("SLAVE {}-{}/{}", first + 1, last, total) : std::string("SLAVE");
      Row head = {{{"  " + name, Style::dim}},
                  {{"STATE", Style::dim}},
                  {{"LINK", Style::dim}},
                  {{"SPEED", Style::dim}, true},
                  {{"SINCE", Style::dim}, true}};
      append_rate_heads(head);
      if (is_wide()) head.push_back({{"PORT", Style::dim}});
      std::vector<Row> rows = {head};
      for (int i = first; i < last; ++i)
        rows.push_back(slave_row(bond, bond.slaves[static_cast<std::size_t>(i)], bar));
      return laid_out(rows);
    };
    int widest = 0;
    for (const auto& line : rows_with(0)) widest = std::max(widest, width_of(line));
    constexpr int kShortest = 4, kLongest = 24, kHead = 6;  // two bars; their head is there already
    const int bar = std::clamp((view_.size.columns - widest) / 2 + kHead, kShortest, kLongest);
    for (auto& line : rows_with(bar)) add(std::move(line));
  }

  bool is_wide() const { return view_.size.columns >= 100; }

  Row slave_row(const Bond& bond, const Slave& slave, int bar) const {
    const bool is_chosen = &slave == model_.chosen_slave();
    Row row = {name_cell(slave.name, is_chosen),
               {{slave.active ? "ACTIVE" : "BACKUP", slave.active ? Style::good : Style::dim}},
               {{slave.link, slave.link_style}},
               {{slave.speed}, true},
               {{since(slave.since_ns)}, true}};
    append_rates(row, model_.rates(bond.name, slave.name), scale_of(bond), bar);
    if (is_wide()) row.push_back({{port_of(slave), slave.port_is_current ? Style::plain : Style::dim}});
    return row;
  }

  static std::string port_of(const Slave& slave) {
    return slave.port.empty() || slave.port_is_current ? slave.port : "(" + slave.port + ")";
  }

  void details(const Slave& slave) {
    Line line = {{slave.name + ": ", Style::bold}};
    if (!slave.why.empty()) line.push_back({slave.why, slave.healthy ? Style::dim : Style::warning});
    if (slave.why.empty()) line.push_back({"carries", Style::good});
    if (!slave.port.empty() && !is_wide()) line.push_back({"; at " + port_of(slave)});
    add(line);
    if (!slave.lacp.empty()) add({{"LACP: " + slave.lacp}});
  }

  void events() {
    constexpr int kAround = 3;  // an empty line, the head, the footer
    if (rows_left() <= kAround) return;
    add({});
    add({{"EVENTS", Style::dim}});
    std::vector<Line> told;
    for (auto [event, missed] : model_.events()) {
      if (missed > 0) told.push_back({{fmt::format("({} events missed)", missed), Style::warning}});
      event.netns.clear();  // the screen is about one namespace
      told.push_back({{views::event_line(event, views::Colour::never), event_style(event.event)}});
    }
    const auto room = static_cast<std::size_t>(rows_left() - 1);
    const auto skipped = told.size() > room ? told.size() - room : 0;
    for (auto line = told.begin() + static_cast<std::ptrdiff_t>(skipped); line != told.end(); ++line) {
      add(std::move(*line));
    }
  }

  /// The question that stands, what became of the last wish, or the keys.
  std::vector<Line> footer() const {
    std::string text(view_.has_blocks ? kKeys : kKeysInAscii);
    auto style = Style::dim;
    if (const auto& asked = model_.question()) {
      text = asked->back ? fmt::format("Let {} of {} back? y/n", asked->slave, asked->bond)
                         : fmt::format("Take {} of {} out of use? y/n", asked->slave, asked->bond);
      style = Style::warning;
    } else if (!model_.remarked().empty()) {
      text = core::printable(model_.remarked());
      style = model_.is_remark_bad() ? Style::bad : Style::plain;
    }
    std::vector<Line> lines;
    for (auto& line : wrapped(text, view_.size.columns)) lines.push_back({{std::move(line), style}});
    return lines;
  }

  const Model& model_;
  const View& view_;
  std::vector<Line> lines_;
};

}  // namespace

std::vector<Line> draw(const Model& model, const View& view) {
  return Drawing(model, view).drawn();
}

}  // namespace ebond::cli::watch
