// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/jit/Session.h"

#include "runtime/jit/Anchor.h"
#include "runtime/trace/PendingIndices.h"

#include <algorithm>
#include <mutex>

namespace jit {

// The pool: a list of every session ever made, and a stack of the idle ones.
static std::atomic<Session *> every_session{nullptr};
static std::mutex idle_lock;
static constinit std::vector<Session *> *idle_sessions = nullptr;

Session *Session::all() noexcept { return every_session.load(std::memory_order_acquire); }

Session *Session::acquire() {
  {
    const std::lock_guard guard(idle_lock);
    if (idle_sessions && !idle_sessions->empty()) {
      Session *session = idle_sessions->back();
      idle_sessions->pop_back();
      return session;
    }
  }
  auto *session = new Session;
  session->next = every_session.load(std::memory_order_relaxed);
  while (!every_session.compare_exchange_weak(session->next, session, std::memory_order_release,
                                              std::memory_order_relaxed)) {
  }
  return session;
}

void Session::give_back(Session *session) noexcept {
  session->trim();
  const std::lock_guard guard(idle_lock);
  if (!idle_sessions)
    idle_sessions = new std::vector<Session *>;
  idle_sessions->push_back(session);
}

void Session::trim() noexcept {
  const std::lock_guard guard(lock);
  if (arena)
    release(std::exchange(arena, nullptr));
}

// The list only grows at its head, so what was locked is found again from the same session on.
static Session *locked_from = nullptr;

void Session::lock_all() noexcept {
  idle_lock.lock();
  locked_from = all();
  for (Session *session = locked_from; session; session = session->next)
    session->lock.lock();
}

void Session::unlock_all() noexcept {
  for (Session *session = locked_from; session; session = session->next)
    session->lock.unlock();
  idle_lock.unlock();
}

bool Session::open(Anchor &from) {
  // Publish, then look again: the compile thread frees a trie only if it is neither current nor
  // published.
  const Trie *current = from.trie.load(std::memory_order_acquire);
  for (;;) {
    published.store(current, std::memory_order_seq_cst);
    const Trie *now = from.trie.load(std::memory_order_seq_cst);
    if (now == current)
      break;
    current = now;
  }
  if (!current) {
    published.store(nullptr, std::memory_order_release);
    return false;
  }
  const std::lock_guard guard(lock);
  const std::size_t bytes = current->arena_bytes;
  if (bytes && (!arena || arena->bytes < bytes)) {
    if (arena)
      release(arena);
    arena = new_storage(bytes);
    if (!arena) {
      published.store(nullptr, std::memory_order_release);
      return false;
    }
  }
  anchor = &from;
  trie = current;
  node = 0;
  is_open = true;
  return true;
}

inline bool Session::operand_matches(OperandCode code, const ExpectedOperand &expected,
                                     const Argument &argument) noexcept {
  if (!argument.impl) {
    if (code.kind() != OperandCode::scalar || argument.scalar.kind() != expected.kind)
      return false;
    scalars.push_back(argument.scalar);
    return true;
  }
  Impl &value = *argument.impl;
  const Where where = value.where.load(std::memory_order_acquire);
  if (where == Where::in(this))
    return code == OperandCode(OperandCode::value, value.slot);
  if (where.state() != Where::ready || code.kind() != OperandCode::input)
    return false;
  if (code.index() < inputs.size())
    return inputs[code.index()] == &value;
  if (value.meta != expected.meta)
    return false;
  inputs.push_back(&value);
  return true;
}

/// Takes back what a candidate bound that did not match to the end.
void Session::forget_uncommitted() noexcept {
  inputs.resize(committed_inputs);
  scalars.erase(scalars.begin() + static_cast<std::ptrdiff_t>(committed_scalars), scalars.end());
}

inline bool Session::matches(const TrieNode &candidate, OpKind op, const Attr *attrs,
                             std::span<const Argument> arguments) noexcept {
  if (candidate.op != op || candidate.operand_count != arguments.size() || candidate.attrs != attrs)
    return false;
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    const std::size_t place = candidate.first_operand + i;
    if (!operand_matches(trie->codes[place], trie->expected[place], arguments[i])) {
      forget_uncommitted();
      return false;
    }
  }
  return true;
}

/// The session's values as a source of index bounds.
struct Session::Bounds {
  const Session &session;
  Impl &input(std::uint32_t k) const { return *session.inputs[k]; }
  bool integral(OperandCode code) const { return is_integer(session.meta_of(code)->dtype); }
  ValueMaker maker(std::uint32_t value) const {
    const TrieNode &entry = session.trie->nodes[session.values[value].node];
    return {entry.op, {session.trie->codes.data() + entry.first_operand, entry.operand_count}};
  }
};

