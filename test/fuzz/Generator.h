// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The state of drawing one program.
#pragma once

#include "test/fuzz/Program.h"

namespace jit::fuzz {

class Generator {
public:
  explicit Generator(std::uint64_t seed);
  Program draw();

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
  Ref pick();
  /// False if the op refuses the operands; then nothing was added.
  bool add_op(OpKind op, std::vector<std::int64_t> attrs, std::vector<Ref> operands);
  void forget(const Ref &ref);
  void add_drop();
  void add_look(StepKind kind);
  void add_assign();
  void add_guarded();
  void add_recorded();
  bool add_gradient(std::uint32_t first_value);
  void add_something();
  void give_away();

  // GenerateOps.cpp
  void draw_op();
  bool try_op(OpKind op);
  Ref pick_of(DType dtype);
  Ref pick_where(DTypeSet dtypes, int least_rank);
  Ref cast(const Ref &ref, DType dtype);
  DimList like(const DimList &dims);
  Ref partner(const Ref &ref, bool numbers);
  Ref any_number();
  Ref index_tensor(std::int64_t bound, const DimList &dims);
  bool elementwise(const OpInfo &op);
  bool reduction(const OpInfo &op);
  bool row(const OpInfo &op);
  bool contraction(const OpInfo &op);
  bool view(const OpInfo &op);
  bool slice_view(const Ref &x);
  bool movement(const OpInfo &op);
  bool indexed(const OpInfo &op);
  bool creation(const OpInfo &op);

  Random random;
  Program program;
  std::int64_t max_size;
  int scope = 0, tapes = 0;
  std::vector<Handle> handles;
  std::vector<const Meta *> input_metas, value_metas, variable_metas;
};

} // namespace jit::fuzz
