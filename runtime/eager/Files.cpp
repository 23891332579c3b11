// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Tensors in files: the public functions over the readers and writers of runtime/tensor.
#include "runtime/eager/Dispatch.h"
#include "runtime/eager/Typed.h"
#include "runtime/tensor/Idx.h"
#include "runtime/tensor/Npy.h"

#include <tracejit/io.h>

#include <algorithm>

namespace jit {

using std::source_location;

static Error io_error(std::string_view function, const std::string &message,
                      const source_location &site) {
  return {ErrorCode::io, std::string(function) + ": " + message, site};
}

/// A tensor whose elements are not written yet.
static Tensor unfilled(std::string_view function, DType dtype, Dims shape, std::byte *&data,
                       const source_location &site) {
  const Meta *meta = contiguous_value_meta(dtype, shape);
  Storage *storage = new_storage(meta->bytes());
  Impl *impl = storage ? new_ready(meta, storage, storage->data) : nullptr;
  if (!impl) {
    const std::string text = describe(*meta);
    const std::size_t bytes = meta->bytes();
    if (!storage)
      release_meta(meta->interned ? nullptr : meta);
    throw Error(ErrorCode::out_of_memory,
                std::string(function) + ": cannot allocate " + std::to_string(bytes) +
                    " bytes for " + text,
                site);
  }
  data = storage->data;
  return detail::Access::tensor(impl);
}

void save(const std::filesystem::path &path, const Tensor &tensor, source_location site) {
  if (tensor.empty())
    detail::throw_empty("save", site);
  Impl &impl = *detail::Access::impl(tensor);
  detail::make_ready(impl, site);
  // Not an op of the program: it must not appear in traces.
  const Meta &meta = *impl.meta;
  const std::byte *data = impl.data();
  Tensor row_major;
  if (!meta.contiguous) {
    std::byte *copy = nullptr;
    row_major = unfilled("save", meta.dtype, meta.dims(), copy, site);
    copy_strided(meta, data, copy);
    data = copy;
  }
  detail::typed("save", site, [&] {
    if (const auto message = write_npy(path, meta.dtype, meta.dims(), data))
      throw io_error("save", *message, site);
  });
}

Tensor load(const std::filesystem::path &path, source_location site) {
  return detail::typed("load", site, [&] {
    const Result<NpyFile> file = NpyFile::open(path);
    if (!file)
      throw io_error("load", file.message(), site);
    std::byte *data = nullptr;
    Tensor tensor = unfilled("load", file->header().dtype, file->header().shape, data, site);
    if (const auto message = file->read(data))
      throw io_error("load", *message, site);
    return tensor;
  });
}

Tensor load_idx(const std::filesystem::path &path, source_location site) {
  return detail::typed("load_idx", site, [&] {
    const Result<IdxArray> array = read_idx(path);
    if (!array)
      throw io_error("load_idx", array.message(), site);
    std::byte *data = nullptr;
    Tensor tensor = unfilled("load_idx", DType::u8, array->shape, data, site);
    std::copy(array->data.begin(), array->data.end(), reinterpret_cast<std::uint8_t *>(data));
    return tensor;
  });
}

} // namespace jit
