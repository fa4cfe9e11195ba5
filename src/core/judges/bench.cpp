#include "core/judges/bench.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "core/judges/asking.h"
#include "core/judges/stand_in.h"

namespace ebond::core {

Bench::Bench(const BondOptions& options, std::span<const JudgeRow> rows) : rows_(rows) {
  seat(options);
}

Bench::Seat* Bench::find(const JudgeRow& row) {
  const auto found = std::ranges::find(seats_, &row, &Seat::row);
  return found == seats_.end() ? nullptr : &*found;
}

void Bench::seat(const BondOptions& options) {
  std::vector<Seat> seats;
  for (const JudgeRow& row : rows_) {
    if (!row.is_wanted(options)) continue;
    Seat* const known = find(row);
    seats.push_back(known ? std::move(*known) : Seat{&row, row.make()});
  }
  seats_ = std::move(seats);
}

bool Bench::follow(Host& host, TimePoint now) {
  const Scene before = host.scene();
  bool moved = false;
  for (const Seat& seat : seats_) {
    if (seat.row->is_wanted(before.options)) continue;
    moved |=
        host.carry_out({.judged = let_all_pass(host.scene().slaves, seat.row->judge, seat.row->why_over)});
  }
  seat(before.options);
  for (const Seat& seat : seats_) moved |= host.carry_out(seat.judge->follow(host.scene(), now));
  return moved;
}

std::vector<JudgedPath> Bench::link_changed(const Scene& scene, const Slave& slave, const LinkChange& change,
                                            TimePoint now) {
  std::vector<JudgedPath> judged;
  for (const Seat& seat : seats_) {
    std::ranges::move(seat.judge->link_changed(scene, slave, change, now).judged, std::back_inserter(judged));
  }
  return judged;
}

bool Bench::heard(Host& host, const Slave& slave, const wire::EthernetFrame& frame, TimePoint now) {
  bool meant = false;
  for (const Seat& seat : seats_) {
    auto news = seat.judge->heard(host.scene(), slave, frame, now);
    meant |= !news.empty();
    host.carry_out(std::move(news));
  }
  if (auto answers = answer_question(host.scene(), slave, frame, now); !answers.empty()) {
    meant = true;
    host.carry_out({.probes = std::move(answers)});
  }
  return meant;
}

void Bench::advance(Host& host, TimePoint now) {
  for (const Seat& seat : seats_) {
    for (unsigned round = 0; round < kRounds; ++round) {
      host.carry_out(seat.judge->follow(host.scene(), now));
      if (!host.carry_out(seat.judge->advance(host.scene(), now))) break;
    }
  }
}

std::optional<TimePoint> Bench::next_deadline(const Scene& scene) const {
  std::optional<TimePoint> next;
  for (const Seat& seat : seats_) next = earlier(next, seat.judge->next_deadline(scene));
  return next;
}

Listening Bench::listening(const Scene& scene, const Slave& slave) const {
  Listening wanted;
  for (const Seat& seat : seats_) {
    if (seat.row->is_wanted(scene.options)) wanted.add(seat.judge->listening(scene, slave));
  }
  hear_questions(scene, wanted);
  return wanted;
}

std::vector<MonitorSession> Bench::sessions(const Scene& scene) const {
  std::vector<MonitorSession> all;
  for (const Seat& seat : seats_) {
    if (seat.row->is_wanted(scene.options))
      std::ranges::move(seat.judge->sessions(scene), std::back_inserter(all));
  }
  return all;
}

bool Bench::counts_any_frame(const BondOptions& options) const {
  return std::ranges::any_of(seats_, [&](const Seat& seat) {
    return seat.row->is_wanted(options) && seat.judge->counts_any_frame(options);
  });
}

}  // namespace ebond::core
