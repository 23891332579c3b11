// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Tensor: a handle to an immutable value. Variable: a box whose value can be replaced. Operand:
// what ops accept.
#pragma once

#include <tracejit/device.h>
#include <tracejit/dims.h>
#include <tracejit/dtype.h>
#include <tracejit/error.h>
#include <tracejit/methods.h>
#include <tracejit/scalar.h>

#include <atomic>
#include <iosfwd>
#include <memory>
#include <optional>
#include <ranges>
#include <source_location>
#include <string>
#include <utility>
#include <vector>

#pragma GCC visibility push(default)
namespace jit {

class Operand;
class Tensor;
class Variable;

namespace detail {

/// First member of every tensor value, so that copying a handle is inline.
struct ValueHead {
  std::atomic<std::uint32_t> refs;
};
void destroy(ValueHead *value) noexcept;

inline void retain(ValueHead *value) noexcept {
  if (value)
    value->refs.fetch_add(1, std::memory_order_relaxed);
}
/// The last reference is never counted down: destroy() finds a count of 1.
inline void release(ValueHead *value) noexcept {
  if (!value)
    return;
  std::uint32_t refs = value->refs.load(std::memory_order_acquire);
  while (refs != 1)
    if (value->refs.compare_exchange_weak(refs, refs - 1, std::memory_order_acq_rel,
                                          std::memory_order_acquire))
      return;
  destroy(value);
}

struct Access; ///< The runtime's way to the value behind a handle.

/// Integers that `item` refuses to cut off.
template <class T>
concept CheckedItem = std::integral<T> && !std::same_as<T, bool> &&
                      !std::same_as<T, std::uint8_t> && !std::same_as<T, std::int64_t>;

/// The user's source line, where `{}` in its place means a shape.
struct Line {
  std::source_location site;
  Line(std::source_location site) noexcept : site(site) {}
};

template <class R>
concept ContiguousRange =
    std::ranges::contiguous_range<R> && Element<std::ranges::range_value_t<R>>;

/// T in a vector that has its elements in memory, which one of bool has not.
template <class T> using Plain = std::conditional_t<std::same_as<T, bool>, std::byte, T>;
static_assert(sizeof(bool) == 1);

[[noreturn]] void throw_ragged(std::size_t got, std::size_t expected,
                               const std::source_location &site);

/// The elements of nested lists, whose lengths become the extents from `axis` on.
template <class T, class P>
void append(std::initializer_list<T> list, std::vector<P> &elements, DimList &shape,
            std::size_t axis, const std::source_location &site) {
  const bool is_first = elements.empty() && shape[axis] == 0;
  if (!is_first && static_cast<std::int64_t>(list.size()) != shape[axis])
    throw_ragged(list.size(), static_cast<std::size_t>(shape[axis]), site);
  shape[axis] = static_cast<std::int64_t>(list.size());
  for (const T &part : list)
    if constexpr (Element<T>)
      elements.push_back(P(part));
    else
      append(part, elements, shape, axis + 1, site);
}

} // namespace detail

/// Where slices start and end, as in NumPy: negative counts from the end, out-of-range is clipped.
struct slice {
  std::optional<std::int64_t> begin, end;
  std::int64_t step = 1;
  slice() noexcept = default;
  slice(std::optional<std::int64_t> begin, std::optional<std::int64_t> end, std::int64_t step = 1)
      : begin(begin), end(end), step(step) {}
};
struct NewAxis {};
struct Ellipsis {};
inline constexpr NewAxis newaxis{};
inline constexpr Ellipsis ellipsis{};

namespace detail {
/// One index of Tensor::operator(), with the user's source line. Built by conversion at the call.
struct Index {
  enum Kind : std::uint8_t { integer, range, new_axis, rest, tensor, absent } kind;
  std::int64_t position = 0;
  slice bounds;
  const Tensor *indices = nullptr;
  std::source_location site;
  Index() noexcept : kind(absent) {}
  template <std::integral T>
  Index(T value, std::source_location site = std::source_location::current())
      : kind(integer), position(Scalar(value).as_int()), site(site) {}
  Index(slice value, std::source_location site = std::source_location::current())
      : kind(range), bounds(value), site(site) {}
  Index(NewAxis, std::source_location site = std::source_location::current())
      : kind(new_axis), site(site) {}
  Index(Ellipsis, std::source_location site = std::source_location::current())
      : kind(rest), site(site) {}
  Index(const Tensor &value, std::source_location site = std::source_location::current())
      : kind(tensor), indices(&value), site(site) {}
  Index(const Variable &value, std::source_location site = std::source_location::current());
};

enum class Change : std::uint8_t { set, add, subtract, multiply, divide };

/// Some elements of a named Tensor or Variable, which an assignment replaces: the handle gets a new
/// value, and no other handle sees a change. If it throws, the handle keeps its own.
class Place {
public:
  Place(Tensor &target, std::vector<Index> indices) noexcept
      : tensor(&target), indices(std::move(indices)) {}
  Place(Variable &target, std::vector<Index> indices) noexcept
      : variable(&target), indices(std::move(indices)) {}
  Place(const Place &) = delete;
  /// A number, or a tensor that broadcasts to the elements; floats do not become integers by
  /// themselves.
  void operator=(Operand value) &&;
  /// With a tensor of indices every update counts, however often its place is named.
  void operator+=(Operand value) &&;
  void operator-=(Operand value) &&;
  void operator*=(Operand value) &&;
  /// Not with a tensor of indices.
  void operator/=(Operand value) &&;

private:
  void change(Change how, Operand value);
  Tensor *tensor = nullptr;
  Variable *variable = nullptr;
  std::vector<Index> indices;
};
std::vector<Index> named_indices(std::initializer_list<Index> indices);
} // namespace detail

/// An 8-byte handle to an immutable value; copying shares it. Values may be pending: reading bytes
/// runs what is needed first, asking for dtype or shape never does. Elements of a GPU are read
/// through a copy in memory of the host. Handles may be used from any
/// thread; one handle object is used by one thread at a time, as with shared_ptr.
class Tensor : public detail::Methods<Tensor> {
public:
  /// Empty: any use but assignment throws invalid_argument.
  Tensor() noexcept = default;
  /// Rank 0, of the given dtype or the number's default (bool, i64, f32).
  explicit Tensor(Scalar value, std::optional<DType> dtype = {},
                  std::source_location site = std::source_location::current());
  Tensor(const Tensor &other) noexcept : Methods(), value(other.value) { detail::retain(value); }
  Tensor(Tensor &&other) noexcept : Methods(), value(std::exchange(other.value, nullptr)) {}
  /// Not to a temporary: `x(0) = y` would change nothing.
  Tensor &operator=(const Tensor &other) & noexcept {
    detail::retain(other.value);
    detail::release(std::exchange(value, other.value));
    return *this;
  }
  Tensor &operator=(Tensor &&other) & noexcept {
    detail::release(std::exchange(value, std::exchange(other.value, nullptr)));
    return *this;
  }
  ~Tensor() { detail::release(value); }

