// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The threads of a block that share a row, and how values pass between them.
#pragma once

#include "compiler/cuda/text/Element.h"

#include <vector>

namespace jit::gpu {

/// All numbers are powers of 2.
struct TeamShape {
  unsigned members; ///< threads of a row
  unsigned teams;   ///< rows of a block
  bool teams_first; ///< neighbouring threads work at neighbouring rows, else at one row

  unsigned threads() const { return members * teams; }
};

/// Every function must be reached by all threads of the block. The text may read `member` and
/// `team`, which declarations() defines.
class Team {
public:
  Team(Emitter &e, TeamShape shape) : e(e), shape(shape) {}

  /// Members whose numbers differ in bits below this one are in one warp.
  unsigned near() const;
  /// x of the member whose number differs in that bit, which is a near one.
  Element of_partner(const Element &x, unsigned bit);
  /// All members may read x of any member, as published(), between two barriers. Several values at
  /// a time have several places.
  void publish(const Element &x, unsigned place = 0);
  Element published(DType dtype, const std::string &member, unsigned place = 0);
  /// Those of the members whose numbers differ in no near bit and in none from `members` on, in
  /// order.
  std::vector<Element> far_ones(DType dtype, unsigned members, unsigned place);
  void barrier();

  std::string declarations() const;
  /// What lies in front of a kernel's own shared memory.
  unsigned shared_bytes() const { return places * shape.threads() * 8; }
  bool waits() const { return has_waited; }
  const TeamShape &size() const { return shape; }

private:
  std::string place_of(DType dtype, const std::string &thread, unsigned place);

  Emitter &e;
  TeamShape shape;
  unsigned places = 0;
  unsigned types = 0; ///< bit n: lane type n passes through shared memory
  bool has_waited = false;
};

} // namespace jit::gpu
