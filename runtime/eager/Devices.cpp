// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Public functions of devices: choosing one, moving tensors there and back.
#include "runtime/eager/Devices.h"

#include "runtime/cuda/Devices.h"
#include "runtime/eager/Dispatch.h"
#include "runtime/eager/Start.h"
#include "runtime/eager/Typed.h"
#include "runtime/jit/Segment.h"
#include "runtime/jit/Session.h"
#include "runtime/kernels/DeviceBackend.h"
#include "runtime/ops/OpTable.h"

#include <tracejit/device.h>

namespace jit {

using detail::Access;
using std::source_location;

detail::MoveHook detail::move_hook = nullptr;

std::string to_string(Device device) {
  return device.kind == Device::cpu ? "cpu" : "cuda:" + std::to_string(device.index);
}

static Device device_of(DeviceNumber number) noexcept {
  return number == on_cpu ? Device{} : Device{Device::cuda, number - 1};
}

/// Opens it if need be.
static DeviceNumber number_of(std::string_view function, Device device,
                              const source_location &site) {
  if (device.kind == Device::cpu)
    return on_cpu;
  const Result<DeviceNumber> number = gpu::open(device.index);
  if (!number)
    throw Error(ErrorCode::device, std::string(function) + ": " + number.message(), site);
  return *number;
}

Device cuda(int index, source_location site) {
  return device_of(number_of("cuda", {Device::cuda, index}, site));
}

int cuda_device_count() noexcept { return gpu::device_count(); }
std::string cuda_refusal() { return gpu::refusal(); }

DeviceScope::DeviceScope(Device device, source_location site) : outer(default_device()) {
  set_default_device(number_of("DeviceScope", device, site));
}
DeviceScope::~DeviceScope() { set_default_device(outer); }

Error detail::memory_error(std::string_view function, const Meta &meta,
                           const source_location &site) {
  std::string text = std::string(function) + ": cannot allocate " + std::to_string(meta.bytes()) +
                     " bytes for " + describe(meta);
  if (meta.device != on_cpu) {
    const DeviceBackend &backend = DeviceBackend::of(meta.device);
    if (const auto refusal = backend.refusal())
      return {ErrorCode::device, std::string(function) + ": " + *refusal, site};
    text += ": " + backend.memory_text();
  }
  return {ErrorCode::out_of_memory, text, site};
}

const std::byte *detail::host_bytes(const Impl &value, std::string_view function,
                                    const source_location &site) {
  const std::byte *bytes = jit::host_bytes(value);
  if (!bytes && value.meta->size > 0)
    throw memory_error(function, *value.meta, site);
  return bytes;
}

Device Tensor::device(source_location site) const {
  const Impl *impl = Access::impl(*this);
  if (!impl)
    detail::throw_empty("device", site);
  return device_of(impl->meta->device);
}

Tensor detail::on_default_device(Tensor tensor, const source_location &site) {
  return default_device() == on_cpu ? tensor : tensor.to(device_of(default_device()), site);
}

namespace {

/// Copies between one device and the CPU, into a block of row-major elements.
class Move {
public:
  Move(const Impl &from, DeviceNumber to, const source_location &site)
      : from(from), target(to), site(site) {}

  Tensor run() {
    const Meta *meta = contiguous_value_meta(from.meta->dtype, from.meta->dims(), target);
    Storage *storage = new_storage(meta->bytes(), target);
    if (!storage || !(target == on_cpu ? fill_from_device(*storage) : fill_from_host(*storage))) {
      const Error error =
          detail::memory_error("to", *(storage && target == on_cpu ? from.meta : meta), site);
      if (storage)
        release(storage);
      release_meta(meta);
      throw error;
    }
    Impl *impl = new_ready(meta, storage, storage->data);
    if (!impl) {
      release_meta(meta);
      detail::throw_out_of_memory("to", site);
    }
    return Access::tensor(impl);
  }

private:
  bool fill_from_device(Storage &storage) {
    if (from.meta->size == 0)
      return true;
    if (from.meta->contiguous)
      return DeviceMemory::of(from.meta->device)
          .download(storage.data, from.data(), from.meta->bytes());
    const std::byte *bytes = jit::host_bytes(from);
    if (bytes)
      copy_strided(*from.meta, bytes, storage.data);
    return bytes != nullptr;
  }

  bool fill_from_host(Storage &storage) {
    const auto upload = [&](const std::byte *elements) {
      return DeviceMemory::of(target).upload(storage.data, elements, from.meta->bytes());
    };
    if (from.meta->size == 0)
      return true;
    if (from.meta->contiguous)
      return upload(from.data());
    Storage *rows = new_storage(from.meta->bytes(), on_cpu);
    if (!rows)
      return false;
    copy_strided(*from.meta, from.data(), rows->data);
    const bool done = upload(rows->data);
    release(rows);
    return done;
  }

  const Impl &from;
  const DeviceNumber target;
  const source_location &site;
};

/// Index operands need their range before they are used: it is cheap to find on the way.
void keep_range(Impl &from, const Tensor &moved) {
  constexpr std::size_t most_bytes = std::size_t{64} << 20;
  if (!is_integer(from.meta->dtype) || from.meta->bytes() > most_bytes)
    return;
  const IndexRange range = known_range(from);
  Impl &to = *Access::impl(moved);
  to.index_min = range.min;
  to.index_max = range.max;
  to.flags.fetch_or(Impl::range_known, std::memory_order_release);
}

} // namespace

Tensor Tensor::to(Device device, source_location site) const {
  Impl *impl = Access::impl(*this);
  if (!impl)
    detail::throw_empty("to", site);
  detail::ensure_started(site);
  const DeviceNumber target = number_of("to", device, site);
  if (impl->meta->device == target)
    return *this;
  detail::make_ready(*impl, site);
  if (impl->meta->device != on_cpu && target != on_cpu)
    return to({}, site).to(device, site);
  return detail::typed("to", site, [&] {
    Tensor moved = Move(*impl, target, site).run();
    if (target != on_cpu)
      keep_range(*impl, moved);
    if (detail::move_hook)
      detail::move_hook(*this, moved, site);
    return moved;
  });
}

MemoryStats memory_stats(Device device) noexcept {
  if (device.kind == Device::cpu)
    return memory_stats();
  return gpu::memory_stats(device.index);
}

void *cuda_stream(int index, source_location site) {
  const DeviceNumber number = number_of("cuda_stream", {Device::cuda, index}, site);
  interrupt_segment(ExitReason::observe);
  Session::close_all(ExitReason::observe);
  return gpu::stream_handle(number);
}

} // namespace jit