  /// Copies the elements before it returns. Throws if their number is not that of the shape.
  template <detail::ContiguousRange R>
  static Tensor copy_of(const R &elements, DimList shape,
                        std::source_location site = std::source_location::current()) {
    using T = std::ranges::range_value_t<R>;
    return copy_bytes(dtype_of<T>, shape, std::ranges::data(elements), std::ranges::size(elements),
                      site);
  }
  template <Element T>
  static Tensor copy_of(std::initializer_list<T> elements, DimList shape,
                        std::source_location site = std::source_location::current()) {
    return copy_bytes(dtype_of<T>, shape, elements.begin(), elements.size(), site);
  }
  /// The same along one axis.
  template <detail::ContiguousRange R>
  static Tensor copy_of(const R &elements, detail::Line line = std::source_location::current()) {
    return copy_of(elements, DimList{static_cast<std::int64_t>(std::ranges::size(elements))},
                   line.site);
  }
  template <Element T>
  static Tensor copy_of(std::initializer_list<T> elements,
                        detail::Line line = std::source_location::current()) {
    return copy_of(elements, DimList{static_cast<std::int64_t>(elements.size())}, line.site);
  }
  /// Of rows of equal length, or of matrices of equal shape: `copy_of({{1.0, 2.0}, {3.0, 4.0}})`.
  template <Element T>
  static Tensor copy_of(std::initializer_list<std::initializer_list<T>> rows,
                        detail::Line line = std::source_location::current()) {
    std::vector<detail::Plain<T>> elements;
    DimList shape{0, 0};
    detail::append(rows, elements, shape, 0, line.site);
    return copy_bytes(dtype_of<T>, shape, elements.data(), elements.size(), line.site);
  }
  template <Element T>
  static Tensor
  copy_of(std::initializer_list<std::initializer_list<std::initializer_list<T>>> matrices,
          detail::Line line = std::source_location::current()) {
    std::vector<detail::Plain<T>> elements;
    DimList shape{0, 0, 0};
    detail::append(matrices, elements, shape, 0, line.site);
    return copy_bytes(dtype_of<T>, shape, elements.data(), elements.size(), line.site);
  }
  /// Takes over the vector's memory. Throws if its size is not that of the shape.
  template <Element T>
    requires(!std::same_as<T, bool>)
  static Tensor adopt(std::vector<T> &&elements, DimList shape,
                      std::source_location site = std::source_location::current()) {
    auto owner = std::make_unique<std::vector<T>>(std::move(elements));
    void *data = owner->data();
    const std::size_t count = owner->size();
    return adopt_bytes(
        dtype_of<T>, shape, data, count, owner.release(),
        [](void *vector) { delete static_cast<std::vector<T> *>(vector); }, site);
  }

