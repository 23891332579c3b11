// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Drawing ops: operands and attributes of each family. `infer` has the last word.
#include "runtime/autograd/Backward.h"
#include "runtime/ops/Attributes.h"
#include "test/conformance/KernelCheck.h"
#include "test/fuzz/Generator.h"

#include <algorithm>
#include <bit>

namespace jit::fuzz {

void Generator::draw_op() {
  // By family first, so that the many elementwise ops leave room for the others.
  static constexpr Family families[] = {
      Family::elementwise, Family::elementwise, Family::elementwise, Family::elementwise,
      Family::elementwise, Family::elementwise, Family::reduction,   Family::reduction,
      Family::row,         Family::contraction, Family::view,        Family::view,
      Family::view,        Family::movement,    Family::index,       Family::creation,
      Family::scan,        Family::sort};
  const Family family = families[random.below(std::size(families))];
  // Differences across the jumps of a remainder say nothing of its slope.
  const auto may_be_drawn = [&](OpKind kind) {
    return !differentiable || (autograd::gradient_rule(kind).apply && kind != OpKind::remainder);
  };
  std::vector<OpKind> kinds;
  for (const OpInfo &op : all_ops())
    if (op.family == family && may_be_drawn(op.kind))
      kinds.push_back(op.kind);
  if (kinds.empty())
    return;
  const OpKind op = random.one_of(kinds);
  for (int attempt = 0; attempt < 5; ++attempt)
    if (try_op(op))
      return;
}

bool Generator::try_op(OpKind kind) {
  const OpInfo &op = info(kind);
  switch (op.family) {
  case Family::elementwise:
    return elementwise(op);
  case Family::reduction:
    return reduction(op);
  case Family::row:
    return row(op);
  case Family::contraction:
    return contraction(op);
  case Family::view:
    return view(op);
  case Family::scan:
    return scan(op);
  case Family::sort:
    return sorting(op);
  case Family::movement:
    return movement(op);
  case Family::index:
    return indexed(op);
  case Family::creation:
    return creation(op);
  }
  return false;
}

/// A tensor of these dtypes: one that is there, one that is cast, or a new input.
Ref Generator::pick_where(DTypeSet dtypes, int least_rank) {
  const auto deep_enough = [&](const Ref &ref) {
    return static_cast<int>(meta_of(ref)->rank) >= least_rank;
  };
  for (int attempt = 0; attempt < 6; ++attempt)
    if (const Ref ref = pick(); dtypes.contains(meta_of(ref)->dtype) && deep_enough(ref))
      return ref;
  if (const Ref ref = pick(); deep_enough(ref) && random.percent(70)) {
    if (dtypes.contains(meta_of(ref)->dtype))
      return ref;
    std::vector<DType> choice;
    for (const DType dtype : conformance::all_dtypes)
      if (dtypes.contains(dtype))
        choice.push_back(dtype);
    return cast(ref, random.one_of(choice));
  }
  for (;;) {
    const DType dtype = draw_dtype();
    const DimList dims = draw_dims(max_size);
    if (dtypes.contains(dtype) && static_cast<int>(dims.size()) >= least_rank)
      return add_input(dtype, dims);
  }
}

Ref Generator::pick_of(DType dtype) { return pick_where(DTypeSet{dtype}, 0); }

Ref Generator::cast(const Ref &ref, DType dtype) {
  if (!add_op(OpKind::astype, {static_cast<std::int64_t>(dtype)}, {ref}))
    return add_input(dtype, DimList(meta_of(ref)->dims()));
  return {Ref::value, program.values - 1};
}

/// Extents that broadcast with these: some become 1, some leading ones go, some are added.
DimList Generator::like(const DimList &dims) {
  DimList out;
  std::size_t first = 0;
  if (random.percent(30))
    first = static_cast<std::size_t>(random.below(static_cast<std::int64_t>(dims.size()) + 1));
  if (first == 0 && dims.size() < 4 && random.percent(10))
    out.push_back(random.between(1, 3));
  for (std::size_t i = first; i < dims.size(); ++i)
    out.push_back(random.percent(20) ? 1 : dims[i]);
  return out;
}

Ref Generator::any_number() {
  if (differentiable)
    return add_number({ScalarKind::floating, Role::moderate});
  const ScalarKind kinds[] = {ScalarKind::floating, ScalarKind::floating, ScalarKind::integer,
                              ScalarKind::boolean};
  return add_number({kinds[random.below(4)]});
}

/// An operand that broadcasts with `ref`: itself, a number, one that is there or a new one.
Ref Generator::partner(const Ref &ref, bool numbers) {
  const Meta &meta = *meta_of(ref);
  const std::int64_t draw = random.below(100);
  if (numbers && draw < 22)
    return any_number();
  if (draw < 28)
    return ref;
  for (int attempt = 0; attempt < 8; ++attempt) {
    const Ref other = pick();
    const Meta &candidate = *meta_of(other);
    bool fits = true;
    for (std::size_t i = 1; i <= std::min<std::size_t>(meta.rank, candidate.rank); ++i) {
      const std::int64_t a = meta.dims()[meta.rank - i], b = candidate.dims()[candidate.rank - i];
      fits &= a == b || a == 1 || b == 1;
    }
    if (fits)
      return other;
  }
  return add_input(random.percent(60) ? meta.dtype : draw_dtype(), like(DimList(meta.dims())));
}

bool Generator::elementwise(const OpInfo &op) {
  std::vector<Ref> operands;
  std::vector<std::int64_t> attrs;
  Ref first = pick();
  if (op.types == TypeRule::select) {
    const Ref condition =
        random.percent(90) ? pick_of(DType::boolean) : add_number({ScalarKind::boolean});
    operands.push_back(condition);
    if (condition.kind != Ref::number)
      first = condition;
    while (operands.size() < op.operands.size())
      operands.push_back(partner(first, true));
    return add_op(op.kind, attrs, operands);
  }
  while (operands.size() < op.operands.size())
    operands.push_back(operands.empty() ? first : partner(first, true));
  if (operands.size() > 1)
    std::swap(operands[0], operands[static_cast<std::size_t>(random.below(2))]);
  if (op.types == TypeRule::cast)
    attrs.push_back(static_cast<std::int64_t>(draw_dtype()));
  return add_op(op.kind, attrs, operands);
}

bool Generator::reduction(const OpInfo &op) {
  const Ref x = op.types == TypeRule::floating ? pick_where(op.dtypes, 0) : pick();
  DimList axes;
  const int every = random.percent(30) ? 100 : 45;
  for (std::int64_t axis = 0; axis < meta_of(x)->rank; ++axis)
    if (random.percent(every))
      axes.push_back(axis);
  const DType dtype = random.percent(50) ? meta_of(x)->dtype : draw_dtype();
  return add_op(op.kind, reduction_words(op, axes, random.percent(40), dtype), {x});
}

/// Attributes of a reduction; those that not all have are the dtype and the correction.
std::vector<std::int64_t> Generator::reduction_words(const OpInfo &op, const DimList &axes,
                                                     bool keepdims, DType dtype) {
  AttrWriter attrs;
  attrs.list(axes).boolean(keepdims);
  for (const AttrField &field : op.attrs) {
    if (field.kind == AttrKind::dtype)
      attrs.dtype(dtype);
    else if (field.kind == AttrKind::integer)
      attrs.integer(random.below(3));
  }
  const AttrWords words = attrs;
  return {words.begin(), words.end()};
}

/// The axes of a rank in any order.
DimList Generator::any_order(std::int64_t rank) {
  std::vector<std::int64_t> axes;
  for (std::int64_t axis = 0; axis < rank; ++axis)
    axes.insert(axes.begin() + random.below(axis + 1), axis);
  return DimList(Dims(axes));
}

bool Generator::row(const OpInfo &op) {
  const Ref x = pick_where(op.dtypes, 1);
  const Meta &meta = *meta_of(x);
  std::vector<Ref> operands{x};
  std::int64_t axis = random.below(meta.rank);
  if (op.operands.size() > 1) { // layer_norm: over the last axis
    axis = meta.rank - 1;
    const DimList dims{meta.dims()[static_cast<std::size_t>(axis)]};
    operands.push_back(add_input(meta.dtype, dims));
    operands.push_back(random.percent(20) ? operands[1] : add_input(meta.dtype, dims));
    operands.push_back(add_number({ScalarKind::floating, Role::small}));
  }
  return add_op(op.kind, {axis}, operands);
}

bool Generator::contraction(const OpInfo &op) {
  const Ref x = pick_where(op.dtypes, 1);
  const Meta &meta = *meta_of(x);
  if (random.percent(30)) {
    const Ref y = pick();
    std::vector<std::int64_t> attrs;
    if (add_op(op.kind, attrs, {x, y}) || add_op(op.kind, attrs, {y, x}))
      return true;
  }
  const std::int64_t k = meta.dims()[meta.rank - 1u];
  DimList dims;
  if (op.kind == OpKind::vecdot)
    return add_op(
        op.kind, {},
        {x, add_input(meta.dtype, random.percent(50) ? DimList{k} : like(DimList(meta.dims())))});
  // The other axes broadcast.
  for (std::size_t i = 0; i + 2 < meta.rank; ++i)
    if (dims.size() > 0 || random.percent(50))
      dims.push_back(random.percent(30) ? 1 : meta.dims()[i]);
  dims.push_back(k);
  if (dims.size() > 1 || random.percent(85))
    dims.push_back(draw_extent() % 70);
  const bool transposed = dims.size() >= 2 && random.percent(40);
  if (!transposed)
    return add_op(op.kind, {}, {x, add_input(meta.dtype, dims)});
  std::vector<std::int64_t> axes{static_cast<std::int64_t>(dims.size())};
  for (std::size_t i = 0; i < dims.size(); ++i)
    axes.push_back(static_cast<std::int64_t>(i));
  std::swap(axes[axes.size() - 1], axes[axes.size() - 2]);
  std::swap(dims[dims.size() - 1], dims[dims.size() - 2]);
  return add_op(OpKind::permute_dims, axes, {add_input(meta.dtype, dims)}) &&
         add_op(op.kind, {}, {x, {Ref::value, program.values - 1}});
}

static void append_list(std::vector<std::int64_t> &words, Dims list) {
  words.push_back(static_cast<std::int64_t>(list.size()));
  words.insert(words.end(), list.begin(), list.end());
}

struct Generator::Box {
  DimList extents, steps;
  std::vector<Ref> starts;
};

/// Some slice of a tensor of these extents, with room for its start to move.
Generator::Box Generator::draw_box(Dims dims) {
  Box box;
  for (std::int64_t size : dims) {
    std::int64_t extent = size, step = 1, low = 0, high = 0;
    if (size > 0 && random.percent(60)) {
      extent = random.percent(5) ? 0 : random.between(1, size);
      const std::int64_t most = extent > 1 ? (size - 1) / (extent - 1) : 3;
      step = random.between(1, std::min<std::int64_t>(most, 4));
      high = size - 1 - (std::max<std::int64_t>(extent, 1) - 1) * step;
      if (random.percent(30)) {
        step = -step;
        low = size - 1 - high;
        high = size - 1;
      }
    } else if (size > 1 && random.percent(10)) {
      step = -1;
      low = high = size - 1;
    }
    box.extents.push_back(extent);
    box.steps.push_back(step);
    box.starts.push_back(add_number({ScalarKind::integer, Role::start, low, high}));
  }
  return box;
}

bool Generator::slice_view(const Ref &x) {
  const Box box = draw_box(meta_of(x)->dims());
  std::vector<Ref> operands{x};
  operands.insert(operands.end(), box.starts.begin(), box.starts.end());
  std::vector<std::int64_t> attrs;
  append_list(attrs, box.extents);
  append_list(attrs, box.steps);
  return add_op(OpKind::slice, attrs, operands);
}

bool Generator::slice_update(const Ref &x) {
  const Box box = draw_box(meta_of(x)->dims());
  std::vector<Ref> operands{x, add_input(meta_of(x)->dtype, box.extents)};
  operands.insert(operands.end(), box.starts.begin(), box.starts.end());
  std::vector<std::int64_t> attrs;
  append_list(attrs, box.steps);
  return add_op(OpKind::slice_update, attrs, operands);
}

bool Generator::pad(const Ref &x) {
  DimList extents[3]; // low, high, interior
  for (std::size_t i = 0; i < meta_of(x)->rank; ++i)
    for (DimList &list : extents)
      list.push_back(random.percent(50) ? random.between(0, 3) : 0);
  std::vector<std::int64_t> attrs;
  for (const DimList &list : extents)
    append_list(attrs, list);
  return add_op(OpKind::pad, attrs, {x, any_number()});
}

bool Generator::windows_view(const Ref &x) {
  const Meta &meta = *meta_of(x);
  if (meta.rank == 0 || meta.rank > 5 || meta.size > max_size / 4)
    return false;
  const std::int64_t axis = random.below(meta.rank);
  const std::int64_t extent = meta.dims()[static_cast<std::size_t>(axis)];
  if (extent == 0)
    return false;
  const std::int64_t size = random.between(1, std::min<std::int64_t>(extent, 4));
  const std::int64_t widest = size > 1 ? (extent - 1) / (size - 1) : 3;
  std::vector<std::int64_t> attrs;
  for (const std::int64_t number :
       {axis, size, random.between(1, 3), random.between(1, std::min<std::int64_t>(widest, 3))})
    append_list(attrs, DimList{number});
  return add_op(OpKind::windows, attrs, {x});
}

/// Some axis as windows, the last one as their elements.
bool Generator::fold(const OpInfo &op) {
  const Ref x = pick_where(op.dtypes, 2);
  const Meta &meta = *meta_of(x);
  const std::int64_t axis = random.below(meta.rank - 1);
  const std::int64_t count = meta.dims()[static_cast<std::size_t>(axis)];
  const std::int64_t size = meta.dims()[meta.rank - 1u];
  if (count == 0 || size == 0)
    return false;
  const std::int64_t stride = random.between(1, 3), dilation = random.between(1, 3);
  const std::int64_t extent = (count - 1) * stride + (size - 1) * dilation + 1;
  std::vector<std::int64_t> attrs;
  for (const std::int64_t number : {axis, extent + random.below(stride), stride, dilation})
    append_list(attrs, DimList{number});
  return add_op(op.kind, attrs, {x});
}

bool Generator::view(const OpInfo &op) {
  const Ref x = pick();
  const Meta &meta = *meta_of(x);
  std::vector<std::int64_t> attrs;
  DimList list;
  switch (op.kind) {
  case OpKind::slice:
    return slice_view(x);
  case OpKind::windows:
    return windows_view(x);
  case OpKind::expand_dims:
    return add_op(op.kind, {random.below(meta.rank + 1)}, {x});
  case OpKind::permute_dims:
    list = any_order(meta.rank);
    break;
  case OpKind::squeeze:
    for (std::int64_t axis = 0; axis < meta.rank; ++axis)
      if (meta.dims()[static_cast<std::size_t>(axis)] == 1 && random.percent(70))
        list.push_back(axis);
    break;
  case OpKind::broadcast_to:
    if (meta.rank < 5 && random.percent(40))
      list.push_back(random.between(0, 5));
    for (std::int64_t size : meta.dims())
      list.push_back(size == 1 && random.percent(70) ? draw_extent() : size);
    break;
  default: { // reshape: factors of the size in a random grouping, or all in one
    const bool flat = random.percent(20);
    std::int64_t rest = meta.size;
    while (!flat && rest > 1 && list.size() < 4) {
      std::int64_t factor = random.between(1, std::min<std::int64_t>(rest, 16));
      while (rest % factor != 0)
        --factor;
      if (factor > 1 || random.percent(20))
        list.push_back(factor);
      rest /= factor;
    }
    if (list.size() == 0 || rest != 1 || random.percent(10))
      list.push_back(rest);
    if (meta.size == 1 && random.percent(50))
      list = {};
  }
  }
  append_list(attrs, list);
  return add_op(op.kind, attrs, {x});
}

bool Generator::scan(const OpInfo &op) {
  const Ref x = pick_where(op.dtypes, 1);
  const Meta &meta = *meta_of(x);
  const std::int64_t axis = random.below(meta.rank), reverse = random.percent(40);
  if (op.kind == OpKind::linear_scan) {
    const Ref y = add_input(meta.dtype, DimList(meta.dims()));
    return add_op(op.kind, {axis, reverse}, {x, random.percent(50) ? x : y});
  }
  const DType dtype = random.percent(50) ? meta.dtype : draw_dtype();
  return add_op(op.kind, {axis, reverse, static_cast<std::int64_t>(dtype)}, {x});
}

bool Generator::sorting(const OpInfo &op) {
  if (op.kind == OpKind::searchsorted) {
    const Ref values = pick_where(op.dtypes, 0);
    const Ref x = add_input(meta_of(values)->dtype, DimList{draw_extent() % 200});
    return add_op(op.kind, {random.percent(50)}, {x, values});
  }
  const Ref x = pick_where(op.dtypes, 1);
  const Meta &meta = *meta_of(x);
  const std::int64_t axis = random.below(meta.rank);
  const std::int64_t extent = meta.dims()[static_cast<std::size_t>(axis)];
  const std::int64_t k = extent > 0 && random.percent(40) ? random.between(1, extent) : 0;
  return add_op(op.kind, {axis, random.percent(50), k}, {x});
}

bool Generator::movement(const OpInfo &op) {
  if (op.kind == OpKind::slice_update)
    return slice_update(pick());
  if (op.kind == OpKind::pad)
    return pad(pick());
  if (op.kind == OpKind::fold)
    return fold(op);
  const Ref x = pick_where(op.dtypes, 1);
  const Meta &meta = *meta_of(x);
  const std::int64_t axis = random.below(meta.rank);
  std::vector<Ref> operands{x};
  for (std::int64_t n = random.between(1, 3); n > 0; --n) {
    if (random.percent(25)) {
      operands.push_back(x);
      continue;
    }
    DimList dims(meta.dims());
    dims[static_cast<std::size_t>(axis)] = draw_extent() % 70;
    operands.push_back(add_input(meta.dtype, dims));
  }
  return add_op(op.kind, {axis}, operands);
}

/// Integers in [0, bound), or from -bound on: an input, or computed in the program from whatever is
/// there.
Ref Generator::index_tensor(std::int64_t bound, const DimList &dims, bool from_end) {
  from_end &= random.percent(50);
  if (dims.size() == 1 && dims[0] == bound && random.percent(30) && bound <= 3000) {
    const Ref key = add_number({ScalarKind::integer, Role::random_key}),
              counter = add_number({ScalarKind::integer, Role::random_key});
    if (add_op(OpKind::permutation, {bound}, {key, counter}))
      return {Ref::value, program.values - 1};
  }
  static constexpr DType integers[] = {DType::i8,  DType::u8,  DType::i16, DType::u16,
                                       DType::i32, DType::u32, DType::i64};
  // Those before the widest hold 2^7, 2^8, 2^15 ... numbers.
  const std::size_t first = bound <= 128 ? 0 : bound <= 256 ? 1 : bound <= 32768 ? 2 : 4;
  InputSpec spec{random.percent(70) ? DType::i64
                                    : integers[first + random.below(std::size(integers) - first)],
                 dims};
  spec.fill = from_end ? Fill::index_from_end : Fill::index;
  spec.bound = bound;
  if (!random.percent(25))
    return add_input(spec);
  // Computed: numbers as bounds, whose values the runtime may not know.
  spec.dtype = DType::i64;
  spec.fill = Fill::edges;
  const Ref raw = add_input(spec);
  const std::int64_t least = from_end ? -bound : 0;
  const Ref low = add_number({ScalarKind::integer, Role::start, least, least}),
            high = add_number({ScalarKind::integer, Role::start, bound - 1, bound - 1});
  if (!add_op(OpKind::clip, {}, {raw, low, high})) { // too large
    program.inputs[raw.index].fill = Fill::index;
    return raw;
  }
  program.steps.back().variants.clear(); // another op might leave the bounds
  return {Ref::value, program.values - 1};
}

bool Generator::indexed(const OpInfo &op) {
  const DimList shapes[] = {{}, {0}, {1}, {3}, {7}, {2, 3}, {17}};
  const DimList &places = shapes[random.below(7)];
  if (op.kind == OpKind::one_hot) {
    const std::int64_t depth = random.between(1, 12);
    return add_op(op.kind, {depth, static_cast<std::int64_t>(draw_dtype())},
                  {index_tensor(depth, places, false)});
  }
  const Ref x = pick_where(op.dtypes, 1);
  const Meta &meta = *meta_of(x);
  const std::int64_t axis = random.below(meta.rank);
  const auto at = static_cast<std::size_t>(axis);
  if (meta.dims()[at] == 0)
    return false;
  DimList dims = places;
  if (op.kind == OpKind::take_along_axis || op.kind == OpKind::scatter_along_axis) {
    dims = DimList(meta.dims());
    dims[at] = random.between(1, 5);
  }
  std::vector<Ref> operands{x, index_tensor(meta.dims()[at], dims)};
  if (op.kind == OpKind::scatter_along_axis) {
    operands.push_back(add_input(meta.dtype, dims));
  } else if (op.kind == OpKind::scatter) {
    DimList updates;
    for (std::size_t i = 0; i < meta.rank; ++i) {
      if (i != at)
        updates.push_back(meta.dims()[i]);
      else
        for (std::int64_t extent : Dims(dims))
          updates.push_back(extent);
    }
    operands.push_back(add_input(meta.dtype, updates));
  }
  std::vector<std::int64_t> attrs{axis};
  if (operands.size() == 3) // of bool set and minimum
    attrs.push_back(meta.dtype == DType::boolean ? 3 * random.below(2) : random.below(5));
  return add_op(op.kind, attrs, operands);
}

bool Generator::creation(const OpInfo &op) {
  const DType dtype = draw_dtype();
  std::vector<std::int64_t> attrs;
  std::vector<Ref> operands;
  switch (op.kind) {
  case OpKind::full:
    operands.push_back(any_number());
    append_list(attrs, draw_dims(max_size));
    break;
  case OpKind::arange: {
    const bool real = dtype == DType::f32 || dtype == DType::f64;
    const std::int64_t start = random.between(-20, 20), step = random.percent(50) ? 1 : -3;
    for (std::int64_t word : {start, start + step * random.between(0, 40), step})
      attrs.push_back(real ? std::bit_cast<std::int64_t>(static_cast<double>(word) * 0.3) : word);
    break;
  }
  case OpKind::permutation:
    attrs.push_back(random.between(0, 40));
    [[fallthrough]];
  default: // the random ones
    operands.push_back(add_number({ScalarKind::integer, Role::random_key}));
    operands.push_back(add_number({ScalarKind::integer, Role::random_key}));
    if (op.kind == OpKind::randint) {
      operands.push_back(add_number({ScalarKind::integer, Role::start, -50, 50}));
      operands.push_back(add_number({ScalarKind::integer, Role::start, 1, 1000}));
    }
    if (op.kind != OpKind::permutation)
      append_list(attrs, draw_dims(max_size));
  }
  if (op.kind != OpKind::permutation)
    attrs.push_back(static_cast<std::int64_t>(dtype));
  return add_op(op.kind, attrs, operands);
}

} // namespace jit::fuzz
