// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// A program of launches becomes a plan: steps in order, then memory.
#include "compiler/Planner.h"
#include "compiler/Placement.h"
#include "passes/Views.h"
#include "runtime/base/SafePoint.h"
#include "runtime/base/SeededBugs.h"

#include <llvm/ADT/Sequence.h>
#include <llvm/ADT/StringSet.h>
#include <mlir/IR/BuiltinOps.h>
#include <mlir/IR/SymbolTable.h>

#include <algorithm>
#include <map>
#include <optional>

using namespace mlir;

namespace jit {

namespace {

/// Memory of a root value. Blocks of the arena are numbered; several values may share one.
struct Home {
  Buffer::Base base = Buffer::Base::arena;
  std::uint32_t index = 0; ///< input, output or constant; arena: block
};

class Planner {
public:
  Planner(trace::FuncOp program, const Donations &wishes);
  Plan run();

private:
  void find_last_uses();
  void find_updated_outputs();
  bool dies_at(Operation *op, unsigned position);
  std::optional<std::uint32_t> output_for(Value value) const;
  void plan_launch(kernel::LaunchOp launch);
  void plan_contraction(kernel::LaunchOp launch, kernel::FuncOp product);
  void plan_library(Operation *op, const OpInfo &row);
  void lodge_in_outputs();
  void place_arena();
  void erase_unused_kernels();

  void make_result(Value value);
  bool take_over(Operation *op, unsigned number, unsigned position,
                 llvm::SmallDenseSet<Value> &taken);
  std::optional<bool> is_wished(Value result, Value operand);
  llvm::SmallVector<bool> share_memory(kernel::LaunchOp launch, kernel::FuncOp function,
                                       ArrayRef<int> arguments);
  Buffer buffer(Value value);
  std::uint32_t new_block(std::size_t bytes);
  std::uint32_t cell(std::uint32_t slot, DType dtype);
  std::vector<std::uint32_t> cells_of(kernel::LaunchOp launch, kernel::FuncOp function);
  Home home_of_root(Value root);
  std::uint32_t step_number() const { return static_cast<std::uint32_t>(plan.steps.size()); }
  void add_step(decltype(Step::what) what, ArrayRef<std::int32_t> ops);

