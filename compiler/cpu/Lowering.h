// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Lowering: one nest becomes one LLVM function
//   void k(std::byte *const *buffers, const uint64_t *scalars, int64_t begin, int64_t end,
//          std::byte *scratch)
// that runs the units [begin, end). Behind the buffers is scalar::outside_table. A scalar argument
// is 8 bytes with the value in its low bytes. An epilogue finds two int64_t in `scratch`: the range
// of columns.
//
// With Schedule::parts there are two functions: that of stage `parts` has a unit for every chunk of
// every row, which leaves its partial results in `scratch`; then that of stage `rest` runs on the
// same scratch and goes on from there.
#pragma once

#include "compiler/cpu/Flow.h"
#include "compiler/cpu/IrEmitter.h"
#include "compiler/cpu/Schedule.h"

#include <llvm/ADT/DenseMap.h>
#include <llvm/ADT/DenseSet.h>
#include <llvm/IR/Module.h>

#include <optional>
#include <span>

namespace jit::cpu {

/// Where values are computed: `lanes` consecutive lane points, at one point of the row if the lanes
/// run across rows. Values computed there are remembered.
struct Point {
  llvm::Value *index = nullptr; ///< of the first lane among the lane points
  llvm::Value *mask = nullptr;  ///< lanes that exist; null: all
  llvm::Value *row = nullptr;   ///< lanes are rows: flat index in the row
  unsigned pass = 0;
  llvm::DenseMap<unsigned, llvm::Value *> values;
  llvm::DenseMap<unsigned, llvm::Value *> coordinates; ///< by axis, as vectors of i64
};

/// One reduction on its way: vectors of partial results.
struct Chain {
  unsigned node; ///< the reduce
  ReduceKind kind;
  DType dtype;      ///< of the operand
  ir::Values state; ///< of argmax and argmin: values, then their indices
  llvm::Value *mean =
      nullptr; ///< of the chunk, for kind varmean: the sum of squared distances from it
  llvm::Value *terms = nullptr; ///< memory of what is folded at the end, instead of a state
  bool ordered() const {        // results depend on the order
    return is_float(dtype) &&
           (kind == ReduceKind::sum || kind == ReduceKind::prod || kind == ReduceKind::varmean);
  }
};

class Lowering {
public:
  enum class Stage { whole, parts, rest };

  Lowering(const Nest &nest, const Schedule &schedule, Isa isa, llvm::Module &module,
           Stage stage = Stage::whole);
  /// Empty, or why the nest cannot be lowered.
  std::string run();
  std::size_t scratch_bytes() const { return scratch_size; }
  /// The name of the function in its module.
  std::string symbol() const { return function->getName().str(); }
  /// Whether it calls scalar::outside_table.
  bool calls_outside() const { return !e.functions->use_empty(); }

private:
  using Body = llvm::function_ref<void(Point &)>;

  // Lowering.cpp: units, passes and values
  void emit_entry();
  void emit_units();
  void emit_unit();
  void emit_pass(unsigned pass);
  std::vector<unsigned> roots_of(unsigned pass) const;
  bool varies(unsigned node) const;   ///< from point to point of a unit
  bool is_fixed(unsigned node) const; ///< the same in all units; operands have been asked before
  void prepare(unsigned node, unsigned pass);
  void prepare(unsigned node, unsigned pass, std::vector<bool> &seen);
  llvm::Value *value(unsigned node, Point &at);
  llvm::Value *compute(unsigned node, Point &at);
  llvm::Value *keep(unsigned node, Point &at);
  llvm::Value *constant(const Node &node);
  llvm::Value *tail_mask(llvm::Value *index, llvm::Value *end);

  // LowerAccess.cpp: memory
  llvm::Value *base_pointer(unsigned node);
  llvm::Value *point_pointer(unsigned node, Point &at);
  std::optional<std::int64_t> lane_period(const Access &access) const;
  llvm::Value *repeated_row(unsigned node, std::int64_t period);
  llvm::Value *load(unsigned node, Point &at);
  llvm::Value *load_from(unsigned node, llvm::Value *pointer, Point &at);
  llvm::Value *gather_lanes(unsigned node, llvm::Value *base, llvm::Value *offsets, Point &at);
  llvm::Value *gather(unsigned node, Point &at);
  llvm::Value *place_offsets(unsigned node, llvm::Value *index);
  bool has_fixed_place(unsigned node) const;
  llvm::Value *inside(unsigned node, Point &at);
  llvm::Value *mask_of(unsigned node, Point &at);
  llvm::Value *load_shared(unsigned node, llvm::Value *pointer, Point &at);
  void store(unsigned node, llvm::Value *value, Point &at);
  void prefetch(llvm::Value *pointer);
  void prefetch_next_row(Point &at);
  llvm::Value *load_vector(llvm::Type *type, llvm::Value *pointer, llvm::Value *mask);
  llvm::Value *load_guarded(llvm::Type *type, llvm::Value *pointer, llvm::Value *mask);
  void store_vector(llvm::Value *value, llvm::Value *pointer, llvm::Value *mask, bool stream);
  llvm::Value *lane_offsets(unsigned node, Point &at);
  llvm::Value *coordinate(unsigned axis, Point &at);
  llvm::Value *widen(llvm::Value *memory, DType dtype); ///< element as stored -> as computed
  llvm::Value *narrow(llvm::Value *computed, DType dtype);
  bool streams(unsigned node) const;
  llvm::Value *scratch(std::size_t bytes);
  llvm::Value *stack_array(llvm::Type *element, std::int64_t count);

