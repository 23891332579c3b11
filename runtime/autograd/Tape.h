// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// TapeList: the ops recorded on one thread, in order. A Tape is an interval of it, so nested tapes
// share one recording and the outer one sees the backward pass of the inner one.
#pragma once

#include "runtime/autograd/Backward.h"
#include "runtime/eager/Devices.h"
#include "runtime/eager/Dispatch.h"
#include "runtime/ops/Attributes.h"

#include <tracejit/autograd.h>

#include <atomic>
#include <deque>
#include <memory>
#include <mutex>
#include <unordered_map>
#include <vector>

namespace jit::autograd {

/// A function with a gradient given by hand, as one call of it was recorded.
struct CustomGradient {
  std::shared_ptr<const detail::GradientFunction> function;
  Site made; ///< where it was given
};

/// One value. An op with several results takes as many entries, all but the first of kind `second`.
struct TapeEntry {
  enum Kind : std::uint8_t {
    leaf,   ///< watched, or the value of a trainable Variable
    op,     ///< the first result of an op
    second, ///< another result of the op before
  } kind;
  OpKind made_by{};
  std::uint32_t first_operand = 0, operand_count = 0;
  const Attr *attrs = nullptr;
  Impl *kept = nullptr; ///< a reference: a leaf, or a result that its gradient needs
  const CustomGradient *custom = nullptr; ///< instead of an op's rule
};

/// Belongs to one thread. Another one may only destroy a Tape, and with the last one the list, if
/// its thread has ended or does not record on it.
class TapeList : public std::enable_shared_from_this<TapeList> {
public:
  TapeList();
  ~TapeList();
  TapeList(const TapeList &) = delete;

  /// The number of a value on this list; leaves and values of trainable Variables included.
  /// TapeOperand::constant for a value it does not know.
  std::uint32_t find(const Impl &value) const;
  /// The same, after a trainable Variable's value has become a leaf.
  std::uint32_t track(Impl &value);
  std::uint32_t watch(Impl &value);
  void append(const detail::TapeOp &op);
  /// Results that no tape knows yet.
  void append(std::span<Impl *const> inputs, std::span<Impl *const> results,
              CustomGradient gradient);
  /// A Variable that holds a value gets another one.
  void rebind(const Impl &value, std::uint64_t variable);
  /// The same for all lists that are open on this thread, paused ones too.
  static void rebind_everywhere(const Impl &value, std::uint64_t variable);
  /// Numbers of the values that a Variable held before, oldest first.
  std::span<const std::uint32_t> held_before(std::uint64_t variable) const;

  std::uint32_t size() const noexcept { return static_cast<std::uint32_t>(entries.size()); }
  const TapeEntry &entry(std::uint32_t value) const noexcept { return entries[value]; }
  std::span<const TapeOperand> operands_of(const TapeEntry &entry) const noexcept {
    return {operands.data() + entry.first_operand, entry.operand_count};
  }
  /// Lets go what is kept for a value. Leaves stay as long as the list.
  void drop(std::uint32_t value) noexcept;

  /// Tapes that begin at value `begin` and are still recording.
  void open(std::uint32_t begin);
  void close(std::uint32_t begin) noexcept;
  /// What another thread may do instead of `close`; its own thread closes the tape later.
  void close_on_another_thread(std::uint32_t begin) noexcept;
  bool has_closed_elsewhere() const noexcept {
    return any_closed_elsewhere.load(std::memory_order_relaxed);
  }
  /// What these tapes kept goes with the list: a gradient that walks it now may need it.
  void close_what_others_closed() noexcept;
  bool is_open() const noexcept { return !begins.empty(); }
  std::size_t depth() const noexcept { return begins.size(); }
  /// Values below this number are needed by no open tape.
  std::uint32_t needed_from() const noexcept;
  /// Whether it belongs to the calling thread.
  bool is_mine() const noexcept;

private:
  std::uint32_t add_leaf(Impl &value);
  const Attr *keep_attrs(AttrWords words);
  void keep_operands(std::span<const Argument> arguments, std::size_t first, Keep keep);

  TapeList **const owner; ///< address of a variable of its thread
  const std::uint32_t serial;
  std::vector<TapeEntry> entries;
  std::vector<TapeOperand> operands;
  std::vector<std::unique_ptr<Attr>> own_attrs; ///< those the table of attributes had no room for
  std::unordered_map<const Impl *, std::uint32_t> leaves;
  std::deque<CustomGradient> custom;
  std::unordered_map<std::uint64_t, std::vector<std::uint32_t>> earlier; ///< by Variable
  std::vector<std::uint32_t> begins;                                     ///< of the open tapes
  std::atomic<bool> any_closed_elsewhere{false};
  std::mutex elsewhere; ///< guards the next
  std::vector<std::uint32_t> closed_elsewhere;
};

/// The list that records on this thread now, or null.
extern thread_local constinit TapeList *recording;
inline bool TapeList::is_mine() const noexcept { return owner == &recording; }
void set_recording(TapeList *list) noexcept;

/// Whether a value was used to make another, or is the same.
bool depends_on(const TapeList &list, std::uint32_t value, std::uint32_t source);

/// Walks from `target` back to `begin`. The gradient of every source, empty if it was not reached.
/// Keeps what an open tape still needs, and lets the rest go on the way.
std::vector<Tensor> walk_back(TapeList &list, std::uint32_t begin, std::uint32_t target,
                              Tensor start, std::span<const std::uint32_t> sources,
                              const std::source_location &site);

} // namespace jit::autograd
