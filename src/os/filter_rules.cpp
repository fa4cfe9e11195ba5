#include "os/filter_rules.h"

#include <algorithm>
#include <stdexcept>
#include <utility>

#include "wire/ethernet.h"

namespace ebond::os {
namespace {

constexpr std::uint32_t kAcceptWhole = 0xffffffff, kTagSize = 4;
// Scratch words: how many octets of tags there are, and the fields of choices.
constexpr std::uint32_t kTagsWord = 0, kFirstFieldWord = 1;

std::vector<Field> fields_of(const std::vector<Choice>& choices) {
  std::vector<Field> fields;
  for (const Choice& choice : choices) {
    for (const Part& part : choice) {
      if (std::ranges::find(fields, part.field) == fields.end()) fields.push_back(part.field);
    }
  }
  return fields;
}

}  // namespace

FilterRules::FilterRules(Tags tags) : tags_(tags) {
  if (tags_ == Tags::any) look_behind_tags();
}

FilterRules& FilterRules::is(const Part& part) {
  load(part.field);
  return compare(part.value);
}

FilterRules& FilterRules::is(const Choice& choice) {
  for (const Part& part : choice) is(part);
  return *this;
}

FilterRules& FilterRules::is_not(const Part& part) {
  load(part.field);
  put_jump(BPF_JEQ, part.value, 0, 1);
  return fail();
}

FilterRules& FilterRules::masked(const Field& field, std::uint32_t mask, std::uint32_t value) {
  load(field);
  put(BPF_ALU | BPF_AND | BPF_K, mask);
  return compare(value);
}

FilterRules& FilterRules::is_at_least(std::uint32_t frame_size) {
  put(BPF_LD | BPF_W | BPF_LEN, 0);
  put_jump(BPF_JGE, frame_size, 1, 0);
  return fail();
}

FilterRules& FilterRules::any_of(const std::vector<Choice>& choices) {
  if (choices.empty()) return *this;
  const auto fields = fields_of(choices);
  if (kFirstFieldWord + fields.size() > BPF_MEMWORDS)
    throw std::logic_error("too many fields for one filter");
  const bool one_field = fields.size() == 1;
  for (std::uint32_t i = 0; i < fields.size(); ++i) {
    load(fields[i]);
    if (!one_field) put(BPF_ST, kFirstFieldWord + i);
  }
  std::vector<std::size_t> hits;
  for (const Choice& choice : choices) {
    auto left = choice.size();
    for (const Part& part : choice) {
      const auto word = std::ranges::find(fields, part.field) - fields.begin();
      if (!one_field) put(BPF_LD | BPF_MEM, kFirstFieldWord + static_cast<std::uint32_t>(word));
      // To the next choice: over what is left of this one.
      --left;
      put_jump(BPF_JEQ, part.value, 0, 2 * left + 1);
    }
    hits.push_back(program_.size());
    put(BPF_JMP | BPF_JA, 0);
  }
  fail();
  for (const auto hit : hits) point_to_end(hit);
  return *this;
}

void FilterRules::accept() {
  put(BPF_RET | BPF_K, kAcceptWhole);
  for (const auto each : fails_) point_to_end(each);
  fails_.clear();
  index_ = From::frame;
}

FrameFilter FilterRules::finish() {
  put(BPF_RET | BPF_K, 0);
  return std::move(program_);
}

void FilterRules::put(int code, std::uint32_t value) {
  program_.push_back(BPF_STMT(static_cast<std::uint16_t>(code), value));
}

void FilterRules::put_jump(int condition, std::uint32_t value, std::size_t if_so, std::size_t otherwise) {
  program_.push_back(BPF_JUMP(static_cast<std::uint16_t>(BPF_JMP | condition | BPF_K), value,
                              static_cast<std::uint8_t>(if_so), static_cast<std::uint8_t>(otherwise)));
}

/// Counts them in X, and keeps the count.
void FilterRules::look_behind_tags() {
  put(BPF_LDX | BPF_IMM, 0);
  std::vector<std::size_t> ends;
  for (std::size_t i = 1; i < wire::kMaxVlanTags; ++i) {
    put(BPF_LD | BPF_H | BPF_IND, kEtherTypeAt);
    put_jump(BPF_JEQ, wire::ethertype::kVlan, 2, 0);
    put_jump(BPF_JEQ, wire::ethertype::kServiceVlan, 1, 0);
    ends.push_back(program_.size());
    put(BPF_JMP | BPF_JA, 0);
    put(BPF_MISC | BPF_TXA, 0);
    put(BPF_ALU | BPF_ADD | BPF_K, kTagSize);
    put(BPF_MISC | BPF_TAX, 0);
  }
  for (const auto end : ends) point_to_end(end);
  put(BPF_STX, kTagsWord);
}

void FilterRules::index(From from) {
  if (index_ == from) return;
  index_ = from;
  put(BPF_LDX | BPF_MEM, kTagsWord);
  if (from != From::ip4_body) return;
  constexpr std::uint32_t kWordsMask = 0x0f, kOctetsInAWord = 2;  // as a shift
  put(BPF_LD | BPF_B | BPF_IND, kPayloadAt);
  put(BPF_ALU | BPF_AND | BPF_K, kWordsMask);
  put(BPF_ALU | BPF_LSH | BPF_K, kOctetsInAWord);
  put(BPF_ALU | BPF_ADD | BPF_X, 0);
  put(BPF_MISC | BPF_TAX, 0);
}

void FilterRules::load(const Field& field) {
  const bool absolute = field.from == From::frame || tags_ == Tags::none;
  if (!absolute) index(field.from);
  put(BPF_LD | field.size | (absolute ? BPF_ABS : BPF_IND), field.offset);
}

FilterRules& FilterRules::compare(std::uint32_t value) {
  put_jump(BPF_JEQ, value, 1, 0);
  return fail();
}

/// To the next rule, which may be farther away than a conditional jump reaches.
FilterRules& FilterRules::fail() {
  fails_.push_back(program_.size());
  put(BPF_JMP | BPF_JA, 0);
  return *this;
}

void FilterRules::point_to_end(std::size_t jump) {
  program_[jump].k = static_cast<std::uint32_t>(program_.size() - jump - 1);
}

std::size_t kernel_instructions(const FrameFilter& program) {
  constexpr std::size_t kAround = 8, kAbsoluteLoad = 14, kIndexedLoad = 9, kReturn = 2;
  std::size_t count = kAround;
  for (const sock_filter& step : program) {
    switch (BPF_CLASS(step.code)) {
      case BPF_LD:
        count += BPF_MODE(step.code) == BPF_ABS   ? kAbsoluteLoad
                 : BPF_MODE(step.code) == BPF_IND ? kIndexedLoad
                                                  : 1;
        break;
      case BPF_JMP:
        // All of ours go on to the next instruction one way; a value with its highest bit set is loaded
        // first.
        count += BPF_OP(step.code) != BPF_JA && step.k >> 31 != 0 ? 2 : 1;
        break;
      case BPF_RET:
        count += kReturn;
        break;
      default:
        ++count;
    }
  }
  return count;
}

}  // namespace ebond::os