  bool empty() const noexcept { return value == nullptr; }
  DType dtype(std::source_location site = std::source_location::current()) const;
  Dims shape(std::source_location site = std::source_location::current()) const;
  int ndim(std::source_location site = std::source_location::current()) const {
    return static_cast<int>(shape(site).size());
  }
  /// Extent of one axis; negative ones count from the end.
  std::int64_t shape(int axis, std::source_location site = std::source_location::current()) const;
  std::int64_t size(std::source_location site = std::source_location::current()) const;
  bool is_contiguous(std::source_location site = std::source_location::current()) const;

  /// Where the elements lie, and where ops on them run.
  Device device(std::source_location site = std::source_location::current()) const;
  /// The same elements on another device, in row-major order; this tensor if it lies there. Tapes
  /// see through it. Throws Error(device) if the device cannot be used.
  Tensor to(Device device, std::source_location site = std::source_location::current()) const;

  /// The one element, converted to T by the rules of casts. Throws unless size() is 1.
  template <Element T>
    requires(!detail::CheckedItem<T>)
  T item(std::source_location site = std::source_location::current()) const {
    T out;
    read_item(dtype_of<T>, &out, site);
    return out;
  }
  /// The one element as a number of its own kind. Throws unless size() is 1.
  Scalar item(std::source_location site = std::source_location::current()) const;
  /// As item<std::int64_t>(), for other integers. Throws too if T cannot hold the number.
  template <detail::CheckedItem T>
  T item(std::source_location site = std::source_location::current()) const {
    const auto number = item<std::int64_t>(site);
    if (!std::in_range<T>(number))
      refuse_item(number, site);
    return static_cast<T>(number);
  }
  /// The elements in memory. Throws unless contiguous and of dtype T. Valid while a handle lives.
  template <Element T>
  std::span<const T> data(std::source_location site = std::source_location::current()) const & {
    return {static_cast<const T *>(read_data(dtype_of<T>, site)),
            static_cast<std::size_t>(size(site))};
  }
  template <Element T> std::span<const T> data() const && = delete;
  /// The elements in row-major order, whatever the layout. Throws unless of dtype T.
  template <Element T>
  std::vector<T> to_vector(std::source_location site = std::source_location::current()) const {
    if constexpr (std::same_as<T, bool>) {
      std::unique_ptr<bool[]> buffer(new bool[static_cast<std::size_t>(size(site))]);
      read_all(dtype_of<T>, buffer.get(), site);
      return std::vector<bool>(buffer.get(), buffer.get() + size(site));
    } else {
      std::vector<T> out(static_cast<std::size_t>(size(site)));
      read_all(dtype_of<T>, out.data(), site);
      return out;
    }
  }
  /// item<bool>(): size() must be 1, so write any(x) or all(x); NaN is true. The one observation
  /// whose line is not known: a conversion has no place for it.
  explicit operator bool() const { return item<bool>(std::source_location()); }