const Meta *Session::meta_of(OperandCode code) const noexcept {
  return code.kind() == OperandCode::value ? values[code.index()].value->meta
                                           : inputs[code.index()]->meta;
}

Session::Match Session::check_indices(const TrieNode &candidate,
                                      std::span<const Argument> arguments) {
  const AttrWords attrs = candidate.attrs ? AttrWords(candidate.attrs->words) : AttrWords();
  const std::int64_t bound = index_bound(candidate.op, attrs, arguments);
  Impl &index = *arguments[info(candidate.op).index_check->operand].impl;
  if (holds(index))
    return provably_within(Bounds{*this}, {OperandCode::value, index.slot}, bound)
               ? Match::hit
               : Match::needs_index;
  auto message = check_range(candidate.op, known_range(index), bound);
  if (!message)
    return Match::hit;
  index_message = std::move(*message);
  return Match::bad_index;
}

inline bool Session::over_memory_limit() noexcept {
  if (committed_inputs == inputs.size()) [[likely]]
    return false;
  constexpr std::int64_t least = std::int64_t{64} << 20;
  const std::int64_t limit =
      std::max(least, arena ? static_cast<std::int64_t>(arena->bytes) / 4 : 0);
  for (std::size_t k = committed_inputs; k < inputs.size(); ++k)
    bound_bytes += static_cast<std::int64_t>(inputs[k]->storage->bytes);
  if (bound_bytes <= limit)
    return false;
  // Only what nobody else holds counts: count again, exactly.
  bound_bytes = 0;
  for (std::size_t k = 0; k < committed_inputs; ++k)
    if (inputs[k]->refs.load(std::memory_order_acquire) == 1)
      bound_bytes += static_cast<std::int64_t>(inputs[k]->storage->bytes);
  return bound_bytes > limit;
}

/// Makes the results of the matched node pending. False without memory for them.
inline bool Session::commit(std::uint32_t matched, Impl **results) noexcept {
  const TrieNode &entry = trie->nodes[matched];
  for (std::uint8_t r = 0; r < entry.results; ++r) {
    results[r] = new_impl(entry.result_metas[r]);
    if (!results[r]) {
      while (r > 0)
        release(results[--r]);
      return false;
    }
  }
  for (std::uint8_t r = 0; r < entry.results; ++r) {
    Impl *value = results[r];
    value->refs.store(2, std::memory_order_relaxed);
    value->slot = static_cast<std::uint16_t>(values.size());
    value->where.store(Where::in(this), std::memory_order_release);
    values.push_back({value, matched});
  }
  for (; committed_inputs < inputs.size(); ++committed_inputs)
    retain(inputs[committed_inputs]);
  committed_scalars = scalars.size();
  nodes.push_back(matched);
  node = matched;
  return true;
}

Session::Match Session::match(OpKind op, const Attr *attrs, std::span<const Argument> arguments,
                              Impl **results, ResultMetas &metas) {
  const std::lock_guard guard(lock);
  if (!is_open)
    return Match::closed;
  for (std::uint32_t c = trie->nodes[node].first_child; c != TrieNode::none;
       c = trie->nodes[c].next_sibling) {
    const TrieNode &candidate = trie->nodes[c];
    if (!matches(candidate, op, attrs, arguments))
      continue;
    Match outcome = candidate.checks_index ? check_indices(candidate, arguments) : Match::hit;
    if (outcome == Match::hit && over_memory_limit()) [[unlikely]]
      outcome = Match::too_much;
    if (outcome == Match::hit && !commit(c, results)) [[unlikely]]
      outcome = Match::miss;
    if (outcome == Match::hit) [[likely]] {
      metas.count = candidate.results;
      metas.view = candidate.view;
      for (std::uint8_t r = 0; r < candidate.results; ++r)
        metas.metas[r] = candidate.result_metas[r];
      return Match::hit;
    }
    forget_uncommitted();
    return outcome;
  }
  return Match::miss;
}

bool Session::journal(RebindJournal *box, Impl *old_value) noexcept {
  const std::lock_guard guard(lock);
  if (!is_open)
    return false;
  rebindings.push_back({box, old_value});
  return true;
}

void Session::forget_journal(const RebindJournal *box) noexcept {
  const std::lock_guard guard(lock);
  std::erase_if(rebindings, [box](const Rebinding &rebinding) {
    if (rebinding.box != box)
      return false;
    release(rebinding.old_value);
    return true;
  });
}

} // namespace jit
