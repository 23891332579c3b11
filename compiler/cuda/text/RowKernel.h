// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// What Rows.cpp, RowReduce.cpp and RowMoments.cpp share: one kernel with rows on its way to text.
#pragma once

#include "compiler/cuda/text/Combine.h"
#include "compiler/cuda/text/Form.h"
#include "compiler/cuda/text/PointValues.h"
#include "compiler/cuda/text/Team.h"

#include <functional>
#include <map>

namespace jit::gpu {

/// In which order the members of a team take the points of a row, or parts of it: a chunk has
/// `lanes` chains, and `groups` chunks go side by side.
struct RowOrder {
  unsigned lanes, groups;
  std::int64_t chunk;
  /// Chunks of the row, then of the parts of its chunks, and so on; the last is 1.
  std::vector<std::int64_t> counts;

  std::int64_t rounds() const { return (counts[0] + groups - 1) / groups; }
};

/// One reduction on its way.
struct Chain {
  unsigned node;
  nest::ReduceKind kind;
  DType dtype;                      ///< of the operand
  std::string value{}, index{};     ///< variables: of the member; of winners, where
  std::vector<std::string> above{}; ///< variables: of parts, of parts of parts, ...

  /// Whether the result depends on the order.
  bool ordered() const;
};

class RowKernel {
public:
  RowKernel(ModuleText &module, const nest::Nest &nest);
  KernelResult run();

private:
  // Rows.cpp
  static TeamShape choose_shape(const nest::Nest &nest);
  static bool is_heavy(const nest::Nest &nest);
  void choose_kept();
  std::string kernel_text(const std::string &units);
  void row_bases();
  void pass(unsigned number);
  void row_values(unsigned pass);
  void row_stores(unsigned pass);
  void point_stores(const std::vector<unsigned> &effects);
  const Element &value(unsigned node, unsigned pass);
  std::string kept_place(unsigned node) const;
  void each_point(const RowOrder &order, const std::string &first,
                  const std::function<void()> &at_point);
  bool along_row(unsigned node) const { return nest.nodes[node].axes & nest.row_axes(); }

  // RowReduce.cpp
  RowOrder order_of(DType dtype) const;
  RowOrder any_order() const;
  std::string lane(const RowOrder &order) const;
  std::string group(const RowOrder &order) const;
  /// Opens the loop over rounds, if there are several, and gives the first point of the group's
  /// chunk.
  std::string open_rounds(const RowOrder &order);
  void close_rounds(const RowOrder &order);
  std::string variable(const Element &initial);
  void assign(const std::string &variable, const Element &x);
  void reduce(unsigned pass, const RowOrder &order, const std::vector<unsigned> &effects,
              std::vector<Chain> &chains);
  void declare(Chain &chain, const RowOrder &order);
  void step(Chain &chain, const Element &x);
  void publish(const Partial &x);
  Partial fold_near(unsigned members, nest::ReduceKind kind, Partial x);
  Element fold_lanes(const RowOrder &order, nest::ReduceKind kind, Element x);
  Partial fold_members(const Chain &chain, Partial x);
  void join_parts(const RowOrder &order, Chain &chain, const Element &part);
  Element finish(const RowOrder &order, const Chain &chain);
  Element of_first_group(const RowOrder &order, const Element &x);

  // RowMoments.cpp
  void varmean(unsigned node);
  struct Moments {
    Element mean, squares;
  };
  template <int t> Moments moments(unsigned node);
  template <int t>
  Moments chunk_moments(const RowOrder &order, unsigned node, const std::string &first);
  template <int t>
  void join_moments(const RowOrder &order, const Moments &all, const Moments &here);

  ModuleText &module;
  const nest::Nest &nest;
  Points points;
  std::int64_t row_points, rows;
  std::string type; ///< of indices
  bool heavy;
  Lines out{1};
  PointValues values{module, points, out};
  Emitter &e = values.emitter();
  Team team;
  std::map<unsigned, unsigned> kept; ///< node, where in the kernel's own shared memory
  unsigned kept_bytes = 0;
  std::map<const nest::Access *, Offset> along; ///< accesses as their row's base and steps of `j`
  std::vector<unsigned> of_point; ///< nodes that have a value at the point of the loop
};

} // namespace jit::gpu
