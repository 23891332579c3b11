// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Matching one op, inline: all that a swapped-in program costs per op besides making the operands.
#pragma once

#include "runtime/base/SeededBugs.h"
#include "runtime/jit/OpOperands.h"
#include "runtime/jit/Session.h"
#include "runtime/tensor/NewImpl.h"

#include <algorithm>

namespace jit {

[[gnu::always_inline]] inline bool Session::value_matches(const ExpectedOperand &expected,
                                                          Impl &value) noexcept {
  const OperandCode code = expected.code;
  const Where where = value.where.load(std::memory_order_acquire);
  if (where.is_in(this))
    return code == OperandCode(OperandCode::value, where.slot()) ||
           (planted(SeededBug::sibling_operands) && code.kind() == OperandCode::value &&
            meta_of(code) == value.meta);
  if (where.state() != Where::ready || code.kind() != OperandCode::input)
    return false;
  if (code.index() < cursor.inputs.size())
    return cursor.inputs[code.index()] == &value ||
           (planted(SeededBug::aliases_ignored) && cursor.inputs[code.index()]->meta == value.meta);
  if (value.meta != expected.meta &&
      (value.meta->interned || !same_meta(*value.meta, *expected.meta)) &&
      !(planted(SeededBug::strides_ignored) && value.meta->dtype == expected.meta->dtype &&
        std::ranges::equal(value.meta->dims(), expected.meta->dims())))
    return false;
  cursor.inputs.push_back(&value);
  return true;
}

namespace detail {
inline bool expects(const TrieNode &candidate, OpKind op, AttrWords attrs,
                    std::size_t operands) noexcept {
  if (candidate.op != op || candidate.operand_count != operands)
    return false;
  if (!candidate.attrs)
    return attrs.empty();
  if (planted(SeededBug::attributes_ignored))
    return true;
  return std::ranges::equal(candidate.attrs->words, attrs);
}

} // namespace detail

/// The child of the current node that expects this op, its inputs and numbers bound; or none.
template <class Operands>
[[gnu::always_inline]] inline std::uint32_t Session::find_child(OpKind op, AttrWords attrs,
                                                                const Operands &operands) noexcept {
  cursor.begin_op();
  const TrieNode *const trie_nodes = cursor.trie->nodes.data();
  std::uint32_t child = trie_nodes[cursor.node].first_child;
  for (; child != TrieNode::none; child = trie_nodes[child].next_sibling) {
    const TrieNode &candidate = trie_nodes[child];
    if (!detail::expects(candidate, op, attrs, operands.size()))
      continue;
    const ExpectedOperand *expected = cursor.trie->expected.data() + candidate.first_operand;
    std::size_t i = 0;
    bool any_tensor = false;
    for (; i < operands.size(); ++i, ++expected) {
      if (Impl *impl = detail::impl_of(operands[i])) {
        if (!value_matches(*expected, *impl))
          break;
        any_tensor = true;
        continue;
      }
      if (!detail::is_number(operands[i]) || expected->code.kind() != OperandCode::scalar ||
          (!detail::is_expected(operands[i], expected->kind, expected->range) &&
           !planted(SeededBug::number_kinds_ignored)))
        break;
      cursor.scalars.push_back(detail::number_of(operands[i]));
    }
    if (i == operands.size() &&
        (any_tensor || candidate.result_metas[0]->device == default_device()))
      break;
    cursor.forget_uncommitted();
  }
  return child;
}

[[gnu::always_inline]] inline Impl *
Session::match_plain(OpKind op, AttrWords attrs, std::span<Operand *const> operands) noexcept {
  const OwnerGuard guard(lock);
  if (!is_open) [[unlikely]]
    if (!planted(SeededBug::owner_not_told))
      return nullptr;
  const std::uint32_t child = find_child(op, attrs, operands);
  if (child == TrieNode::none)
    return nullptr;
  Impl *value = nullptr;
  if (cursor.trie->nodes[child].plain &&
      (!cursor.has_new_inputs() || (has_memory() && !over_memory_limit()))) [[likely]]
    value = pending.add(*cursor.trie, child, 0);
  if (value) [[likely]] {
    cursor.advance(child);
    next_step = cursor.trie->steps[child].next;
  } else {
    cursor.forget_uncommitted();
  }
  return value;
}

/// A number is bound at once: until the match is complete nobody looks there.
[[gnu::always_inline]] inline bool Session::fits(ExpectedWord expected,
                                                 const Operand &operand) noexcept {
  using detail::Access;
  const std::uint8_t tag = expected.tag();
  if (tag > ExpectedWord::input) {
    if (Access::kind(operand) != tag)
      return false;
    cursor.scalars[expected.index()] = Access::scalar(operand);
    return true;
  }
  if (Access::is_scalar(operand))
    return false;
  const Impl *const impl = Access::tensor_or_null(operand);
  if (tag == ExpectedWord::input)
    return cursor.inputs[expected.index()] == impl;
  return impl && expected.fits(impl->where.load(std::memory_order_acquire), pending.first_place);
}

template <class... Operands>
[[gnu::always_inline]] inline Impl *Session::match_step(const ExpectedStep &step,
                                                        const Operands &...operands) noexcept {
  Impl *value = nullptr;
  std::size_t i = 0;
  if (lock.try_lock_as_owner() && (fits(step.operands[i++], operands) && ...)) [[likely]] {
    PendingValues::Slot &place = pending[step.value];
    value = place.value;
    if (value) [[likely]] {
      cursor.commit(step);
      pending.occupy(place, step.value, step.node);
      PendingValues::made_anew(value, step.meta);
    }
  }
  lock.unlock_as_owner();
  if (value) [[likely]]
    next_step = step.next; // a thread that has lost what it expects asks for it
  return value;
}

inline bool Session::fits_ranged(ExpectedWord expected, const Operand &operand) noexcept {
  using detail::Access;
  if (expected.tag() != ExpectedWord::ranged)
    return fits(expected, operand);
  if (Access::kind(operand) != Access::kind_of_number(ScalarKind::integer) ||
      !expected.holds(Access::scalar(operand).as_int()))
    return false;
  cursor.scalars[expected.index()] = Access::scalar(operand);
  return true;
}

inline bool Session::binds(const Meta *meta, const Operand &operand) noexcept {
  using detail::Access;
  Impl *const impl = Access::impl(operand);
  if (!impl || impl->meta != meta ||
      impl->where.load(std::memory_order_acquire).state() != Where::ready)
    return false;
  cursor.inputs.push_back(impl);
  return true;
}

inline Impl *Session::match_binding(const ExpectedStep &step,
                                    std::span<Operand *const> operands) noexcept {
  const OwnerGuard guard(lock);
  if (!is_open || !pending[step.value].value) [[unlikely]]
    return nullptr;
  cursor.begin_op();
  const ExpectedOperand *expected =
      cursor.trie->expected.data() + cursor.trie->nodes[step.node].first_operand;
  bool matched = true;
  for (std::size_t i = 0; i < operands.size() && matched; ++i)
    matched = step.operands[i].tag() == ExpectedWord::new_input
                  ? binds(expected[i].meta, *operands[i])
                  : fits_ranged(step.operands[i], *operands[i]);
  if (!matched || !has_memory() || over_memory_limit()) [[unlikely]] {
    cursor.forget_uncommitted();
    return nullptr;
  }
  cursor.commit_inputs();
  cursor.commit(step);
  PendingValues::Slot &place = pending[step.value];
  pending.occupy(place, step.value, step.node);
  return PendingValues::made_anew(place.value, step.meta);
}

inline Impl *Session::match_expected(OpKind op, std::span<Operand *const> operands) noexcept {
  const ExpectedStep &step = *next_step;
  if (step.operand_count != operands.size())
    return nullptr;
  Impl *value = nullptr;
  if (step.binding_op == op)
    value = match_binding(step, operands);
  else if (step.op != op || !fence::is_one_sided())
    return nullptr;
  else if (operands.size() == 1)
    value = match_step(step, *operands[0]);
  else if (operands.size() == 2)
    value = match_step(step, *operands[0], *operands[1]);
  else if (operands.size() == 3)
    value = match_step(step, *operands[0], *operands[1], *operands[2]);
  if (value)
    next_step = step.next;
  return value;
}

} // namespace jit
