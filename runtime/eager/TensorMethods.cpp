// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Members of Tensor: making tensors of user memory, asking for metadata, reading elements.
#include "runtime/eager/Devices.h"
#include "runtime/eager/Dispatch.h"
#include "runtime/eager/Start.h"
#include "runtime/eager/Typed.h"
#include "runtime/kernels/Mxcsr.h"
#include "runtime/ops/Attributes.h"
#include "runtime/ops/Axes.h"
#include "runtime/tensor/Print.h"

#include <tracejit/device.h>
#include <tracejit/ops.h>
#include <tracejit/tensor.h>

#include <array>
#include <cstring>
#include <ostream>
#include <utility>

namespace jit {

using detail::Access;
using std::source_location;

static Impl &usable(const Tensor &tensor, std::string_view function, const source_location &site) {
  Impl *impl = Access::impl(tensor);
  if (!impl)
    detail::throw_empty(function, site);
  return *impl;
}

void detail::throw_ragged(std::size_t got, std::size_t expected, const source_location &site) {
  throw Error(ErrorCode::invalid_argument,
              "copy_of: a list of " + std::to_string(got) + " elements beside one of " +
                  std::to_string(expected),
              site);
}

/// The meta of user data. Throws unless the count is that of the shape.
static const Meta *meta_of_data(std::string_view function, DType dtype, Dims shape,
                                std::size_t count, DeviceNumber device,
                                const source_location &site) {
  const std::optional<std::int64_t> size = checked_size(dtype, shape);
  if (!size)
    throw Error(ErrorCode::invalid_argument,
                std::string(function) + ": shape " + describe(dtype, shape) +
                    " has a negative extent or more bytes than 64 bits can count",
                site);
  if (static_cast<std::size_t>(*size) != count)
    throw Error(ErrorCode::invalid_argument,
                std::string(function) + ": " + std::to_string(count) + " elements given for " +
                    describe(dtype, shape) + " of " + std::to_string(*size),
                site);
  return contiguous_value_meta(dtype, shape, device);
}

Tensor::Tensor(Scalar number, std::optional<DType> dtype, source_location site) {
  *this = full({}, Operand(number, site), dtype ? *dtype : default_dtype(number.kind()));
}

/// A tensor over the whole storage, whose reference it takes over, as it does the meta's.
static Tensor whole(std::string_view function, const Meta *meta, Storage *storage,
                    const source_location &site) {
  Impl *impl = storage ? new_ready(meta, storage, storage->data) : nullptr;
  if (impl)
    return Access::tensor(impl);
  const Error error = detail::memory_error(function, *meta, site);
  release_meta(meta);
  throw error;
}

/// False: its device cannot be used.
static bool fill(Storage &storage, const std::byte *data) noexcept {
  if (storage.device)
    return storage.device->upload(storage.data, data, storage.bytes);
  std::memcpy(storage.data, data, storage.bytes);
  return true;
}

Tensor Tensor::copy_bytes(DType dtype, DimList shape, const void *data, std::size_t count,
                          const source_location &site) {
  return detail::typed("copy_of", site, [&] {
    const DeviceNumber device = default_device();
    const Meta *meta = meta_of_data("copy_of", dtype, shape, count, device, site);
    Storage *storage = new_storage(meta->bytes(), device);
    if (storage && meta->bytes() && !fill(*storage, static_cast<const std::byte *>(data)))
      release(std::exchange(storage, nullptr));
    return whole("copy_of", meta, storage, site);
  });
}

Tensor Tensor::adopt_bytes(DType dtype, DimList shape, void *data, std::size_t count, void *owner,
                           void (*free_owner)(void *), const source_location &site) {
  struct Guard {
    void *owner;
    void (*free_owner)(void *);
    ~Guard() {
      if (owner)
        free_owner(owner);
    }
  } guard{owner, free_owner};
  return detail::typed("adopt", site, [&] {
    const Meta *meta = meta_of_data("adopt", dtype, shape, count, on_cpu, site);
    Storage *storage =
        new_adopted(static_cast<std::byte *>(data), meta->bytes(), owner, free_owner);
    if (storage)
      guard.owner = nullptr;
    return whole("adopt", meta, storage, site);
  });
}

DType Tensor::dtype(source_location site) const { return usable(*this, "dtype", site).meta->dtype; }
Dims Tensor::shape(source_location site) const { return usable(*this, "shape", site).meta->dims(); }
std::int64_t Tensor::size(source_location site) const {
  return usable(*this, "size", site).meta->size;
}
bool Tensor::is_contiguous(source_location site) const {
  return usable(*this, "is_contiguous", site).meta->contiguous;
}

Tensor Tensor::contiguous(source_location site) const {
  if (is_contiguous(site))
    return *this;
  // A flattening reshape copies, but for axes that lie like one with steps.
  const DimList shape(this->shape());
  Tensor flat = jit::reshape(Operand(*this, site), {-1});
  if (!flat.is_contiguous(site))
    flat = concat({flat}, 0, site);
  return jit::reshape(Operand(std::move(flat), site), shape);
}

void Tensor::read_item(DType as, void *out, const source_location &site) const {
  Impl &impl = usable(*this, "item", site);
  if (impl.meta->size != 1)
    throw Error(ErrorCode::invalid_argument,
                "item: needs a tensor of one element, got " + describe(*impl.meta) +
                    (impl.meta->dtype == DType::boolean ? "; any and all make one of many" : ""),
                site);
  detail::ensure_started(site); // there may have been no op so far
  detail::make_ready(impl, site);
  // Not an op of the program: it must not appear in traces.
  alignas(64) std::array<std::byte, 64> converted;
  const KernelOperand operand{impl.meta, detail::host_bytes(impl, "item", site), 0};
  const KernelResult result{detail::typed("item", site, [&] { return intern_contiguous(as, {}); }),
                            converted.data()};
  const AttrWriter attrs = AttrWriter().dtype(as);
  if (!run_kernel({OpKind::astype, attrs, {&operand, 1}, {&result, 1}}))
    throw Error(ErrorCode::out_of_memory, "item: no scratch memory", site);
  std::memcpy(out, converted.data(), itemsize(as));
}

Scalar Tensor::item(source_location site) const {
  const DType dtype = usable(*this, "item", site).meta->dtype;
  if (is_float(dtype))
    return item<double>(site);
  if (dtype == DType::boolean)
    return item<bool>(site);
  return item<std::int64_t>(site);
}

void Tensor::refuse_item(std::int64_t number, const source_location &site) {
  throw Error(ErrorCode::invalid_argument,
              "item: " + std::to_string(number) + " does not fit the integer type", site);
}

std::int64_t Tensor::shape(int axis, source_location site) const {
  const Meta &meta = *usable(*this, "shape", site).meta;
  std::int64_t resolved = 0;
  if (const auto message = resolve_axis("shape", meta, axis, meta.rank, resolved))
    throw Error(ErrorCode::invalid_argument, *message, site);
  return meta.dim_values[resolved];
}

// The handle is borrowed by the op, and assigned after it: an op that throws leaves it as it was.
template <Tensor (*op)(Operand &&, Operand &&)>
static Tensor &update(Tensor &tensor, Operand &&value) {
  const source_location site = Access::site(value);
  return tensor = op(Operand(std::as_const(tensor), site), std::move(value));
}
Tensor &Tensor::operator+=(Operand value) & { return update<jit::add>(*this, std::move(value)); }
Tensor &Tensor::operator-=(Operand value) & {
  return update<jit::subtract>(*this, std::move(value));
}
Tensor &Tensor::operator*=(Operand value) & {
  return update<jit::multiply>(*this, std::move(value));
}
Tensor &Tensor::operator/=(Operand value) & { return update<jit::divide>(*this, std::move(value)); }

static void check_dtype(const Impl &impl, DType as, std::string_view function,
                        const source_location &site) {
  if (impl.meta->dtype != as)
    throw Error(ErrorCode::invalid_argument,
                std::string(function) + ": " + describe(*impl.meta) + " read as " +
                    std::string(name(as)) + "; convert it with astype first",
                site);
}

const void *Tensor::read_data(DType as, const source_location &site) const {
  Impl &impl = usable(*this, "data", site);
  check_dtype(impl, as, "data", site);
  if (!impl.meta->contiguous)
    throw Error(ErrorCode::invalid_argument,
                "data: " + describe(*impl.meta) +
                    " is not contiguous; use contiguous() or to_vector",
                site);
  detail::make_ready(impl, site);
  // The user holds a pointer from now on: the bytes must never be reused while a handle lives,
  // which reference counts see to.
  return detail::host_bytes(impl, "data", site);
}

void Tensor::read_all(DType as, void *out, const source_location &site) const {
  Impl &impl = usable(*this, "to_vector", site);
  check_dtype(impl, as, "to_vector", site);
  detail::ensure_started(site);
  detail::make_ready(impl, site);
  copy_strided(*impl.meta, detail::host_bytes(impl, "to_vector", site),
               static_cast<std::byte *>(out));
}

std::ostream &operator<<(std::ostream &stream, const detail::PlacedTensor &value) {
  Impl *impl = Access::impl(value.tensor);
  if (!impl)
    return stream << "empty tensor";
  detail::make_ready(*impl, value.site);
  const std::byte *bytes = detail::host_bytes(*impl, "printing", value.site);
  const MxcsrGuard environment; // digits of denormals
  print(stream, impl->meta->dtype, impl->meta->dims(), impl->meta->strides(), bytes);
  if (impl->meta->device != on_cpu)
    stream << '@' << to_string(value.tensor.device(value.site));
  return stream;
}

} // namespace jit
