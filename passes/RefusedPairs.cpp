// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Hashes of kernels without their names, and of the values that join two launches.
#include "passes/RefusedPairs.h"

#include <llvm/ADT/Hashing.h>

using namespace mlir;

namespace jit {

std::uint64_t RefusedPairs::content(kernel::FuncOp function) {
  const auto [place, added] = contents.try_emplace(function.getSymName(), 0);
  if (!added)
    return place->second;
  llvm::DenseMap<Value, unsigned> numbers;
  llvm::hash_code hash = llvm::hash_value(function.getSpace().getAsOpaquePointer());
  const auto define = [&](Value value) {
    hash = llvm::hash_combine(hash, value.getType().getAsOpaquePointer());
    numbers[value] = static_cast<unsigned>(numbers.size());
  };
  for (const Value argument : function.block().getArguments())
    define(argument);
  for (Operation &op : function.block()) {
    hash = llvm::hash_combine(hash, op.getName().getAsOpaquePointer(), op.hashProperties());
    for (const Value operand : op.getOperands())
      hash = llvm::hash_combine(hash, numbers.lookup(operand));
    for (const Value result : op.getResults())
      define(result);
  }
  return place->second = hash;
}

RefusedPairs::Key RefusedPairs::key(Node producer, Node consumer, Views &views) {
  llvm::SmallVector<std::uint64_t, 32> joints{content(consumer.function)};
  llvm::SmallDenseMap<Value, std::uint64_t, 32> numbers;
  const auto add_operands = [&](kernel::LaunchOp launch) {
    for (const Value operand : launch.getOperands()) {
      joints.push_back(numbers.try_emplace(operand, numbers.size()).first->second);
      const View &view = views.of(operand);
      if (view.root.getDefiningOp() != producer.launch)
        continue;
      joints.push_back(cast<OpResult>(view.root).getResultNumber());
      joints.push_back(static_cast<std::uint64_t>(view.offset));
      joints.push_back(view.terms.size());
    }
    for (const std::int32_t slot : launch.getSlots())
      joints.push_back(static_cast<std::uint64_t>(slot));
  };
  add_operands(consumer.launch);
  add_operands(producer.launch);
  for (const Value result : producer.launch.getResults())
    joints.push_back(used_by_others(result, consumer.launch, views));
  return {content(producer.function), llvm::hash_combine_range(joints)};
}

std::optional<WhyApart> RefusedPairs::find(Key key) const {
  const auto found = reasons.find(key);
  return found == reasons.end() ? std::nullopt : std::optional(found->second);
}

} // namespace jit
