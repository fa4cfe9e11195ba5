// Bonds for the tests of `ebond flow` and `ebond balance`.
#pragma once

#include "cli/traffic/flow_text.h"
#include "core/foresight.h"
#include "tests/unit/core/bond_lab.h"

namespace ebond::cli::traffic {

inline core::Foresight foresight_of(core::BondOptions options, unsigned slaves = 2) {
  core::BondLab lab(std::move(options));
  lab.with_slaves(slaves);
  lab.after(std::chrono::seconds(1));
  return core::foresee(lab.bond, lab.now);
}

inline core::Foresight foresight_of(core::Mode mode,
                                    core::XmitHashPolicy policy = core::XmitHashPolicy::layer34) {
  auto options = core::BondLab::unpolled(mode);
  options.xmit_hash_policy = policy;
  return foresight_of(options);
}

inline Flow flow_between(const std::string& text) {
  return flow_of_text(text + " src-mac 02:00:00:00:00:b0 dst-mac 02:00:00:00:00:99").value();
}

}  // namespace ebond::cli::traffic
