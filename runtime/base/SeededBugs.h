// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Wrong rules on purpose, to see whether the fuzzer finds them. Only builds with the CMake option
// TRACEJIT_SEEDED_BUGS have them, one at most is planted at a time; elsewhere they cost nothing.
#pragma once

#include "runtime/base/Export.h"

#include <cstdint>
#include <string_view>

namespace jit {

// name, what is wrong
#define TRACEJIT_SEEDED_BUGS(X)                                                                    \
  X(zero_sign_dropped, "codegen: -x is 0 - x")                                                     \
  X(nan_folded, "simplify: x - x is 0")                                                            \
  X(wrapping_ignored, "simplify: |-x| is |x| for u8 too")                                          \
  X(truth_negated, "simplify: x + -y is x - y for bool too")                                       \
  X(negated_dtype_ignored, "simplify: x + cast(-y) is x - cast(y)")                                \
  X(rounding_ignored, "simplify: f64 to f32 to f64 is nothing")                                    \
  X(sides_not_exchanged, "simplify: where(not c, x, y) is where(c, x, y)")                         \
  X(permutations_backwards, "layout: permutations are joined in the wrong order")                  \
  X(broadcast_from_left, "lift: an operand of fewer axes has the first ones")                      \
  X(starts_lost, "layouts: the start of a slice's last axis is 0")                                 \
  X(outer_sum_as_inner, "lift: sums down the columns take the order of sums along rows")           \
  X(mean_of_last_stage, "lift: a mean divides by what its last stage sums")                        \
  X(correction_ignored, "lift: var_mean forgets its correction")                                   \
  X(one_look_for_all, "fuse: what is read in two orders is read in the first one twice")           \
  X(cycle_ignored, "fuse: a kernel may need what is made of its own results")                      \
  X(stale_constant, "plan: constants of one type are the first one's")                             \
  X(one_cell_for_all, "plan: numbers of one dtype are the first one")                              \
  X(views_not_alive, "plan: what only a view needs is dead")                                       \
  X(blocks_overlap, "plan: a block may be reused by the step that reads it last")                  \
  X(shared_across_maps, "plan: a result lies in an operand that is read in another order")         \
  X(last_lane_lost, "codegen: the tail has one element less")                                      \
  X(masked_lanes_leak, "codegen: lanes behind the end of a row count in its reduction")            \
  X(chunk_by_threads, "codegen: with several threads a reduction has longer chunks")               \
  X(nan_loses, "codegen: the maximum of NaN and a number is the number")                           \
  X(ties_take_later, "codegen: of equal elements argmax takes the later")                          \
  X(multiply_add_fused, "codegen: x * y + z rounds once")                                          \
  X(last_unit_lost, "run: the last range of a kernel shared by threads is one unit short")         \
  X(scalar_baked, "run: numbers are those of the first run")                                       \
  X(denormals_flushed, "run: denormals are 0")                                                     \
  X(chunk_of_k_short, "contract: all chunks of k but the first are one short")                     \
  X(epilogue_early, "contract: the epilogue runs after the first chunk of k")                      \
  X(last_place_missed, "eager: take of the last place takes the one before")                       \
  X(gradient_sign, "gradients: that of a divisor has the wrong sign")                              \
  X(sibling_operands, "match: any pending value of the type will do")                              \
  X(attributes_ignored, "match: attributes are not compared")                                      \
  X(strides_ignored, "match: inputs may lie in memory in any way")                                 \
  X(aliases_ignored, "match: an input that was one tensor twice may be two")                       \
  X(number_kinds_ignored, "match: any kind of number will do")                                     \
  X(range_checked_once, "match: an index tensor that was in range once is in range")               \
  X(owner_not_told, "match: a session that another thread has flushed goes on")                    \
  X(place_reused, "flush: the places of values that handles hold are used again")                  \
  X(last_value_alone, "flush: only the last value of a path is held")                              \
  X(held_input_donated, "flush: an output takes the memory of an input that is still held")        \
  X(deferred_input_donated, "flush: an output takes the memory of an input of a deferred value")   \
  X(deferred_numbers_baked, "replay: deferred values are made of the numbers of the first run")    \
  X(live_value_skipped, "replay: the last op is skipped")

// The same of files that are compiled ahead: for the suite of test/offline to find.
#define TRACEJIT_SEEDED_FILE_BUGS(X)                                                               \
  X(thunk_loses_chunk, "entry: the last chunk of a kernel that may be shared does not run")        \
  X(wrong_twin, "entry: stores of whole lines go to outputs that do not begin with one")           \
  X(cell_of_another_number, "entry: a number is the next one")

enum class SeededBug : std::uint8_t {
  none,
#define X(name, text) name,
  TRACEJIT_SEEDED_BUGS(X) TRACEJIT_SEEDED_FILE_BUGS(X)
#undef X
};

#ifdef TRACEJIT_WITH_SEEDED_BUGS
/// The one that is there, for libtracejit and its compiler. Set before anything else runs.
TRACEJIT_PRIVATE extern SeededBug planted_bug;
inline bool planted(SeededBug bug) noexcept { return planted_bug == bug; }
#else
constexpr bool planted(SeededBug) noexcept { return false; }
#endif

} // namespace jit