  trace::FuncOp program;
  const Donations &wishes;
  Views views;
  Plan plan;
  llvm::StringMap<kernel::FuncOp> kernels;
  llvm::DenseMap<Value, Home> homes;
  llvm::DenseMap<Value, Operation *> last_use; ///< of a root, through its views
  llvm::DenseMap<Value, std::uint32_t> output_of;
  /// Temporaries that updates turn into an output, step by step in its memory.
  llvm::DenseMap<Value, std::uint32_t> becomes_output;
  std::vector<PlacedBlock> blocks;
  std::vector<std::int32_t> lodging; ///< by block: the output it lies in, or -1
  /// By output: the step that writes there first.
  std::vector<std::optional<std::uint32_t>> output_made;
  Operation *current = nullptr;
};

} // namespace

Planner::Planner(trace::FuncOp program, const Donations &wishes)
    : program(program), wishes(wishes) {
  for (auto function : program->getParentOfType<ModuleOp>().getOps<kernel::FuncOp>())
    kernels[function.getSymName()] = function;
  const auto results = program.block().getTerminator()->getOperands();
  for (const auto [number, value] : llvm::enumerate(results))
    output_of[value] = static_cast<std::uint32_t>(number);
  plan.donated_input.assign(results.size(), -1);
  output_made.resize(results.size());
}

void Planner::find_last_uses() {
  for (Operation &op : program.block())
    if (!is_view(&op, views))
      for (const Value operand : op.getOperands())
        last_use[views.of(operand).root] = &op;
}

// Whether a view is all of its root, in the order of memory.
static bool lies_as_root(const View &view) {
  return view.meta->contiguous &&
         view.meta->bytes() == trace::meta_of(view.root.getType())->bytes();
}

// Whether an operand is all of something that nobody reads after the op, and the op nowhere else.
bool Planner::dies_at(Operation *op, unsigned position) {
  const View &view = views.of(op->getOperand(position));
  const auto same_root = [&](Value other) { return views.of(other).root == view.root; };
  return lies_as_root(view) && last_use.lookup(view.root) == op &&
         llvm::count_if(op->getOperands(), same_root) == 1;
}

// The output in whose memory a value lies.
std::optional<std::uint32_t> Planner::output_for(Value value) const {
  if (const auto output = output_of.find(value); output != output_of.end())
    return output->second;
  if (const auto output = becomes_output.find(value); output != becomes_output.end())
    return output->second;
  return std::nullopt;
}

// From the last update to the first, so that it is known what its result becomes.
void Planner::find_updated_outputs() {
  for (Operation &op : llvm::reverse(program.block())) {
    const OpInfo *row = trace::table_row(&op);
    if (!row || !row->updates || !dies_at(&op, 0))
      continue;
    const Value root = views.of(op.getOperand(0)).root;
    const auto output = output_for(op.getResult(0));
    if (output && root.getDefiningOp() && !isa<trace::ConstantOp>(root.getDefiningOp()) &&
        !output_of.contains(root))
      becomes_output[root] = *output;
  }
}

std::uint32_t Planner::new_block(std::size_t bytes) {
  blocks.push_back({bytes, step_number(), step_number(), 0});
  return static_cast<std::uint32_t>(blocks.size() - 1);
}

std::uint32_t Planner::cell(std::uint32_t slot, DType dtype) {
  const Cell number{slot, dtype};
  auto found = std::find(plan.cells.begin(), plan.cells.end(), number);
  if (planted(SeededBug::one_cell_for_all))
    found = std::ranges::find(plan.cells, dtype, &Cell::dtype);
  if (found == plan.cells.end()) {
    plan.cells.push_back(number);
    return static_cast<std::uint32_t>(plan.cells.size() - 1);
  }
  return static_cast<std::uint32_t>(found - plan.cells.begin());
}

std::vector<std::uint32_t> Planner::cells_of(kernel::LaunchOp launch, kernel::FuncOp function) {
  std::vector<std::uint32_t> cells(launch.getSlots().size(), 0);
  for (auto arg : function.block().getOps<kernel::ArgOp>()) {
    const auto slot = static_cast<std::uint32_t>(launch.getSlots()[arg.getNumber()]);
    cells[arg.getNumber()] = cell(slot, kernel::dtype_of(arg.getType().getElement()));
  }
  return cells;
}

Home Planner::home_of_root(Value root) {
  if (const auto argument = dyn_cast<BlockArgument>(root))
    return {Buffer::Base::input, argument.getArgNumber()};
  if (const auto found = homes.find(root); found != homes.end())
    return found->second;
  // A constant: its bytes move into the plan when it is met first.
  auto constant = root.getDefiningOp<trace::ConstantOp>();
  const Meta &meta = *trace::meta_of(root.getType());
  const auto value = cast<DenseElementsAttr>(constant.getValue());
  std::vector<std::byte> bytes(meta.bytes());
  const ArrayRef<char> raw = value.getRawData();
  for (std::size_t i = 0; i < bytes.size(); ++i)
    bytes[i] = static_cast<std::byte>(raw[value.isSplat() ? i % raw.size() : i]);
  if (planted(SeededBug::stale_constant)) {
    static std::map<const Meta *, std::vector<std::byte>> first;
    bytes = first.emplace(&meta, bytes).first->second;
  }
  plan.constants.push_back(std::move(bytes));
  return homes[root] = {Buffer::Base::constant,
                        static_cast<std::uint32_t>(plan.constants.size() - 1)};
}

Buffer Planner::buffer(Value value) {
  const View &view = views.of(value);
  const Home home = home_of_root(view.root);
  Buffer result;
  result.base = home.base;
  result.index = home.index;
  result.offset = view.offset;
  for (const ViewTerm &term : view.terms)
    result.terms.push_back({term.slot, term.stride});
  result.meta = view.meta;
  if (home.base == Buffer::Base::arena &&
      !(planted(SeededBug::views_not_alive) && view.root != value))
    blocks[home.index].last = std::max(blocks[home.index].last, step_number());
  return result;
}

// The join in whose memory a value lies, if it is a part.
static Value join_of(Value value) {
  if (!value.hasOneUse())
    return {};
  auto join = dyn_cast<kernel::JoinOp>(*value.user_begin());
  return join ? join.getResult() : Value();
}

// A home of its own for a result of the current op, or that of what it is a part of.
void Planner::make_result(Value value) {
  if (const Value whole = join_of(value)) {
    make_result(whole);
    homes[value] = homes[whole];
  } else if (const auto output = output_for(value)) {
    homes[value] = {Buffer::Base::output, *output};
    if (!output_made[*output])
      output_made[*output] = step_number();
  } else if (!homes.contains(value)) {
    homes[value] = {Buffer::Base::arena, new_block(trace::meta_of(value.getType())->bytes())};
  }
}

// Gives a result the memory of an operand of the op that dies here, if that is allowed:
// temporaries take over temporaries, outputs may take over program inputs.
bool Planner::take_over(Operation *op, unsigned number, unsigned position,
                        llvm::SmallDenseSet<Value> &taken) {
  const Value result = op->getResult(number);
  const View &view = views.of(op->getOperand(position));
  const auto same_root = [&](Value other) { return views.of(other).root == view.root; };
  const Meta &whole = *views.of(view.root).meta;
  if (join_of(result) || taken.contains(view.root) || last_use[view.root] != op || view.offset ||
      !view.terms.empty() || !whole.contiguous ||
      whole.bytes() != trace::meta_of(result.getType())->bytes() ||
      llvm::count_if(op->getOperands(), same_root) != 1)
    return false;
  const auto argument = dyn_cast<BlockArgument>(view.root);
  if (const auto output = output_for(result)) {
    if (!argument)
      return false;
    plan.donated_input[*output] = static_cast<std::int32_t>(argument.getArgNumber());
  } else {
    if (argument || home_of_root(view.root).base != Buffer::Base::arena)
      return false;
    homes[result] = home_of_root(view.root);
  }
  taken.insert(view.root);
  return true;
}

// Whether an output is wished to take the memory of this operand; nothing if neither is in a wish.
std::optional<bool> Planner::is_wished(Value result, Value operand) {
  const auto output = output_for(result);
  const auto argument = dyn_cast<BlockArgument>(views.of(operand).root);
  std::optional<bool> wished;
  for (const auto &[to, from] : wishes) {
    const bool is_to = output && *output == to;
    const bool is_from = argument && argument.getArgNumber() == from;
    if (is_to || is_from)
      wished = wished.value_or(false) || (is_to && is_from);
  }
  return wished;
}

// First what somebody wishes; then what a result is an update of (w in w - step), since that is
// what its owner lets go; then whatever fits. `arguments` numbers operands and results of the
// launch as arguments of the function; -1: it has none there. Returns which results share.
llvm::SmallVector<bool> Planner::share_memory(kernel::LaunchOp launch, kernel::FuncOp function,
                                              ArrayRef<int> arguments) {
  const unsigned inputs = launch.getNumOperands(), results = launch.getNumResults();
  llvm::SmallDenseSet<Value> taken;
  llvm::SmallVector<bool> shared(results, false);
  enum Round { wished, updates, any };
  for (const Round round : {wished, updates, any})
    for (unsigned number = 0; number < results; ++number)
      for (unsigned position = 0; position < inputs && !shared[number]; ++position) {
        const int from = arguments[position], to = arguments[inputs + number];
        if (from < 0 || to < 0 ||
            !may_share(function, static_cast<unsigned>(from), static_cast<unsigned>(to)))
          continue;
        const auto wish = is_wished(launch->getResult(number), launch->getOperand(position));
        if (round == wished ? wish != true : wish.has_value())
          continue;
        if (round != updates ||
            is_update(function, static_cast<unsigned>(from), static_cast<unsigned>(to)))
          shared[number] = take_over(launch, number, position, taken);
      }
  return shared;
}

void Planner::add_step(decltype(Step::what) what, ArrayRef<std::int32_t> ops) {
  Step step{std::move(what), {}};
  for (const std::int32_t op : ops)
    if (op >= 0)
      step.ops.push_back(static_cast<std::uint32_t>(op));
  plan.steps.push_back(std::move(step));
}

void Planner::plan_launch(kernel::LaunchOp launch) {
  kernel::FuncOp function = kernels.lookup(launch.getCallee());
  if (!function.block().getOps<kernel::ContractOp>().empty())
    return plan_contraction(launch, function);
  const auto all = llvm::to_vector(
      llvm::seq<int>(0, static_cast<int>(launch.getNumOperands() + launch.getNumResults())));
  share_memory(launch, function, all);
  KernelStep step;
  step.kernel = function.getSymName().str();
  step.inputs = launch.getNumOperands();
  for (const Value operand : launch.getOperands())
    step.buffers.push_back(buffer(operand));
  for (const Value result : launch.getResults()) {
    make_result(result);
    step.buffers.push_back(buffer(result));
  }
  step.cells = cells_of(launch, function);
  add_step(std::move(step), launch.getOps());
}

void Planner::plan_contraction(kernel::LaunchOp launch, kernel::FuncOp product) {
  const auto name = launch.getEpilogue();
  kernel::FuncOp epilogue = name ? kernels.lookup(*name) : kernel::FuncOp();
  std::vector<std::uint32_t> cells = cells_of(launch, epilogue ? epilogue : product);
  ContractStep step = describe_product(product, bool(epilogue));
  // The epilogue may write over what only it reads, but not over what the product lies in.
  const unsigned inputs = launch.getNumOperands(), results = launch.getNumResults();
  llvm::SmallVector<int> numbers(inputs + results, -1);
  for (unsigned behind = 2; epilogue && behind < numbers.size(); ++behind)
    numbers[behind] = static_cast<int>(behind) - 1;
  const llvm::SmallVector<bool> shared = share_memory(launch, epilogue, numbers);
  std::vector<Buffer> arguments;
  for (const Value operand : launch.getOperands())
    arguments.push_back(buffer(operand));
  for (const Value result : launch.getResults()) {
    make_result(result);
    arguments.push_back(buffer(result));
  }
  step.a = arguments[0];
  step.b = arguments[1];
  const llvm::SmallVector<unsigned> outputs =
      epilogue ? outputs_like_product(epilogue) : llvm::SmallVector<unsigned>{0};
  const auto output = llvm::find_if_not(outputs, [&](unsigned number) { return shared[number]; });
  if (output != outputs.end()) {
    step.c = arguments[inputs + *output];
    step.c.offset += store_of_product(product).getMap().getOffset();
  } else {
    std::int64_t batches = 1;
    for (const std::int64_t size : step.batch_sizes)
      batches *= size;
    DimList extents{batches, step.m, step.n};
    step.c.meta = intern_contiguous(step.dtype, extents);
    step.c.index = new_block(step.c.meta->bytes());
  }
  if (epilogue) {
    step.epilogue = epilogue.getSymName().str();
    step.epilogue_cells = std::move(cells);
    step.epilogue_buffers.push_back(step.c);
    step.epilogue_buffers.insert(step.epilogue_buffers.end(), arguments.begin() + 2,
                                 arguments.end());
  }
  add_step(std::move(step), launch.getOps());
}

void Planner::plan_library(Operation *op, const OpInfo &row) {
  LibraryStep step;
  step.op = row.kind;
  const llvm::SmallVector<std::int64_t> words = trace::words_of(op, row);
  step.attrs.assign(words.begin(), words.end());
  for (const Value operand : op->getOperands()) {
    LibraryStep::Operand &described = step.operands.emplace_back();
    if (auto number = operand.getDefiningOp<trace::ScalarOp>()) {
      described.is_number = true;
      described.slot = static_cast<std::uint32_t>(number.getSlot());
    } else {
      described.buffer = buffer(operand);
    }
  }
  bool empty = true;
  if (llvm::SmallDenseSet<Value> taken; row.updates && dies_at(op, 0))
    take_over(op, 0, 0, taken);
  for (const Value result : op->getResults()) {
    make_result(result);
    step.results.push_back(buffer(result));
    empty &= step.results.back().meta->size == 0;
  }
  if (!empty)
    add_step(std::move(step), trace::graph_op(op));
}

void Planner::erase_unused_kernels() {
  llvm::StringSet<> used;
  for (const Step &step : plan.steps) {
    if (auto *kernel = std::get_if<KernelStep>(&step.what))
      used.insert(kernel->kernel);
    else if (auto *contract = std::get_if<ContractStep>(&step.what))
      used.insert(contract->epilogue);
  }
  auto module = program->getParentOfType<ModuleOp>();
  for (auto function : llvm::make_early_inc_range(module.getOps<kernel::FuncOp>()))
    if (!used.contains(function.getSymName()))
      function.erase();
}

// A temporary that is gone before an output is written lies in that output's block. Outputs are
// there from the start; with temporaries beside them the program would hold more than its ops do.
void Planner::lodge_in_outputs() {
  const auto results = program.block().getTerminator()->getOperands();
  std::vector<std::vector<PlacedBlock>> guests(results.size());
  const auto fits = [&](const PlacedBlock &block, std::size_t o) {
    return plan.donated_input[o] < 0 && output_made[o] && block.last < *output_made[o] &&
           block.bytes <= trace::meta_of(results[o].getType())->bytes() &&
           llvm::none_of(
               guests[o],
               [&](const PlacedBlock &guest) {
                 return guest.first <= block.last && block.first <= guest.last;
               });
  };
  lodging.assign(blocks.size(), -1);
  for (std::size_t b = 0; b < blocks.size(); ++b)
    for (std::size_t o = 0; o < results.size() && lodging[b] < 0; ++o)
      if (fits(blocks[b], o)) {
        guests[o].push_back(blocks[b]);
        lodging[b] = static_cast<std::int32_t>(o);
        blocks[b].bytes = 0;
      }
}

// Blocks become offsets.
void Planner::place_arena() {
  lodge_in_outputs();
  plan.arena_bytes = place_blocks(blocks);
  const auto place = [&](Buffer &buffer) {
    if (buffer.base != Buffer::Base::arena)
      return;
    const std::int32_t output = lodging[buffer.index];
    if (output < 0) {
      buffer.arena_offset = blocks[buffer.index].offset;
      buffer.block_bytes = blocks[buffer.index].bytes;
      return;
    }
    buffer.base = Buffer::Base::output;
    buffer.index = static_cast<std::uint32_t>(output);
  };
  for (Step &step : plan.steps) {
    if (auto *kernel = std::get_if<KernelStep>(&step.what)) {
      llvm::for_each(kernel->buffers, place);
    } else if (auto *contract = std::get_if<ContractStep>(&step.what)) {
      place(contract->a), place(contract->b), place(contract->c);
      llvm::for_each(contract->epilogue_buffers, place);
    } else if (auto *library = std::get_if<LibraryStep>(&step.what)) {
      for (LibraryStep::Operand &operand : library->operands)
        if (!operand.is_number)
          place(operand.buffer);
      llvm::for_each(library->results, place);
    }
  }
}

static void read_refusals(trace::FuncOp program, Plan &plan) {
  const ArrayRef<Attribute> items =
      program.getRefusals() ? program.getRefusals()->getValue() : ArrayRef<Attribute>();
  for (std::size_t i = 0; i + 2 < items.size(); i += 3)
    plan.refusals.push_back({static_cast<std::uint32_t>(cast<IntegerAttr>(items[i]).getInt()),
                             static_cast<std::uint32_t>(cast<IntegerAttr>(items[i + 1]).getInt()),
                             cast<StringAttr>(items[i + 2]).getValue().str()});
}

Plan Planner::run() {
  find_last_uses();
  find_updated_outputs();
  for (Operation &op : program.block()) {
    current = &op;
    safe_point();
    if (auto launch = dyn_cast<kernel::LaunchOp>(op))
      plan_launch(launch);
    else if (const OpInfo *row = trace::table_row(&op); row && !is_view(&op, views))
      plan_library(&op, *row);
  }
  place_arena();
  erase_unused_kernels();
  read_refusals(program, plan);
  return std::move(plan);
}

Plan make_plan(trace::FuncOp program, const Donations &wishes) {
  return Planner(program, wishes).run();
}

} // namespace jit
