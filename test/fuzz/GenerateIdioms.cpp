// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Idioms that rewrites and fusion look for, drawn so that each guard is met as often as it is just
// missed: the dtypes, operands, axes and sizes beside the right ones are drawn too.
#include "runtime/kernels/contract/KernelSet.h"
#include "runtime/ops/Attributes.h"
#include "runtime/ops/Views.h"
#include "test/conformance/KernelCheck.h"
#include "test/fuzz/Generator.h"

#include <algorithm>
#include <bit>

namespace jit::fuzz {

static constexpr DTypeSet any_dtype{DType::f32, DType::f64, DType::boolean, DType::i8,  DType::u8,
                                    DType::i16, DType::u16, DType::i32,     DType::u32, DType::i64};

void Generator::draw_idiom() {
  static constexpr void (Generator::*idioms[])() = {&Generator::cancelling_signs,
                                                    &Generator::cancelling_signs,
                                                    &Generator::repeated_casts,
                                                    &Generator::equal_operands,
                                                    &Generator::chosen_twice,
                                                    &Generator::views_of_views,
                                                    &Generator::permuted_operands,
                                                    &Generator::known_values,
                                                    &Generator::same_op_twice,
                                                    &Generator::normalised_rows,
                                                    &Generator::many_inputs,
                                                    &Generator::updated_in_place,
                                                    &Generator::one_index_twice,
                                                    &Generator::product_with_epilogue,
                                                    &Generator::reductions_of_views,
                                                    &Generator::reductions_of_views,
                                                    &Generator::reductions_beyond_chunks,
                                                    &Generator::temporaries,
                                                    &Generator::temporaries,
                                                    &Generator::siblings,
                                                    &Generator::siblings};
  (this->*idioms[random.below(std::size(idioms))])();
}

/// The result of the op, or the first operand if the op refuses them.
Ref Generator::apply(OpKind op, std::vector<Ref> operands, std::vector<std::int64_t> attrs) {
  const Ref first = operands[0];
  const std::uint8_t results = info(op).results;
  if (!add_op(op, std::move(attrs), std::move(operands)))
    return first;
  return {Ref::value, program.values - results};
}

Ref Generator::unary_chain(Ref x, const std::vector<OpKind> &ops, std::int64_t length) {
  std::vector<OpKind> choice = ops;
  for (; length > 0; --length) {
    const OpKind op = random.one_of(choice);
    x = op == OpKind::astype ? cast(x, draw_dtype()) : apply(op, {x});
  }
  return x;
}

using conformance::all_dtypes;

/// Each as likely.
DType Generator::any_of_dtypes() { return all_dtypes[random.below(std::size(all_dtypes))]; }

Ref Generator::pick_any_dtype() { return random.percent(30) ? pick() : pick_of(any_of_dtypes()); }

/// -x under everything, and sums and products of negated operands of the same or of other dtypes.
void Generator::cancelling_signs() {
  const Ref x = pick_any_dtype();
  const Ref y = random.percent(70) ? add_input(any_of_dtypes(), like(DimList(meta_of(x)->dims())))
                                   : partner(x, true);
  const Ref minus_x = apply(OpKind::negative, {random.percent(20) ? cast(x, draw_dtype()) : x});
  static constexpr OpKind unary[] = {OpKind::negative, OpKind::abs,  OpKind::square,
                                     OpKind::relu,     OpKind::sign, OpKind::floor};
  for (const OpKind op : unary)
    if (random.percent(60))
      apply(op, {random.percent(20) ? apply(op, {x}) : minus_x});
  const Ref minus_y = y.kind == Ref::number ? y : apply(OpKind::negative, {y});
  static constexpr OpKind sums[] = {OpKind::add, OpKind::subtract, OpKind::multiply};
  for (const OpKind op : sums)
    if (random.percent(60)) {
      const bool both = random.percent(30), left = random.percent(40);
      apply(op, {both || left ? minus_x : x, both || !left ? minus_y : y});
    }
  if (random.percent(50))
    apply(OpKind::logical_not, {apply(OpKind::logical_not, {x})});
}

/// From each dtype to each and on.
void Generator::repeated_casts() {
  const Ref x = pick_any_dtype();
  for (const DType middle : all_dtypes) {
    const Ref y = cast(x, middle);
    for (const DType last : all_dtypes)
      if (random.percent(50))
        cast(y, last);
  }
}

/// minimum(x, x) and the like; the second operand may be a copy only.
void Generator::equal_operands() {
  static constexpr OpKind ops[] = {OpKind::minimum,    OpKind::maximum,   OpKind::logical_and,
                                   OpKind::logical_or, OpKind::subtract,  OpKind::divide,
                                   OpKind::equal,      OpKind::less_equal};
  const Ref x = pick_any_dtype();
  const Ref copy = random.percent(30) ? cast(x, draw_dtype()) : x;
  for (const OpKind op : ops)
    if (random.percent(60))
      apply(op, {x, random.percent(70) ? x : copy});
}

/// where with a negated condition or equal sides.
void Generator::chosen_twice() {
  const Ref condition = pick_of(DType::boolean);
  const Ref inverse = apply(OpKind::logical_not, {condition});
  const Ref x = partner(condition, true), y = random.percent(30) ? x : partner(condition, true);
  for (const Ref &chooser : {condition, inverse, apply(OpKind::logical_not, {inverse})})
    apply(OpKind::where, {chooser, x, y});
}

Ref Generator::permuted(const Ref &x, const DimList &axes) {
  AttrWriter attrs;
  const AttrWords words = attrs.list(axes);
  return apply(OpKind::permute_dims, {x}, {words.begin(), words.end()});
}

Ref Generator::permuted(const Ref &x) { return permuted(x, any_order(meta_of(x)->rank)); }

void Generator::views_of_views() {
  Ref x = pick();
  if (random.percent(50))
    x = apply(random.percent(50) ? OpKind::square : OpKind::sign, {x});
  if (random.percent(40)) {
    const Ref base = pick_where(any_dtype, 3);
    for (std::int64_t n = random.between(1, 4); n > 0; --n) {
      x = permuted(permuted(base));
      apply(OpKind::multiply, {x, partner(x, true)});
    }
    return;
  }
  const OpKind views[] = {OpKind::permute_dims, OpKind::permute_dims, OpKind::reshape,
                          OpKind::expand_dims,  OpKind::squeeze,      OpKind::broadcast_to,
                          OpKind::slice,        OpKind::windows};
  for (std::int64_t n = random.between(2, 4); n > 0; --n) {
    handles.push_back({x, meta_of(x), scope}); // so that `view` picks it as likely as not
    const std::uint32_t before = program.values;
    view(info(views[random.below(std::size(views))]));
    if (program.values > before)
      x = {Ref::value, program.values - 1};
  }
  apply(OpKind::multiply, {x, random.percent(50) ? x : partner(x, true)});
}

/// An elementwise op of operands that are transposed alike, or nearly so.
void Generator::permuted_operands() {
  if (random.percent(30)) { // something computed and its transpose
    const std::int64_t n = random.between(2, 9);
    const Ref x = apply(OpKind::square, {add_input(draw_dtype(), {n, n})});
    apply(OpKind::subtract, {x, permuted(x, {1, 0})});
    return;
  }
  const Ref x = pick_where(any_dtype, 2);
  DimList axes = any_order(meta_of(x)->rank);
  const Ref a = permuted(x, axes);
  const Ref other =
      random.percent(40) ? x : add_input(meta_of(x)->dtype, like(DimList(meta_of(x)->dims())));
  Ref b = other;
  if (meta_of(other)->rank == axes.size()) {
    if (random.percent(40))
      std::swap(axes[0], axes[1]);
    b = permuted(other, axes);
  }
  const Ref both = apply(random.percent(50) ? OpKind::subtract : OpKind::maximum, {a, b});
  if (random.percent(50))
    permuted(both, axes);
}

/// What folds: computed from arange alone, at sizes around the limit now and then.
void Generator::known_values() {
  const DType dtype = draw_dtype();
  const bool real = dtype == DType::f32 || dtype == DType::f64;
  const std::int64_t count =
      max_size > 3000 && random.percent(30) ? random.between(8190, 8194) : random.between(0, 40);
  const auto word = [&](std::int64_t value) {
    return real ? std::bit_cast<std::int64_t>(static_cast<double>(value) * 0.25) : value;
  };
  const std::int64_t step = random.percent(70) ? 1 : -2;
  std::vector<std::int64_t> attrs{word(-3), word(-3 + step * count), word(step),
                                  static_cast<std::int64_t>(dtype)};
  if (!add_op(OpKind::arange, attrs, {}))
    return;
  Ref x{Ref::value, program.values - 1};
  x = unary_chain(x, {OpKind::negative, OpKind::square, OpKind::exp, OpKind::astype},
                  random.between(0, 2));
  const Ref y = random.percent(50) ? x : partner(x, true);
  x = apply(random.percent(50) ? OpKind::add : OpKind::divide, {x, y});
  reduction(info(OpKind::sum));
}

/// The same op on the same operands: one of them is enough, unless the attributes differ.
void Generator::same_op_twice() {
  std::vector<std::size_t> ops;
  for (std::size_t i = 0; i < program.steps.size(); ++i) {
    const Step &step = program.steps[i];
    const auto usable = [&](const Ref &ref) { return ref.kind == Ref::number || in_force(ref); };
    if (step.kind == StepKind::op && std::ranges::all_of(step.operands, usable))
      ops.push_back(i);
  }
  if (ops.empty())
    return;
  const Step step = program.steps[random.one_of(ops)];
  const Variant again = random.percent(50) || info(step.op).index_check || has_starts(step.op)
                            ? Variant{step.op, step.attrs, step.operands}
                            : draw_variant(step);
  if (!info(again.op).index_check || again.op == step.op)
    add_op(again.op, again.attrs, again.operands);
}

/// x less its mean, over its deviation, again and again: several passes over a row, and what is
/// kept between them.
void Generator::normalised_rows() {
  Ref x = pick_where({DType::f32, DType::f64}, 1);
  for (std::int64_t n = random.between(1, 4); n > 0; --n) {
    const std::int64_t last = meta_of(x)->rank - 1;
    const std::int64_t axis = random.percent(85) ? last : random.below(last + 1);
    const bool keepdims = random.percent(90);
    const OpKind kinds[] = {OpKind::sum, OpKind::max, OpKind::mean};
    const OpKind kind = kinds[random.below(3)];
    const Ref statistic =
        apply(kind, {x}, reduction_words(info(kind), {axis}, keepdims, meta_of(x)->dtype));
    x = apply(random.percent(50) ? OpKind::subtract : OpKind::divide, {x, statistic});
    if (random.percent(40))
      x = apply(random.percent(50) ? OpKind::exp : OpKind::sigmoid, {x});
  }
}

/// More operands than one kernel takes.
void Generator::many_inputs() {
  const Ref x = pick();
  if (meta_of(x)->size > 3000)
    return;
  Ref total = x;
  for (std::int64_t n = random.between(3, 27); n > 0; --n)
    total =
        apply(random.percent(50) ? OpKind::add : OpKind::maximum,
              {total, random.percent(70) ? add_input(meta_of(x)->dtype, DimList(meta_of(x)->dims()))
                                         : partner(x, true)});
}

/// Results whose operands die there, read as they are written or in another order.
void Generator::updated_in_place() {
  const std::int64_t size = random.between(2, 9);
  Ref x = random.percent(30) ? add_input(draw_dtype(), {size, size}) : pick();
  for (std::int64_t n = random.between(2, 5); n > 0; --n) {
    Ref other = random.percent(50) ? x : partner(x, true);
    if (other.kind != Ref::number && meta_of(other)->rank == 2 && random.percent(40))
      other = permuted(other, {1, 0});
    const Ref next = apply(random.percent(50) ? OpKind::add : OpKind::multiply, {x, other});
    if (random.percent(60) && !(next.kind == x.kind && next.index == x.index)) {
      std::vector<Ref> last{x};
      let_go(last, 0);
    }
    x = next;
  }
}

/// Values that no kernel fuses, used directly or through views and let go of one by one, so that
/// blocks of memory are used again and again.
void Generator::temporaries() {
  const DType dtype = random.percent(60) ? DType::f32 : DType::f64;
  const std::int64_t n = random.between(2, 9);
  std::vector<Ref> live{add_input(dtype, {n, n}), add_input(dtype, {n, n})};
  for (std::int64_t count = random.between(3, 7); count > 0; --count) {
    Ref a = random.one_of(live), b = random.one_of(live);
    if (random.percent(40))
      a = permuted(a, {1, 0});
    switch (random.below(4)) {
    case 0:
      live.push_back(apply(OpKind::matmul, {a, b}));
      break;
    case 1:
      live.push_back(apply(OpKind::softmax, {a}, {0}));
      break;
    case 2:
      live.push_back(apply(OpKind::take, {a, index_tensor(n, {n})}, {random.below(2)}));
      break;
    case 3:
      live.push_back(apply(OpKind::subtract, {a, b}));
    }
    if (random.percent(60) && live.size() > 2)
      let_go(live, static_cast<std::size_t>(random.below(3)));
  }
  while (live.size() > 1) {
    const Ref total = apply(OpKind::add, {live.back(), live[live.size() - 2]});
    let_go(live, live.size() - 1);
    live.back() = total;
  }
}

/// Drops a handle, if it is one that only this idiom has.
void Generator::let_go(std::vector<Ref> &list, std::size_t at) {
  const Ref ref = list[at];
  list.erase(list.begin() + static_cast<std::ptrdiff_t>(at));
  const auto same = [&](const Ref &other) {
    return other.kind == ref.kind && other.index == ref.index;
  };
  if (ref.kind != Ref::value || scope > 0 || !in_force(ref) || std::ranges::any_of(list, same))
    return;
  Step drop{StepKind::drop};
  drop.target = ref;
  program.steps.push_back(drop);
  forget(ref);
}

/// One index tensor for ops with different bounds.
void Generator::one_index_twice() {
  const Ref x = pick_where(any_dtype, 1);
  const std::int64_t size = meta_of(x)->dims()[0];
  if (size < 2)
    return;
  const std::int64_t smaller = random.between(1, size);
  const Ref index = index_tensor(smaller, {random.between(1, 9)});
  DimList dims(meta_of(x)->dims());
  dims[0] = smaller;
  const Ref y = add_input(meta_of(x)->dtype, dims);
  if (meta_of(y)->dims()[0] != smaller || !add_op(OpKind::take, {0}, {x, index}))
    return; // what is too large was made smaller
  add_op(OpKind::take, {0}, {y, index});
}

/// Some axes in the middle or at both ends, of something reshaped or computed.
void Generator::reductions_of_views() {
  const auto extent = [&] { return random.between(2, 9); };
  Ref x = random.percent(40) ? add_input(random.percent(60) ? DType::f32 : DType::f64,
                                         {extent(), extent(), extent()})
                             : pick_where({DType::f32, DType::f64}, random.percent(50) ? 3 : 2);
  if (random.percent(40))
    x = apply(OpKind::sigmoid, {x});
  if (random.percent(40)) {
    handles.push_back({x, meta_of(x), scope});
    const std::uint32_t before = program.values;
    view(info(OpKind::reshape));
    if (program.values > before)
      x = {Ref::value, program.values - 1};
  }
  static constexpr OpKind kinds[] = {OpKind::sum, OpKind::mean, OpKind::mean,   OpKind::mean,
                                     OpKind::max, OpKind::min,  OpKind::argmax, OpKind::var_mean};
  const OpKind kind = kinds[random.below(std::size(kinds))];
  const std::int64_t last = meta_of(x)->rank - 1;
  DimList axes;
  for (std::int64_t axis = 0; axis <= last; ++axis)
    if (random.percent(axis == 0 || axis == last ? 65 : 35))
      axes.push_back(axis);
  const Ref reduced =
      apply(kind, {x}, reduction_words(info(kind), axes, random.percent(50), meta_of(x)->dtype));
  if (random.percent(40))
    apply(OpKind::subtract, {x, reduced});
}

/// Rows and columns around the lengths where kernels begin another chunk or share the work.
void Generator::reductions_beyond_chunks() {
  static constexpr std::int64_t bounds[] = {16, 64, 256, 512, 1024, 4096, 8192, 32768};
  const std::int64_t length =
      bounds[random.below(std::size(bounds))] * random.between(1, 2) + random.between(-1, 1);
  const std::int64_t others = length > 3000 ? random.between(1, 2) : random.between(1, 20);
  const bool rows = random.percent(50);
  const std::int64_t size = max_size;
  max_size = std::max<std::int64_t>(max_size, length * others);
  const Ref x = add_input(random.percent(70) ? DType::f32 : DType::f64,
                          rows ? DimList{others, length} : DimList{length, others});
  Ref y = random.percent(50) ? apply(OpKind::multiply, {x, x}) : x;
  static constexpr OpKind kinds[] = {OpKind::sum, OpKind::sum, OpKind::max, OpKind::mean};
  const OpKind kind = kinds[random.below(4)];
  const DimList axes{random.percent(85) == rows};
  apply(kind, {y}, reduction_words(info(kind), axes, random.percent(50), meta_of(x)->dtype));
  if (random.percent(40)) {
    const std::int64_t axis = rows, dtype = static_cast<std::int64_t>(meta_of(y)->dtype);
    apply(random.percent(50) ? OpKind::cumulative_sum : OpKind::cumulative_prod, {y},
          {axis, random.percent(50), dtype});
    apply(OpKind::sort, {y}, {axis, random.percent(50), random.percent(50) ? length / 20 : 0});
  }
  max_size = size;
}

/// A product of more than one chunk of k now and then.
bool Generator::product() {
  if (random.percent(50))
    return contraction(info(OpKind::matmul));
  const std::int64_t k = contract_chunk * random.between(1, 2) + random.between(-1, 2);
  const std::int64_t m = random.between(1, 9), n = random.between(1, 9);
  const std::int64_t size = max_size;
  max_size = std::max<std::int64_t>(max_size, k * 9);
  const DType dtype = random.percent(70) ? DType::f32 : DType::f64;
  const Ref x = add_input(dtype, {m, k}), y = add_input(dtype, {k, n});
  max_size = size;
  return add_op(OpKind::matmul, {}, {x, y});
}

/// What follows a product, over its elements or its rows.
void Generator::product_with_epilogue() {
  const std::uint32_t before = program.values;
  if (!product() || program.values == before)
    return;
  Ref c{Ref::value, program.values - 1};
  for (std::int64_t n = random.between(1, 3); n > 0; --n) {
    const OpKind ops[] = {OpKind::add, OpKind::multiply, OpKind::maximum};
    c = apply(ops[random.below(3)], {c, random.percent(20) ? c : partner(c, true)});
    c = unary_chain(c, {OpKind::relu, OpKind::gelu, OpKind::tanh, OpKind::negative},
                    random.between(0, 1));
  }
  if (random.percent(40))
    normalised_rows();
}

} // namespace jit::fuzz
