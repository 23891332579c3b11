// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The state of drawing one program.
#pragma once

#include "test/fuzz/Program.h"

#include <optional>

namespace jit::fuzz {

class Generator {
public:
  explicit Generator(std::uint64_t seed);
  Program draw();
  /// One tape around f64 ops that have gradients, of a few plain elements.
  Program draw_differentiable();

private:
  /// A handle that later steps may use.
  struct Handle {
    Ref ref;
    const Meta *meta;
    int scope; ///< depth of guards it was made under
  };

  // GenerateProgram.cpp
  void draw_setting();
  std::int64_t draw_extent();
  DimList draw_dims(std::int64_t limit);
  DType draw_dtype();
  Ref add_input(InputSpec spec);
  Ref add_input(DType dtype, const DimList &dims);
  Ref add_number(NumberSpec spec);
  const Meta *meta_of(const Ref &ref) const;
  OperandType operand_type(const Ref &ref) const;
  Ref pick();
  /// False if the op refuses the operands; then nothing was added.
  bool add_op(OpKind op, std::vector<std::int64_t> attrs, std::vector<Ref> operands);
  bool in_force(const Ref &ref) const;
  void forget(const Ref &ref);
  void add_drop();
  void add_look(StepKind kind);
  void add_assign();
  void add_guarded();
  void add_recorded();
  bool add_gradient(std::uint32_t first_value);
  void add_something();
  Program draw_short();
  Program finish();
  void give_away();
  bool is_shared(std::uint32_t input) const;
  std::optional<std::uint32_t> last_value_at_hand() const;

  // GenerateVariants.cpp
  void add_variant(Step &step, const Inferred &results);
  Variant draw_variant(const Step &step);
  void add_observed(const Variant &op);
  void siblings();
  bool fits(const Variant &variant, const Inferred &results) const;

  // GenerateIdioms.cpp
  void draw_idiom();
  Ref apply(OpKind op, std::vector<Ref> operands, std::vector<std::int64_t> attrs = {});
  Ref unary_chain(Ref x, const std::vector<OpKind> &ops, std::int64_t length);
  DType any_of_dtypes();
  Ref pick_any_dtype();
  Ref permuted(const Ref &x);
  Ref permuted(const Ref &x, const DimList &axes);
  bool product();
  void temporaries();
  void let_go(std::vector<Ref> &list, std::size_t at);
  void reductions_of_views();
  void reductions_beyond_chunks();
  void cancelling_signs();
  void repeated_casts();
  void equal_operands();
  void chosen_twice();
  void views_of_views();
  void permuted_operands();
  void known_values();
  void same_op_twice();
  void normalised_rows();
  void many_inputs();
  void updated_in_place();
  void one_index_twice();
  void product_with_epilogue();

  // GenerateOps.cpp
  void draw_op();
  bool try_op(OpKind op);
  Ref pick_of(DType dtype);
  Ref pick_where(DTypeSet dtypes, int least_rank);
  Ref cast(const Ref &ref, DType dtype);
  DimList like(const DimList &dims);
  Ref partner(const Ref &ref, bool numbers);
  Ref any_number();
  bool windows_view(const Ref &x);
  bool fold(const OpInfo &op);
  Ref index_tensor(std::int64_t bound, const DimList &dims, bool from_end = true);
  bool elementwise(const OpInfo &op);
  bool reduction(const OpInfo &op);
  std::vector<std::int64_t> reduction_words(const OpInfo &op, const DimList &axes, bool keepdims,
                                            DType dtype);
  DimList any_order(std::int64_t rank);
  bool row(const OpInfo &op);
  bool contraction(const OpInfo &op);
  bool view(const OpInfo &op);
  struct Box;
  Box draw_box(Dims dims);
  bool slice_view(const Ref &x);
  bool slice_update(const Ref &x);
  bool pad(const Ref &x);
  bool scan(const OpInfo &op);
  bool sorting(const OpInfo &op);
  bool movement(const OpInfo &op);
  bool indexed(const OpInfo &op);
  bool creation(const OpInfo &op);

  Random random;
  Program program;
  std::int64_t max_size;
  bool differentiable = false, is_short = false;
  int scope = 0, tapes = 0;
  std::vector<Handle> handles;
  std::vector<const Meta *> input_metas, value_metas, variable_metas;
};

} // namespace jit::fuzz
