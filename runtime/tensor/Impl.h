// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Impl: the value behind a tensor handle. Storage: a block of bytes that views share.
#pragma once

#include "runtime/base/Export.h"
#include "runtime/base/Meta.h"

#include <tracejit/tensor.h>

#include <atomic>
#include <cstdint>
#include <string_view>
#include <vector>

namespace jit {

class Session;
class DeviceMemory;
struct PackedMatrix;

/// Reference counted. `data` is 64-byte aligned unless adopted.
struct Storage {
  std::atomic<std::uint32_t> refs{1};
  /// Its device keeps a copy of it in memory of the host.
  std::atomic<bool> has_host_copy{false};
  std::byte *data = nullptr;
  std::size_t bytes = 0;
  /// Adopted memory belongs to `owner`; arena blocks have none. Never a donation target.
  void *owner = nullptr;
  void (*free_owner)(void *) = nullptr;
  /// Of what lies here, for products (kernels/contract/Weights.h).
  std::atomic<PackedMatrix *> packed{nullptr};
  /// The matrix that a product has read last, and how often, as they count it; 0: none has.
  std::atomic<std::uint64_t> last_product{0};
  DeviceMemory *device = nullptr; ///< null: the CPU
};
static_assert(sizeof(Storage) <= 64);

/// Whether drop_packed() has something to do.
inline bool has_packed(const Storage &storage) noexcept {
  return storage.last_product.load(std::memory_order_relaxed) != 0;
}

/// A block from the arena, or nullptr. Zero bytes give a valid storage.
TRACEJIT_PRIVATE Storage *new_storage(std::size_t bytes) noexcept;
/// A block of a device, which takes it back through DeviceMemory::let_go. nullptr: no memory for
/// the book-keeping, and the block was not taken over.
Storage *new_on_device(std::byte *data, std::size_t bytes, DeviceMemory &device) noexcept;
/// Memory of the user; `free_owner(owner)` is called when the last tensor lets go. nullptr without
/// memory for the book-keeping: then nothing was taken over.
Storage *new_adopted(std::byte *data, std::size_t bytes, void *owner,
                     void (*free_owner)(void *)) noexcept;
void retain(Storage *storage) noexcept;
void release(Storage *storage) noexcept;

/// Why values could not be computed: there was no memory for one of them. The message is put
/// together when somebody asks for a value, since there is no memory.
struct ValueFailure {
  std::atomic<std::uint32_t> refs{1};
  std::string_view op;
  const Meta *meta = nullptr; ///< interned
  const char *file = "";      ///< the user's line: of a Site
  std::uint32_t line = 0;

  Error error() const;
};

/// Where a value is: one word, so that a reader sees either the old state whole or the new one.
/// Ready carries the address of element [0, ..., 0], pending the session and the value's number
/// there; user addresses leave the top 17 bits free.
class Where {
public:
  enum State : std::uint8_t { ready, pending, failed };
  static constexpr std::uintptr_t pending_bit = std::uintptr_t{1} << 63;
  static constexpr std::uintptr_t failed_bit = std::uintptr_t{1} << 62;
  static constexpr int slot_shift = 47;
  static constexpr std::uintptr_t slot_bits = std::uintptr_t{0x7fff} << slot_shift;
  static constexpr std::size_t most_slots = 0x7fff + 1;

  static Where at(const std::byte *data) noexcept { return Where(address(data)); }
  static Where in(const Session *session, std::uint32_t slot) noexcept {
    return Where(address(session) | std::uintptr_t{slot} << slot_shift | pending_bit);
  }
  static Where broken(const ValueFailure *failure) noexcept {
    return Where(address(failure) | failed_bit);
  }
  Where() noexcept = default;

  State state() const noexcept {
    return bits & pending_bit ? pending : bits & failed_bit ? failed : ready;
  }
  std::byte *data() const noexcept { return reinterpret_cast<std::byte *>(bits); }
  Session *session() const noexcept {
    return reinterpret_cast<Session *>(bits & ~(pending_bit | slot_bits));
  }
  std::uint32_t slot() const noexcept {
    return static_cast<std::uint32_t>((bits & slot_bits) >> slot_shift);
  }
  /// Whether it waits in the session, under whatever number.
  bool is_in(const Session *session) const noexcept {
    return (bits & ~slot_bits) == (address(session) | pending_bit);
  }
  ValueFailure *failure() const noexcept {
    return reinterpret_cast<ValueFailure *>(bits & ~failed_bit);
  }
  /// The bits in which two places differ.
  std::uintptr_t difference(Where other) const noexcept { return bits ^ other.bits; }
  bool operator==(const Where &) const noexcept = default;

private:
  explicit Where(std::uintptr_t bits) noexcept : bits(bits) {}
  static std::uintptr_t address(const void *pointer) noexcept {
    return reinterpret_cast<std::uintptr_t>(pointer);
  }
  std::uintptr_t bits = 0;
};

/// A value's place on a gradient tape: node `index` of the list with this serial number. 0: none.
struct TapeRef {
  std::uint32_t serial = 0;
  std::uint32_t index = 0;
};

/// One value. Ready and Failed are final; bytes of a Ready value never change while anybody holds
/// it.
struct Impl : detail::ValueHead {
  enum Flags : std::uint8_t {
    range_known = 1, ///< index_min and index_max hold
    exported = 2,    ///< handed out for good: never a donation target
    trainable = 4,   ///< a trainable Variable holds or held it: tapes record what uses it
  };
  std::atomic<std::uint8_t> flags{0};
  std::atomic<Where> where{};
  const Meta *meta = nullptr;
  Storage *storage = nullptr; ///< null while pending
  /// The recording that produced this value and its number there; serial 0: none. Atomic because
  /// other threads' recorders compare it.
  std::atomic<std::uint64_t> recording{0};
  std::uint32_t recorded_value = 0;
  TapeRef edge;
  std::int64_t index_min = 0, index_max = 0;