  // LowerRows.cpp: the loop of a pass
  void emit_rows(unsigned pass, llvm::ArrayRef<unsigned> roots);
  void emit_points(unsigned pass, llvm::ArrayRef<unsigned> effects, llvm::ArrayRef<Chain *> chains,
                   llvm::MutableArrayRef<Point> points);
  llvm::Value *emit_halves(llvm::Value *from, llvm::Value *to, unsigned pass,
                           llvm::ArrayRef<unsigned> effects);

  // LowerReduce.cpp and LowerParts.cpp: reductions
  ir::Values emit_chunks(llvm::Value *from, llvm::Value *to, std::int64_t points,
                         llvm::ArrayRef<Chain *> chains, Body body);
  void emit_chunk(llvm::Value *first, llvm::Value *end, llvm::Value *is_last, std::int64_t last,
                  llvm::ArrayRef<Chain *> chains, Body body);
  void emit_span(llvm::Value *from, llvm::Value *to, llvm::ArrayRef<Chain *> chains, Body body);
  llvm::Value *part_place(DType dtype, llvm::Value *parts, llvm::Value *part);
  void store_part(llvm::Value *x, DType dtype, llvm::Value *parts, llvm::Value *part);
  void emit_parts();
  llvm::SmallVector<Chain, 4> chains_of(llvm::ArrayRef<unsigned> roots) const;
  /// Memory of partial results that two stages share: the same places in both.
  llvm::SmallVector<llvm::Value *, 4> shared_parts(llvm::ArrayRef<Chain> chains);
  llvm::Value *combine_parts(const Chain &chain, llvm::Value *parts, std::int64_t count);
  bool keeps_terms(const Chain &chain) const;
  llvm::Value *term_place(const Chain &chain, llvm::Value *point);
  llvm::Value *fold_terms(const Chain &chain);
  bool along() const; ///< lanes run along the row, not across rows
  std::int64_t chunk_points() const;
  std::int64_t part_lanes() const;
  unsigned chain_vectors(const Chain &chain) const;
  void reset(Chain &chain);
  void step(Chain &chain, llvm::Value *x, Point &at);
  void step_winner(Chain &chain, llvm::Value *x, Point &at);
  llvm::Value *finish_winner(const Chain &chain);
  llvm::Value *best_index(const Chain &chain, llvm::Value *place);
  llvm::Value *finish(const Chain &chain);
  void fold(const Chain &chain, ir::Values &values); ///< into the first
  llvm::Value *combine(const Chain &chain, llvm::Value *x, llvm::Value *y);
  llvm::Value *beats(const Chain &chain, llvm::Value *x, llvm::Value *i, llvm::Value *y,
                     llvm::Value *j);
  llvm::Value *neutral(ReduceKind kind, DType dtype);

  // LowerVarmean.cpp
  struct Moments {
    llvm::Value *mean = nullptr;
    llvm::Value *squares = nullptr; ///< sum of squared distances from the mean
  };
  void emit_varmean(unsigned node);
  Moments chunk_moments(unsigned node, llvm::Value *first, llvm::Value *end, llvm::Value *is_last,
                        std::int64_t last);
  Moments join_moments(Moments a, Moments c, llvm::Value *part, llvm::Value *is_last,
                       std::int64_t last, DType dtype);
  llvm::Value *rounded(llvm::Value *x, DType dtype);
  llvm::Value *splat_count(double count, DType dtype);

  llvm::Type *element_type(DType dtype); ///< in memory
  llvm::Type *vector_type(DType dtype);  ///< as computed
  llvm::Value *number(std::int64_t value) { return b.getInt64(static_cast<std::uint64_t>(value)); }
  llvm::Value *iota();

  const Nest &nest;
  Schedule schedule;
  Isa isa;
  Stage stage;
  llvm::Module &module;
  llvm::Function *function = nullptr;
  llvm::IRBuilder<> b;
  ir::Emitter e;
  std::string failure;

  llvm::SmallVector<llvm::Value *, 16> buffers;
  llvm::SmallVector<llvm::Value *, 8> digits; ///< of the unit, by axis
  Point unit;                                 ///< values that do not vary within the unit
  llvm::DenseMap<unsigned, llvm::Value *> fixed;
  llvm::DenseMap<unsigned, llvm::Value *> bases;
  llvm::DenseMap<unsigned, llvm::Value *> kept; ///< scratch of keep nodes
  llvm::DenseMap<unsigned, llvm::Value *> repeated_rows;
  Schedule::Loop loop; ///< of this pass
  llvm::Value *unit_number = nullptr;
  llvm::SmallVector<llvm::Value *, 4> shared; ///< partial results of the chains, between stages
  llvm::Value *lane_begin = nullptr, *lane_end = nullptr; ///< of the unit
  std::size_t scratch_size = 0;
};

} // namespace jit::cpu