  /// This tensor if it is contiguous, else a row-major copy.
  Tensor contiguous(std::source_location site = std::source_location::current()) const;
  /// NumPy's basic indexing with integers, slice, newaxis, ellipsis; a tensor of integers takes
  /// along its axis, several in pairs: they broadcast, and their axis comes first if theirs are not
  /// side by side. A mask, which stands alone, has the first extents of this tensor: the result is
  /// what lies where it is true, so its shape has to be read. At most eight indices.
  Tensor operator()(detail::Index a) const { return index_with({a}); }
  Tensor operator[](detail::Index a) const { return index_with({a}); }
  Tensor operator()(detail::Index a, detail::Index b) const { return index_with({a, b}); }
  Tensor operator()(detail::Index a, detail::Index b, detail::Index c) const {
    return index_with({a, b, c});
  }
  Tensor operator()(detail::Index a, detail::Index b, detail::Index c, detail::Index d) const {
    return index_with({a, b, c, d});
  }
  Tensor operator()(detail::Index a, detail::Index b, detail::Index c, detail::Index d,
                    detail::Index e) const {
    return index_with({a, b, c, d, e});
  }
  Tensor operator()(detail::Index a, detail::Index b, detail::Index c, detail::Index d,
                    detail::Index e, detail::Index f) const {
    return index_with({a, b, c, d, e, f});
  }
  Tensor operator()(detail::Index a, detail::Index b, detail::Index c, detail::Index d,
                    detail::Index e, detail::Index f, detail::Index g) const {
    return index_with({a, b, c, d, e, f, g});
  }
  Tensor operator()(detail::Index a, detail::Index b, detail::Index c, detail::Index d,
                    detail::Index e, detail::Index f, detail::Index g, detail::Index h) const {
    return index_with({a, b, c, d, e, f, g, h});
  }

  /// x.at(0, slice(2, 5)) = y, x.at(mask) = 0, x.at(indices) += y: indices as for reading. Nothing
  /// is copied but y if nobody else holds the elements.
  detail::Place at(detail::Index a, detail::Index b = {}, detail::Index c = {},
                   detail::Index d = {}, detail::Index e = {}, detail::Index f = {},
                   detail::Index g = {}, detail::Index h = {}) & {
    return {*this, detail::named_indices({a, b, c, d, e, f, g, h})};
  }

  /// This handle gets another value: `x += y` is `x = x + y`. If that throws, it keeps its own.
  Tensor &operator+=(Operand value) &;
  Tensor &operator-=(Operand value) &;
  Tensor &operator*=(Operand value) &;
  Tensor &operator/=(Operand value) &;

private:
  friend class Operand;
  friend class detail::OptionalTensor;
  friend struct detail::Access;
  static Tensor copy_bytes(DType dtype, DimList shape, const void *data, std::size_t count,
                           const std::source_location &site);
  static Tensor adopt_bytes(DType dtype, DimList shape, void *data, std::size_t count, void *owner,
                            void (*free_owner)(void *), const std::source_location &site);
  void read_item(DType as, void *out, const std::source_location &site) const;
  [[noreturn]] static void refuse_item(std::int64_t number, const std::source_location &site);
  const void *read_data(DType as, const std::source_location &site) const;
  void read_all(DType as, void *out, const std::source_location &site) const;
  Tensor index_with(std::initializer_list<detail::Index> indices) const;

  detail::ValueHead *value = nullptr;
};

/// What unique_all finds.
struct UniqueAll {
  Tensor values, indices, inverse_indices, counts;
};

namespace detail {
/// What has no room for the user's source line otherwise: the right side of `=` and of `<<`. Built
/// by conversion at the call.
struct PlacedTensor {
  Tensor tensor;
  std::source_location site;
  PlacedTensor(Tensor tensor, std::source_location site = std::source_location::current()) noexcept
      : tensor(std::move(tensor)), site(site) {}
  PlacedTensor(const Variable &variable,
               std::source_location site = std::source_location::current()) noexcept;
};
} // namespace detail

std::ostream &operator<<(std::ostream &stream, const detail::PlacedTensor &value);

struct VariableOptions {
  std::string name;
  bool trainable = true;
};

/// A mutable box with a stable identity: movable, not copyable. Assignment replaces the handle and
/// never copies bytes; shape and dtype stay those of the first value. Sharing a Variable between
/// threads needs the user's own lock.
class Variable : public detail::Methods<Variable> {
public:
  explicit Variable(Tensor init, VariableOptions options = {},
                    std::source_location site = std::source_location::current());
  Variable(Variable &&) noexcept;
  Variable &operator=(Variable &&) noexcept;
  ~Variable();

  /// Throws invalid_argument if shape or dtype differ.
  Variable &operator=(detail::PlacedTensor value);
  Variable &operator+=(Operand value);
  Variable &operator-=(Operand value);
  Variable &operator*=(Operand value);
  Variable &operator/=(Operand value);

