// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Merging two launches: loads of the producer's results become its values.
#pragma once

#include "dialects/kernel/KernelDialect.h"
#include "passes/SameOp.h"
#include "passes/Unify.h"
#include "passes/Views.h"

#include <mlir/IR/Builders.h>
#include <mlir/IR/IRMapping.h>

namespace jit {

/// Why two launches stay apart: a closed list, for `explain()`.
enum class WhyApart : std::uint8_t {
  indirect_load,  ///< the load is no affine function of the producer's points
  grid_sync,      ///< a reduction would be needed before all of it is known, or computed again
  pass_limit,     ///< more than four passes over a row
  scratch_limit,  ///< too many buffers, ops or kept rows
  cycle,          ///< another op lies between them
  peak_memory,    ///< the program would hold too much at once
  recompute_cost, ///< computing twice costs more than it saves
  order_conflict, ///< reductions in different orders or over rows that do not line up
};
llvm::StringRef name(WhyApart reason);

/// A kernel and the launch that runs it.
struct Node {
  kernel::LaunchOp launch;
  kernel::FuncOp function;
};

/// Whether any launch but `consumer` reads the value, through views too, or the program returns it.
bool used_by_others(mlir::Value value, mlir::Operation *consumer, Views &views);

/// One attempt to merge a producer into a consumer. `match` says whether it is possible and how;
/// `build` writes the merged kernel and its launch in front of the consumer's, and leaves the old
/// ones alone.
class Merger {
public:
  Merger(Node producer, Node consumer, Views &views);

  std::optional<WhyApart> match();
  /// Whether the producer goes away: its results are computed, and stored if others need them.
  bool replaces_producer() const { return replaces; }
  /// Results of the producer that the merged kernel stores, since others need them.
  llvm::ArrayRef<unsigned> kept_results() const { return kept; }
  bool keeps_results() const { return replaces && !kept.empty(); }
  Node build(mlir::OpBuilder &builder, llvm::StringRef name);
  /// Makes users of the old launches use `merged`, and erases what is gone.
  void commit(Node merged);

private:
  struct Use { // one load of a result of the producer
    kernel::LoadOp load;
    unsigned result;
    std::int64_t offset;
    llvm::SmallVector<Bound, 4> bounds; ///< of its guard
    Substitution point; ///< axes of the producer: first over the refined consumer, then `space`
  };
  std::optional<WhyApart> find_uses();
  std::optional<WhyApart> unify_all();
  std::optional<WhyApart> match_light();
  std::optional<WhyApart> match_contraction();
  std::optional<WhyApart> match_reduction();
  bool line_up_rows(std::uint32_t rest);
  void order_axes(llvm::ArrayRef<unsigned> rows, bool append_rows);

  bool needed_elsewhere();
  kernel::StoreOp store_of(unsigned result);
  std::uint32_t consumer_axes_of_kind(kernel::AxisKind kind) const;
  std::uint32_t touched(const Substitution &point, std::uint32_t axes) const;
  bool one_to_one(const Substitution &point, std::uint32_t axes);

  mlir::Value argument(mlir::Value operand);
  mlir::Operation *share(mlir::Operation *op);
  mlir::Value unique(mlir::Operation *op) { return share(op)->getResult(0); }
  mlir::Value clone_arg(kernel::LaunchOp launch, kernel::ArgOp arg);
  mlir::Value clone_index(kernel::IndexOp index, const AxisSum &sum);
  /// `guards` are true where the body counts: no load ranges beyond those that it depends on.
  void clone_body(Node from, const Substitution &axes, mlir::IRMapping &values,
                  llvm::ArrayRef<mlir::Value> guards = {});
  void clone_op(Node from, mlir::Operation &op, const Substitution &axes, mlir::IRMapping &values,
                llvm::ArrayRef<mlir::Value> guards = {});
  void clone_guard(mlir::Value guard, const Substitution &axes, mlir::IRMapping &values,
                   llvm::SmallVectorImpl<mlir::Value> &guards);
  mlir::Value both(mlir::Value guard, mlir::Value other);
  void add_output(mlir::Value value, kernel::MapAttr map);

  Node producer, consumer;
  Views &views;
  bool producer_reduces, producer_contracts, consumer_reduces, consumer_contracts;
  std::vector<Use> uses;
  Refinement refined;
  llvm::SmallVector<kernel::Axis, 8> space; ///< of the merged kernel
  Substitution consumer_axes;               ///< refined axes in terms of it
  bool replaces = true;
  llvm::SmallVector<unsigned> kept; ///< results of the producer that the merged kernel stores

  // While building.
  mlir::OpBuilder body;
  kernel::FuncOp merged;
  OpSet known;
  llvm::SmallVector<mlir::Value> operands;
  llvm::SmallVector<std::int32_t> slots;
};

} // namespace jit
