// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Units, passes and values.
#include "compiler/cpu/Lowering.h"

#include "compiler/cpu/Element.h"
#include "compiler/cpu/Engine.h"
#include "runtime/base/SeededBugs.h"
#include "runtime/scalar/Storage.h"

#include <algorithm>

namespace jit::cpu {

Lowering::Lowering(const Nest &nest, const Schedule &schedule, Isa isa, llvm::Module &module,
                   Stage stage)
    : nest(nest), schedule(schedule), isa(isa), stage(stage), module(module),
      b(module.getContext()), e(b, isa, schedule.lanes) {
  if (planted(SeededBug::multiply_add_fused)) {
    llvm::FastMathFlags flags;
    flags.setAllowContract();
    b.setFastMathFlags(flags);
  }
}

std::string Lowering::run() {
  emit_entry();
  emit_units();
  if (schedule.stream && stage != Stage::parts)
    b.CreateIntrinsic(llvm::Intrinsic::x86_sse_sfence, {});
  b.CreateRetVoid();
  return failure;
}

llvm::Type *Lowering::element_type(DType dtype) {
  if (dtype == DType::f32)
    return b.getFloatTy();
  if (dtype == DType::f64)
    return b.getDoubleTy();
  return b.getIntNTy(static_cast<unsigned>(8 * itemsize(dtype)));
}

llvm::Type *Lowering::vector_type(DType dtype) {
  return e.type(dtype == DType::boolean ? b.getInt1Ty() : element_type(scalar::lane_dtype(dtype)));
}

llvm::Value *Lowering::iota() {
  llvm::SmallVector<std::uint32_t, 16> numbers(schedule.lanes);
  for (unsigned lane = 0; lane < schedule.lanes; ++lane)
    numbers[lane] = lane;
  return llvm::ConstantDataVector::get(b.getContext(), numbers);
}

void Lowering::emit_entry() {
  llvm::Type *pointer = b.getPtrTy(), *index = b.getInt64Ty();
  auto *type =
      llvm::FunctionType::get(b.getVoidTy(), {pointer, pointer, index, index, pointer}, false);
  // A name that is taken is made another one: who wants the function asks for `symbol`.
  function = llvm::Function::Create(type, llvm::Function::ExternalLinkage, nest.name, module);
  set_function_attributes(*function, isa);
  const char *names[] = {"buffers", "scalars", "begin", "end", "scratch"};
  for (unsigned k = 0; k < 5; ++k)
    function->getArg(k)->setName(names[k]);
  b.SetInsertPoint(llvm::BasicBlock::Create(b.getContext(), "entry", function));
  for (unsigned k = 0; k < nest.buffers; ++k)
    buffers.push_back(
        b.CreateLoad(pointer, b.CreateConstInBoundsGEP1_64(pointer, function->getArg(0), k)));
  e.functions = b.CreateLoad(
      pointer, b.CreateConstInBoundsGEP1_64(pointer, function->getArg(0), nest.buffers));
  for (unsigned node = 0; node < nest.nodes.size(); ++node)
    if (is_fixed(node))
      fixed[node] = compute(node, unit);
  if (stage != Stage::whole)
    shared = shared_parts(chains_of(roots_of(0)));
}

/// One loop over the units; the numbers of the unit axes count up like an odometer. Whole rows of
/// narrow matrices are one unit.
void Lowering::emit_units() {
  if (schedule.whole_rows > 0) {
    digits.assign(nest.axes.size() + 2, b.getInt64(0));
    return emit_unit();
  }
  llvm::SmallVector<std::pair<unsigned, std::int64_t>, 8> wheels; // axis (or block) and extent
  std::uint32_t lanes = schedule.lane_axes(), rows = nest.row_axes();
  for (unsigned axis = 0; axis < nest.axes.size(); ++axis)
    if (!((lanes | rows) >> axis & 1) && nest.axes[axis].extent > 1)
      wheels.push_back({axis, nest.axes[axis].extent});
  const unsigned block_wheel = static_cast<unsigned>(nest.axes.size());
  if (schedule.blocks() > 1)
    wheels.push_back({block_wheel, schedule.blocks()});
  if (stage == Stage::parts)
    wheels.push_back({block_wheel + 1, schedule.parts});

  llvm::Value *begin = function->getArg(2), *end = function->getArg(3);
  ir::Values carried(wheels.size());
  llvm::Value *rest = begin;
  for (std::size_t w = wheels.size(); w-- > 0;) {
    llvm::Value *extent = number(wheels[w].second);
    carried[w] = w == 0 ? rest : b.CreateURem(rest, extent);
    rest = w == 0 ? rest : b.CreateUDiv(rest, extent);
  }
  ir::loop(b, begin, end, 1, carried, [&](llvm::Value *number_of_unit) {
    unit_number = number_of_unit;
    digits.assign(nest.axes.size() + 2, b.getInt64(0));
    for (std::size_t w = 0; w < wheels.size(); ++w)
      digits[wheels[w].first] = carried[w];
    emit_unit();
    llvm::Value *carry = nullptr;
    for (std::size_t w = wheels.size(); w-- > 0;) {
      llvm::Value *next = carry ? b.CreateAdd(carried[w], b.CreateZExt(carry, b.getInt64Ty()))
                                : b.CreateAdd(carried[w], b.getInt64(1));
      if (w == 0) {
        carried[w] = next;
        break;
      }
      carry = b.CreateICmpEQ(next, number(wheels[w].second));
      carried[w] = b.CreateSelect(carry, b.getInt64(0), next);
    }
  });
}

void Lowering::emit_unit() {
  unit = Point();
  bases.clear();
  repeated_rows.clear();
  lane_begin = b.CreateMul(digits[nest.axes.size()], number(schedule.block));
  lane_end = b.CreateAdd(lane_begin, number(schedule.block));
  if (schedule.lane_points % schedule.block != 0)
    lane_end =
        b.CreateBinaryIntrinsic(llvm::Intrinsic::smin, lane_end, number(schedule.lane_points));
  if (schedule.whole_rows > 0) {
    lane_begin = b.CreateMul(function->getArg(2), number(schedule.whole_rows));
    lane_end = b.CreateMul(function->getArg(3), number(schedule.whole_rows));
  } else if (schedule.kind == Schedule::epilogue) { // scratch holds the range of columns
    llvm::Value *columns = function->getArg(4);
    lane_begin = b.CreateLoad(b.getInt64Ty(), columns);
    lane_end =
        b.CreateLoad(b.getInt64Ty(), b.CreateConstInBoundsGEP1_64(b.getInt64Ty(), columns, 1));
  }
  if (schedule.lanes_are_rows()) {
    unit.index = lane_begin;
    if (schedule.lane_points % schedule.lanes != 0)
      unit.mask = tail_mask(lane_begin, number(schedule.lane_points));
  }
  if (stage == Stage::parts) {
    loop = schedule.loops[0];
    emit_parts();
    return;
  }
  for (unsigned pass = 0; pass < nest.passes(); ++pass)
    emit_pass(pass);

  // What does not vary within the unit is stored once, after everything has been loaded: an output
  // may lie where an input does.
  llvm::SmallVector<unsigned> stores;
  for (unsigned node = 0; node < nest.nodes.size(); ++node)
    if (nest.nodes[node].kind == NodeKind::store && !varies(node))
      stores.push_back(node);
  for (unsigned node : stores)
    value(nest.nodes[node].operands[0], unit);
  for (unsigned node : stores)
    store(node, value(nest.nodes[node].operands[0], unit), unit);
}

llvm::Value *Lowering::tail_mask(llvm::Value *index, llvm::Value *end) {
  llvm::Value *left = b.CreateSub(end, index);
  if (planted(SeededBug::last_lane_lost))
    left = b.CreateSub(left, number(1));
  llvm::Value *some = b.CreateBinaryIntrinsic(llvm::Intrinsic::smin, left, number(schedule.lanes));
  return b.CreateICmpULT(iota(), e.splat(b.CreateTrunc(some, b.getInt32Ty())));
}

bool Lowering::varies(unsigned node) const {
  return nest.nodes[node].axes & schedule.point_axes(nest);
}

bool Lowering::is_fixed(unsigned node) const {
  const Node &n = nest.nodes[node];
  switch (n.kind) {
  case NodeKind::constant:
  case NodeKind::argument:
    return true;
  case NodeKind::element:
    return std::all_of(n.operands.begin(), n.operands.end(),
                       [&](unsigned operand) { return fixed.count(operand) != 0; });
  default:
    return false;
  }
}

std::vector<unsigned> Lowering::roots_of(unsigned pass) const {
  return nest.roots_of(pass, schedule.point_axes(nest));
}

void Lowering::emit_pass(unsigned pass) {
  std::vector<unsigned> roots = roots_of(pass);
  if (stage == Stage::rest && pass == 0) {
    llvm::SmallVector<Chain, 4> chains = chains_of(roots);
    for (std::size_t k = 0; k < chains.size(); ++k) {
      reset(chains[k]);
      unit.values[chains[k].node] = combine_parts(
          chains[k],
          part_place(chains[k].dtype, shared[k], b.CreateMul(unit_number, number(schedule.parts))),
          schedule.parts);
    }
    return;
  }
  for (unsigned root : roots)
    prepare(root, pass);
  loop = schedule.loops[pass];
  if (!roots.empty())
    emit_rows(pass, roots);
}

/// Computes what the loop of a pass needs from outside of it.
void Lowering::prepare(unsigned node, unsigned pass) {
  std::vector<bool> seen(nest.nodes.size()); // values are shared: without it this is exponential
  prepare(node, pass, seen);
}

void Lowering::prepare(unsigned node, unsigned pass, std::vector<bool> &seen) {
  if (seen[node])
    return;
  seen[node] = true;
  const Node &n = nest.nodes[node];
  bool root = n.kind == NodeKind::reduce && n.pass == pass + 1;
  if (!root && !varies(node)) {
    value(node, unit);
    return;
  }
  if (nest::touches_memory(n.kind))
    base_pointer(node);
  if (n.kind == NodeKind::load && n.guard < 0 && lane_period(n.access))
    repeated_row(node, *lane_period(n.access));
  if (n.kind == NodeKind::keep && n.pass < pass)
    return;
  for (unsigned operand : n.operands)
    prepare(operand, pass, seen);
}

llvm::Value *Lowering::value(unsigned node, Point &at) {
  if (auto found = fixed.find(node); found != fixed.end())
    return found->second;
  Point &where = varies(node) ? at : unit;
  if (llvm::Value *known = where.values.lookup(node))
    return known;
  llvm::Value *computed = compute(node, where);
  where.values[node] = computed;
  return computed;
}

llvm::Value *Lowering::compute(unsigned node, Point &at) {
  const Node &n = nest.nodes[node];
  switch (n.kind) {
  case NodeKind::constant:
    return constant(n);
  case NodeKind::argument: {
    llvm::Value *slot = b.CreateConstInBoundsGEP1_64(b.getInt64Ty(), function->getArg(1), n.number);
    return widen(e.splat(b.CreateLoad(element_type(n.dtype), slot)), n.dtype);
  }
  case NodeKind::load:
    return load(node, at);
  case NodeKind::gather:
    return gather(node, at);
  case NodeKind::inside:
    return inside(node, at);
  case NodeKind::index: {
    llvm::Value *at_axis = coordinate(n.number, at);
    return b.CreateSExt(at_axis, vector_type(DType::i64));
  }
  case NodeKind::element: {
    llvm::SmallVector<llvm::Value *, 4> operands;
    llvm::SmallVector<DType, 4> dtypes;
    for (unsigned operand : n.operands) {
      operands.push_back(value(operand, at));
      dtypes.push_back(nest.nodes[operand].dtype);
    }
    llvm::Value *result = apply_element(e, n.function, n.dtype, operands, dtypes);
    if (!result) {
      failure = "no code for " + std::string(jit::name(n.function));
      return llvm::PoisonValue::get(vector_type(n.dtype));
    }
    return result;
  }
  case NodeKind::keep:
    return keep(node, at);
  case NodeKind::reduce:
  case NodeKind::second:
  case NodeKind::store:
    break; // put among the unit's values by their pass, or not values at all
  }
  failure = "a value is used before its pass";
  return llvm::PoisonValue::get(vector_type(n.dtype));
}

llvm::Value *Lowering::constant(const Node &node) {
  if (node.dtype == DType::f32)
    return e.splat(llvm::ConstantFP::get(
        b.getContext(),
        llvm::APFloat(llvm::APFloat::IEEEsingle(), llvm::APInt(32, node.bits & 0xffffffff))));
  if (node.dtype == DType::f64)
    return e.splat(llvm::ConstantFP::get(
        b.getContext(), llvm::APFloat(llvm::APFloat::IEEEdouble(), llvm::APInt(64, node.bits))));
  if (node.dtype == DType::boolean)
    return e.splat(b.getInt1(node.bits & 1));
  const auto width = static_cast<unsigned>(8 * itemsize(node.dtype));
  const auto lane = static_cast<unsigned>(8 * itemsize(scalar::lane_dtype(node.dtype)));
  const llvm::APInt bits = llvm::APInt(64, node.bits).trunc(width);
  return e.splat(b.getInt(is_unsigned(node.dtype) ? bits.zext(lane) : bits.sext(lane)));
}

/// Stores the value in its own pass and loads it back in later ones.
llvm::Value *Lowering::keep(unsigned node, Point &at) {
  const Node &n = nest.nodes[node];
  if (!varies(node))
    return value(n.operands[0], at);
  llvm::Value *&place = kept[node];
  std::int64_t step = along() ? 1 : schedule.lanes;
  if (!place) {
    std::int64_t points = along() ? schedule.lane_points : nest.row_points();
    place = scratch(static_cast<std::size_t>(points * step + schedule.lanes) * itemsize(n.dtype));
  }
  llvm::Type *type = element_type(n.dtype);
  llvm::Value *first = along() ? at.index : b.CreateMul(at.row, number(step));
  llvm::Value *pointer = b.CreateGEP(type, place, first);
  if (at.pass > n.pass)
    return widen(load_vector(type, pointer, nullptr), n.dtype);
  llvm::Value *x = value(n.operands[0], at);
  store_vector(narrow(x, n.dtype), pointer, nullptr, false);
  return x;
}

} // namespace jit::cpu