  const Tensor &value() const noexcept;
  operator const Tensor &() const noexcept { return value(); }
  DType dtype(std::source_location site = std::source_location::current()) const {
    return value().dtype(site);
  }
  Dims shape(std::source_location site = std::source_location::current()) const {
    return value().shape(site);
  }
  Device device(std::source_location site = std::source_location::current()) const {
    return value().device(site);
  }
  Tensor to(Device device, std::source_location site = std::source_location::current()) const {
    return value().to(device, site);
  }
  /// As those of the value.
  template <class T> T item(std::source_location site = std::source_location::current()) const {
    return value().item<T>(site);
  }
  Scalar item(std::source_location site = std::source_location::current()) const {
    return value().item(site);
  }
  template <Element T>
  std::vector<T> to_vector(std::source_location site = std::source_location::current()) const {
    return value().to_vector<T>(site);
  }
  Tensor operator()(detail::Index a) const { return value()(a); }
  Tensor operator()(detail::Index a, detail::Index b) const { return value()(a, b); }
  Tensor operator()(detail::Index a, detail::Index b, detail::Index c) const {
    return value()(a, b, c);
  }
  Tensor operator()(detail::Index a, detail::Index b, detail::Index c, detail::Index d) const {
    return value()(a, b, c, d);
  }
  /// As that of a Tensor; the Variable is assigned.
  detail::Place at(detail::Index a, detail::Index b = {}, detail::Index c = {},
                   detail::Index d = {}, detail::Index e = {}, detail::Index f = {},
                   detail::Index g = {}, detail::Index h = {}) & {
    return {*this, detail::named_indices({a, b, c, d, e, f, g, h})};
  }
  const std::string &name() const noexcept;
  bool trainable() const noexcept;

private:
  friend struct detail::Access;
  struct Box;
  std::unique_ptr<Box> box;
};

namespace detail {
inline Index::Index(const Variable &value, std::source_location site)
    : Index(value.value(), site) {}
inline OptionalTensor::OptionalTensor(const Tensor &tensor) noexcept
    : value(tensor.value), given(true) {
  retain(value);
}
inline OptionalTensor::OptionalTensor(const Variable &variable) noexcept
    : OptionalTensor(variable.value()) {}
inline OptionalTensor::OptionalTensor(const OptionalTensor &other) noexcept
    : value(other.value), given(other.given) {
  retain(value);
}
inline OptionalTensor::~OptionalTensor() { release(value); }
inline PlacedTensor::PlacedTensor(const Variable &variable, std::source_location site) noexcept
    : PlacedTensor(variable.value(), site) {}
} // namespace detail

/// An argument of an op: a tensor, a Variable or a number, with the user's source line. Built by
/// conversion at the call; an rvalue tensor is taken over and let go as soon as the op is recorded.
class Operand {
public:
  Operand(const Tensor &tensor,
          std::source_location site = std::source_location::current()) noexcept
      : site(site), value(tensor.value), kind(Kind::borrowed) {}
  Operand(Tensor &&tensor, std::source_location site = std::source_location::current()) noexcept
      : site(site), value(std::exchange(tensor.value, nullptr)), kind(Kind::owned) {}
  Operand(const Variable &variable,
          std::source_location site = std::source_location::current()) noexcept
      : Operand(variable.value(), site) {}
  template <Number T>
  Operand(T number, std::source_location site = std::source_location::current()) noexcept
      : Operand(Scalar(number), site) {}
  Operand(Scalar number, std::source_location site = std::source_location::current()) noexcept
      : site(site), number(number.bits), kind(kind_of_number(number.weak_kind)) {}
  Operand(Operand &&other) noexcept : site(other.site), kind(other.kind) {
    if (kind > Kind::owned) {
      number = other.number;
      return;
    }
    value = other.value;
    other.kind = Kind::borrowed;
  }
  Operand &operator=(Operand &&) = delete;
  ~Operand() {
    if (kind == Kind::owned)
      detail::release(value);
  }

private:
  friend struct detail::Access;
  /// Numbers come last, in the order of ScalarKind.
  enum class Kind : std::uint8_t { borrowed, owned, boolean, integer, floating, huge };
  static constexpr Kind kind_of_number(ScalarKind kind) noexcept {
    return static_cast<Kind>(static_cast<std::uint8_t>(Kind::boolean) +
                             static_cast<std::uint8_t>(kind));
  }

  std::source_location site;
  union {
    detail::ValueHead *value;
    detail::NumberBits number;
  };
  Kind kind;
};

// C++ would read whole tensors as conditions. Of elements: x & y, x | y, ~x. Of all of them:
// any(x), all(x). Of one element: x.item<bool>().
void operator&&(const Tensor &, const Tensor &) = delete; // write x & y, or all(x) && all(y)
void operator||(const Tensor &, const Tensor &) = delete; // write x | y, or any(x) || any(y)
void operator!(const Tensor &) = delete; // write ~x or logical_not(x), or !any(x).item<bool>()

} // namespace jit
#pragma GCC visibility pop
