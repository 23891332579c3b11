// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Loads and stores: whole vectors where lanes are neighbours in memory, one element where they
// share it, else gathers and scatters.
#include "compiler/cpu/Lowering.h"

#include "runtime/scalar/Storage.h"

namespace jit::cpu {

llvm::Value *Lowering::widen(llvm::Value *memory, DType dtype) {
  if (dtype == DType::boolean)
    return b.CreateICmpNE(memory, llvm::Constant::getNullValue(memory->getType()));
  if (scalar::lane_dtype(dtype) == dtype)
    return memory;
  return b.CreateIntCast(memory, vector_type(dtype), !is_unsigned(dtype));
}

llvm::Value *Lowering::narrow(llvm::Value *computed, DType dtype) {
  llvm::Type *memory = e.type(element_type(dtype));
  return dtype == DType::boolean ? b.CreateZExt(computed, memory)
         : is_integer(dtype)     ? b.CreateTrunc(computed, memory)
                                 : computed;
}

/// A piece of this thread's scratch memory, whose address is computed at the entry.
llvm::Value *Lowering::scratch(std::size_t bytes) {
  llvm::IRBuilder<>::InsertPointGuard guard(b);
  llvm::BasicBlock &entry = function->getEntryBlock();
  b.SetInsertPoint(&entry, entry.getFirstInsertionPt());
  llvm::Value *place =
      b.CreateConstInBoundsGEP1_64(b.getInt8Ty(), function->getArg(4), scratch_size);
  scratch_size += (bytes + 63) / 64 * 64;
  return place;
}

/// A few kilobytes at most.
llvm::Value *Lowering::stack_array(llvm::Type *element, std::int64_t count) {
  llvm::IRBuilder<>::InsertPointGuard guard(b);
  b.SetInsertPoint(&function->getEntryBlock(), function->getEntryBlock().begin());
  auto *memory = b.CreateAlloca(llvm::ArrayType::get(element, static_cast<std::uint64_t>(count)));
  memory->setAlignment(llvm::Align(64));
  return memory;
}

/// Address of an access at the first point of the unit.
llvm::Value *Lowering::base_pointer(unsigned node) {
  if (llvm::Value *known = bases.lookup(node))
    return known;
  const Node &n = nest.nodes[node];
  std::uint32_t looped = schedule.lane_axes() | nest.row_axes();
  llvm::Value *offset = number(n.access.offset);
  for (unsigned axis = 0; axis < nest.axes.size(); ++axis)
    if (!(looped >> axis & 1) && n.access.strides[axis] != 0)
      offset = b.CreateAdd(offset, b.CreateMul(digits[axis], number(n.access.strides[axis])));
  if (has_fixed_place(node))
    offset =
        b.CreateAdd(offset, b.CreateExtractElement(place_offsets(node, value(n.operands[0], unit)),
                                                   std::uint64_t{0}));
  llvm::Value *base = b.CreateGEP(element_type(n.dtype), buffers[n.access.buffer], offset);
  bases[node] = base;
  return base;
}

/// Number of the point along an axis, as a vector of i32 or, in huge kernels, i64.
llvm::Value *Lowering::coordinate(unsigned axis, Point &at) {
  if (llvm::Value *known = at.coordinates.lookup(axis))
    return known;
  bool is_lane = schedule.lane_axes() >> axis & 1;
  bool is_row = !is_lane && nest.axes[axis].row;
  bool small = schedule.lane_points <= INT32_MAX && nest.row_points() <= INT32_MAX &&
               nest.axes[axis].extent <= INT32_MAX;
  llvm::Type *type = small ? b.getInt32Ty() : b.getInt64Ty();
  llvm::Value *result = nullptr;
  if (!is_lane && !is_row) {
    result = e.splat(b.CreateTrunc(digits[axis], type));
  } else {
    std::int64_t below = 1; // points of the axes that turn faster
    unsigned last = is_lane ? schedule.last_lane_axis : static_cast<unsigned>(nest.axes.size());
    for (unsigned other = axis + 1; other < last; ++other)
      below *= nest.axes[other].extent;
    bool outermost =
        is_lane ? axis == schedule.first_lane_axis : axis == 0 || !nest.axes[axis - 1].row;
    llvm::Value *flat = e.splat(b.CreateTrunc(is_lane ? at.index : at.row, type));
    if (is_lane)
      flat = b.CreateAdd(flat, b.CreateZExtOrTrunc(iota(), e.type(type)));
    auto splat = [&](std::int64_t c) {
      return llvm::ConstantInt::get(e.type(type), static_cast<std::uint64_t>(c));
    };
    result = below == 1 ? flat : b.CreateUDiv(flat, splat(below));
    if (!outermost)
      result = b.CreateURem(result, splat(nest.axes[axis].extent));
  }
  at.coordinates[axis] = result;
  return result;
}

/// Address of an access at a point, for the first lane if the lanes are linear, else without the
/// lanes.
llvm::Value *Lowering::point_pointer(unsigned node, Point &at) {
  const Node &n = nest.nodes[node];
  llvm::Value *pointer = base_pointer(node);
  if (along() || !at.row)
    return pointer;
  unsigned axes = static_cast<unsigned>(nest.axes.size()), first = axes;
  while (first > 0 && nest.axes[first - 1].row)
    --first;
  llvm::Value *offset = nullptr;
  if (is_linear(nest, n.access, first, axes)) {
    if (n.access.strides[axes - 1] == 0)
      return pointer;
    offset = b.CreateMul(at.row, number(n.access.strides[axes - 1]));
  } else {
    llvm::Value *rest = at.row;
    offset = number(0);
    for (unsigned axis = axes; axis-- > first;) {
      llvm::Value *extent = number(nest.axes[axis].extent);
      llvm::Value *digit = axis == first ? rest : b.CreateURem(rest, extent);
      rest = axis == first ? rest : b.CreateUDiv(rest, extent);
      offset = b.CreateAdd(offset, b.CreateMul(digit, number(n.access.strides[axis])));
    }
  }
  return b.CreateGEP(element_type(n.dtype), pointer, offset);
}

/// Element offsets of the lanes of an access that are no neighbours; null if all are the same.
llvm::Value *Lowering::lane_offsets(unsigned node, Point &at) {
  const Node &n = nest.nodes[node];
  double span = 0;
  for (unsigned axis = schedule.first_lane_axis; axis < schedule.last_lane_axis; ++axis)
    span += static_cast<double>(nest.axes[axis].extent) *
            std::abs(static_cast<double>(n.access.strides[axis]));
  const bool small = span < INT32_MAX;
  llvm::Type *type = small ? b.getInt32Ty() : b.getInt64Ty();
  llvm::Value *sum = nullptr;
  for (unsigned axis = schedule.first_lane_axis; axis < schedule.last_lane_axis; ++axis) {
    std::int64_t stride = n.access.strides[axis];
    if (stride == 0)
      continue;
    llvm::Value *digit = b.CreateSExtOrTrunc(coordinate(axis, at), e.type(type));
    llvm::Value *term = b.CreateMul(digit, e.splat(b.CreateTrunc(number(stride), type)));
    sum = sum ? b.CreateAdd(sum, term) : term;
  }
  return sum ? b.CreateSExt(sum, e.type(b.getInt64Ty())) : nullptr;
}

/// The stride of linear lanes, or nothing.
static std::optional<std::int64_t> lane_stride(const Nest &nest, const Schedule &schedule,
                                               const Access &access) {
  if (schedule.first_lane_axis == schedule.last_lane_axis)
    return 0;
  if (!is_linear(nest, access, schedule.first_lane_axis, schedule.last_lane_axis))
    return std::nullopt;
  return access.strides[schedule.last_lane_axis - 1];
}

/// The period of an access that reads a short row again and again, for the lanes of a unit.
std::optional<std::int64_t> Lowering::lane_period(const Access &access) const {
  if (!along()) // the row is another at each point
    return std::nullopt;
  return period_of(nest, access, schedule.first_lane_axis, schedule.last_lane_axis);
}

/// A copy of the row on the stack that goes on with its beginning, so that a vector may start at
/// any place of the row.
llvm::Value *Lowering::repeated_row(unsigned node, std::int64_t period) {
  llvm::Value *&row = repeated_rows[node];
  if (row)
    return row;
  llvm::Type *type = element_type(nest.nodes[node].dtype);
  row = stack_array(type, period + 2 * schedule.lanes);
  llvm::Value *from = base_pointer(node);
  const auto place = [&](llvm::Value *pointer, llvm::Value *at) {
    return b.CreateGEP(type, pointer, at);
  };
  const std::int64_t rest = period % schedule.lanes, whole = period - rest;
  if (whole > 0) {
    ir::Values none;
    ir::loop(b, number(0), number(whole), schedule.lanes, none, [&](llvm::Value *at) {
      store_vector(load_vector(type, place(from, at), nullptr), place(row, at), nullptr, false);
    });
  }
  // Each store writes a whole vector; what is too much of it, the next one overwrites.
  if (rest > 0) {
    llvm::Value *some =
        load_vector(type, place(from, number(whole)), tail_mask(number(whole), number(period)));
    for (std::int64_t at = whole; at == whole || (whole == 0 && at < period + schedule.lanes - 1);
         at += period)
      store_vector(some, place(row, number(at)), nullptr, false);
  }
  if (whole > 0)
    store_vector(load_vector(type, from, nullptr), place(row, number(period)), nullptr, false);
  return row;
}

llvm::Value *Lowering::load(unsigned node, Point &at) {
  return load_from(node, point_pointer(node, at), at);
}

/// Whether the sum of axes that the node names lies in its extent, by lane.
llvm::Value *Lowering::inside(unsigned node, Point &at) {
  const Node &n = nest.nodes[node];
  double reach =
      std::max(std::abs(static_cast<double>(n.access.offset)), static_cast<double>(n.index_extent));
  for (unsigned axis = 0; axis < nest.axes.size(); ++axis)
    reach += std::abs(static_cast<double>(n.access.strides[axis])) *
             static_cast<double>(nest.axes[axis].extent);
  llvm::Type *type = e.type(reach < INT32_MAX ? b.getInt32Ty() : b.getInt64Ty());
  const auto splat = [&](std::int64_t x) {
    return llvm::ConstantInt::get(type, static_cast<std::uint64_t>(x));
  };
  llvm::Value *sum = splat(n.access.offset);
  for (unsigned axis = 0; axis < nest.axes.size(); ++axis)
    if (const std::int64_t stride = n.access.strides[axis]) {
      llvm::Value *at_axis = b.CreateSExtOrTrunc(coordinate(axis, at), type);
      sum = b.CreateAdd(sum, stride == 1 ? at_axis : b.CreateMul(at_axis, splat(stride)));
    }
  return b.CreateICmpULT(sum, splat(n.index_extent)); // negative ones are large
}

/// Lanes that exist and have an element; null: all.
llvm::Value *Lowering::mask_of(unsigned node, Point &at) {
  const Node &n = nest.nodes[node];
  if (n.guard < 0)
    return at.mask;
  llvm::Value *guard = value(n.operands[static_cast<unsigned>(n.guard)], at);
  return at.mask ? b.CreateAnd(at.mask, guard) : guard;
}

/// The one element that all lanes share. Where no lane has it, another is read in its stead.
llvm::Value *Lowering::load_shared(unsigned node, llvm::Value *pointer, Point &at) {
  const Node &n = nest.nodes[node];
  llvm::Type *type = element_type(n.dtype);
  const llvm::Align align(itemsize(n.dtype));
  if (n.guard < 0)
    return widen(e.splat(b.CreateAlignedLoad(type, pointer, align)), n.dtype);
  llvm::Value *mask = mask_of(node, at);
  pointer = b.CreateSelect(b.CreateOrReduce(mask), pointer, buffers[n.access.buffer]);
  llvm::Value *x = e.splat(b.CreateAlignedLoad(type, pointer, align));
  return widen(b.CreateSelect(mask, x, llvm::Constant::getNullValue(x->getType())), n.dtype);
}

llvm::Value *Lowering::load_from(unsigned node, llvm::Value *pointer, Point &at) {
  const Node &n = nest.nodes[node];
  llvm::Type *type = element_type(n.dtype);
  std::optional<std::int64_t> stride = lane_stride(nest, schedule, n.access);
  if (stride == 0)
    return load_shared(node, pointer, at);
  if (stride == 1) {
    pointer = b.CreateGEP(type, pointer, at.index);
    if (schedule.prefetch > 0)
      prefetch(b.CreateConstGEP1_64(b.getInt8Ty(), pointer,
                                    static_cast<std::uint64_t>(schedule.prefetch)));
    return widen(n.guard < 0 ? load_vector(type, pointer, at.mask)
                             : load_guarded(type, pointer, mask_of(node, at)),
                 n.dtype);
  }
  if (std::optional<std::int64_t> period = lane_period(n.access);
      period && n.kind == NodeKind::load && n.guard < 0) {
    llvm::Value *phase = b.CreateURem(at.index, number(*period));
    return widen(load_vector(type, b.CreateGEP(type, repeated_row(node, *period), phase), nullptr),
                 n.dtype);
  }
  return gather_lanes(node, pointer, lane_offsets(node, at), at);
}

llvm::Value *Lowering::gather_lanes(unsigned node, llvm::Value *base, llvm::Value *offsets,
                                    Point &at) {
  const DType dtype = nest.nodes[node].dtype;
  llvm::Value *pointers = b.CreateGEP(element_type(dtype), base, offsets);
  llvm::Value *mask = mask_of(node, at);
  llvm::Type *vector = e.type(element_type(dtype));
  llvm::Value *gathered = b.CreateMaskedGather(vector, pointers, llvm::Align(itemsize(dtype)),
                                               mask ? mask : e.splat(b.getTrue()),
                                               llvm::Constant::getNullValue(vector));
  return widen(gathered, dtype);
}

/// Whether a unit gathers from one place along the axis of the index.
bool Lowering::has_fixed_place(unsigned node) const {
  const Node &n = nest.nodes[node];
  return n.kind == NodeKind::gather && !varies(n.operands[0]) &&
         !(nest.nodes[n.operands[0]].axes & schedule.lane_axes());
}

/// Element offsets by index, as vectors of i64; of lanes that read neighbours all are the same.
llvm::Value *Lowering::place_offsets(unsigned node, llvm::Value *index) {
  const Node &n = nest.nodes[node];
  const DType dtype = nest.nodes[n.operands[0]].dtype;
  const bool small = std::abs(static_cast<double>(n.index_extent)) *
                         std::max(1.0, std::abs(static_cast<double>(n.index_stride))) <
                     INT32_MAX;
  llvm::Type *type = e.type(small ? b.getInt32Ty() : b.getInt64Ty());
  const auto splat = [&](std::int64_t x) {
    return llvm::ConstantInt::get(type, static_cast<std::uint64_t>(x));
  };
  llvm::Value *place = b.CreateIntCast(index, type, !is_unsigned(dtype));
  if (!is_unsigned(dtype)) {
    llvm::Value *from_end = b.CreateAdd(place, splat(n.index_extent));
    place = b.CreateSelect(b.CreateICmpSLT(place, splat(0)), from_end, place);
  }
  place = b.CreateMul(place, splat(n.index_stride));
  return b.CreateSExt(place, e.type(b.getInt64Ty()));
}

llvm::Value *Lowering::gather(unsigned node, Point &at) {
  const Node &n = nest.nodes[node];
  llvm::Value *pointer = point_pointer(node, at);
  if (has_fixed_place(node))
    return load_from(node, pointer, at);
  llvm::Value *offsets = place_offsets(node, value(n.operands[0], at));
  if (!(nest.nodes[n.operands[0]].axes & schedule.lane_axes())) {
    llvm::Value *offset = b.CreateExtractElement(offsets, std::uint64_t{0});
    return load_from(node, b.CreateGEP(element_type(n.dtype), pointer, offset), at);
  }
  if (llvm::Value *lanes = lane_offsets(node, at))
    offsets = b.CreateAdd(offsets, lanes);
  return gather_lanes(node, pointer, offsets, at);
}

void Lowering::store(unsigned node, llvm::Value *value, Point &at) {
  const Node &n = nest.nodes[node];
  llvm::Type *type = element_type(n.dtype);
  llvm::Value *pointer = point_pointer(node, at);
  llvm::Value *memory = narrow(value, n.dtype);
  llvm::Align align(itemsize(n.dtype));
  std::optional<std::int64_t> stride = lane_stride(nest, schedule, n.access);
  if (stride == 0) {
    b.CreateAlignedStore(b.CreateExtractElement(memory, std::uint64_t{0}), pointer, align);
  } else if (stride == 1) {
    store_vector(memory, b.CreateGEP(type, pointer, at.index), at.mask, streams(node));
  } else {
    llvm::Value *pointers = b.CreateGEP(type, pointer, lane_offsets(node, at));
    llvm::Value *mask = at.mask ? at.mask : e.splat(b.getTrue());
    b.CreateMaskedScatter(memory, pointers, align, mask);
  }
}

void Lowering::prefetch(llvm::Value *pointer) {
  b.CreateIntrinsic(llvm::Intrinsic::prefetch, {pointer->getType()},
                    {pointer, b.getInt32(0), b.getInt32(3), b.getInt32(1)});
}

/// Asks for what the next row will read, at the same place in it: a row that came from memory is
/// worked on in cache, and memory would rest meanwhile.
void Lowering::prefetch_next_row(Point &at) {
  if (!schedule.next_row)
    return;
  for (unsigned node = 0; node < nest.nodes.size(); ++node) {
    const Node &n = nest.nodes[node];
    llvm::Value *base = bases.lookup(node); // none: a later pass reads it
    if (n.kind != NodeKind::load || !base || !varies(node) ||
        lane_stride(nest, schedule, n.access) != 1)
      continue;
    std::int64_t row = n.access.strides[schedule.first_lane_axis - 1];
    if (row == 0)
      continue;
    llvm::Value *next = b.CreateAdd(at.index, number(row));
    llvm::Value *pointer = b.CreateGEP(element_type(n.dtype), base, next);
    prefetch(pointer);
  }
}

/// Most vectors lie inside. AVX2 has no masked loads of narrow elements: they become branches.
llvm::Value *Lowering::load_guarded(llvm::Type *type, llvm::Value *pointer, llvm::Value *mask) {
  if (isa == Isa::v4 || type->getPrimitiveSizeInBits() >= 32)
    return load_vector(type, pointer, mask);
  llvm::Value *whole = b.CreateAndReduce(mask);
  ir::Values loaded{llvm::PoisonValue::get(e.type(type))};
  ir::when(b, whole, loaded, [&] { loaded[0] = load_vector(type, pointer, nullptr); });
  ir::when(b, b.CreateNot(whole), loaded, [&] { loaded[0] = load_vector(type, pointer, mask); });
  return loaded[0];
}

llvm::Value *Lowering::load_vector(llvm::Type *type, llvm::Value *pointer, llvm::Value *mask) {
  llvm::Type *vector = e.type(type);
  llvm::Align align(type->getPrimitiveSizeInBits() / 8);
  if (mask)
    return b.CreateMaskedLoad(vector, pointer, align, mask, llvm::Constant::getNullValue(vector));
  return b.CreateAlignedLoad(vector, pointer, align);
}

void Lowering::store_vector(llvm::Value *value, llvm::Value *pointer, llvm::Value *mask,
                            bool stream) {
  auto *type = llvm::cast<llvm::FixedVectorType>(value->getType());
  std::uint64_t bytes = type->getScalarSizeInBits() / 8;
  if (mask) {
    b.CreateMaskedStore(value, pointer, llvm::Align(bytes), mask);
    return;
  }
  if (!stream) {
    b.CreateAlignedStore(value, pointer, llvm::Align(bytes));
    return;
  }
  llvm::StoreInst *store = b.CreateAlignedStore(
      value, pointer, llvm::Align(std::min<std::uint64_t>(bytes * type->getNumElements(), 64)));
  llvm::Metadata *one = llvm::ConstantAsMetadata::get(b.getInt32(1));
  store->setMetadata(llvm::LLVMContext::MD_nontemporal, llvm::MDNode::get(b.getContext(), one));
}

/// Whether stores of a node go past the caches: whole aligned vectors only. Outputs are aligned to
/// 64 bytes, so it is enough that every step keeps to multiples of a vector.
bool Lowering::streams(unsigned node) const {
  const Access &access = nest.nodes[node].access;
  if (!schedule.stream || itemsize(nest.nodes[node].dtype) < 4 ||
      access.offset % schedule.lanes != 0)
    return false;
  for (unsigned axis = 0; axis < nest.axes.size(); ++axis)
    if (!(schedule.lane_axes() >> axis & 1) && access.strides[axis] % schedule.lanes != 0)
      return false;
  return true;
}

} // namespace jit::cpu