  std::byte *data() const noexcept { return where.load(std::memory_order_acquire).data(); }
  /// Its number in its session. Precondition: it waits there.
  std::uint32_t slot() const noexcept { return where.load(std::memory_order_acquire).slot(); }
};
static_assert(sizeof(Impl) <= 128);

/// Where a ready value lies, if nobody else can write there: then its bytes stay as they are as
/// long as the storage has no new owner. Else null.
inline Storage *constant_storage(const Impl &value) noexcept {
  return value.flags.load(std::memory_order_relaxed) & Impl::exported ? nullptr : value.storage;
}

/// With one reference: a ready value at `data` inside `storage`. The storage's reference is taken
/// over or, with no memory for the value and nullptr returned, released.
TRACEJIT_PRIVATE Impl *new_ready(const Meta *meta, Storage *storage, std::byte *data) noexcept;
/// A value that waits in a session and that no handle holds any more: the session frees it.
inline constexpr std::uint32_t abandoned_refs = ~std::uint32_t{0};
/// What detail::destroy, which runtime/jit defines, does with a value that waits in no session.
void let_last_go(Impl &value) noexcept;
/// Frees a value that nobody can reach.
void free_impl(Impl *impl) noexcept;
inline void retain(Impl *impl) noexcept { detail::retain(impl); }
inline void release(Impl *impl) noexcept { detail::release(impl); }
inline void set_ready(Impl *impl, Storage *storage, std::byte *data) noexcept {
  impl->storage = storage;
  impl->where.store(Where::at(data), std::memory_order_release);
}
void set_failed(Impl *impl, ValueFailure *failure) noexcept;
void release(ValueFailure *failure) noexcept;

/// Which recorded values of this thread have died: how the first set of outputs of a trace is
/// known.
struct DeathLog {
  std::uint64_t recording = 0;
  std::vector<bool> dead;
};
/// The log of the recording that runs on this thread, or null.
extern thread_local constinit DeathLog *death_log;

namespace detail {
/// The runtime's way into the public handles.
struct Access {
  static Impl *impl(const Tensor &tensor) noexcept { return static_cast<Impl *>(tensor.value); }
  /// Another handle to the operand, which must be a tensor.
  static Tensor tensor_of(const Operand &operand) noexcept {
    detail::retain(operand.value);
    return tensor(static_cast<Impl *>(operand.value));
  }
  /// The same. Precondition: it is given; it may be empty.
  static Tensor tensor_of(const OptionalTensor &option) noexcept {
    detail::retain(option.value);
    return tensor(static_cast<Impl *>(option.value));
  }
  /// Takes over one reference.
  static Tensor tensor(Impl *impl) noexcept {
    Tensor out;
    out.value = impl;
    return out;
  }
  /// Null for a number and for an empty tensor.
  static Impl *impl(const Operand &operand) noexcept {
    return is_scalar(operand) ? nullptr : tensor_or_null(operand);
  }
  /// The same. Precondition: it is no number.
  static Impl *tensor_or_null(const Operand &operand) noexcept {
    return static_cast<Impl *>(operand.value);
  }
  static bool is_owned(const Operand &operand) noexcept {
    return operand.kind == Operand::Kind::owned;
  }
  static bool is_scalar(const Operand &operand) noexcept {
    return operand.kind > Operand::Kind::owned;
  }
  /// Precondition: it is a number. An integer of 2^63 or more is settled before this kind counts.
  static Scalar scalar(const Operand &operand) noexcept {
    return Scalar(static_cast<ScalarKind>(kind(operand) - kind_of_number(ScalarKind::boolean)),
                  operand.number);
  }
  /// Of a tensor 0 or 1, above the kinds of numbers.
  static std::uint8_t kind(const Operand &operand) noexcept {
    return static_cast<std::uint8_t>(operand.kind);
  }
  static constexpr std::uint8_t kind_of_number(ScalarKind kind) noexcept {
    return static_cast<std::uint8_t>(Operand::kind_of_number(kind));
  }
  static const std::source_location &site(const Operand &operand) noexcept { return operand.site; }
  /// Whether it is an integer of 2^63 or more.
  static bool is_huge(const Operand &operand) noexcept {
    return operand.kind == Operand::Kind::huge;
  }
  /// The same as an i64, which wraps.
  static Scalar wrapped(const Operand &operand) noexcept {
    return Scalar(ScalarKind::integer, operand.number);
  }
  /// Precondition: it is a number.
  static void replace(Operand &operand, Scalar number) noexcept {
    operand.number = number.bits;
    operand.kind = Operand::kind_of_number(number.weak_kind);
  }
  /// Makes the operand another tensor, at the same line.
  static void replace(Operand &operand, Tensor tensor) noexcept {
    drop(operand);
    operand.value = std::exchange(tensor.value, nullptr);
    operand.kind = Operand::Kind::owned;
  }
  /// Lets an owned handle go.
  static void drop(Operand &operand) noexcept {
    if (!is_owned(operand))
      return;
    operand.kind = Operand::Kind::borrowed;
    detail::release(operand.value);
  }
  using Box = Variable::Box;
};
} // namespace detail

} // namespace jit
