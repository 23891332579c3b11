// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Tensors in files: the public functions over the readers and writers of runtime/tensor.
#include "runtime/eager/Devices.h"
#include "runtime/eager/Dispatch.h"
#include "runtime/eager/Typed.h"
#include "runtime/tensor/Idx.h"
#include "runtime/tensor/Npy.h"
#include "runtime/tensor/Npz.h"

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

/// A computed tensor of the CPU in row-major order. Not an op of the program: it must not appear in
/// traces.
static Tensor row_major(std::string_view function, const Tensor &tensor,
                        const source_location &site) {
  if (tensor.empty())
    detail::throw_empty(function, site);
  Impl &impl = *detail::Access::impl(tensor);
  detail::make_ready(impl, site);
  const Meta &meta = *impl.meta;
  if (meta.contiguous && meta.device == on_cpu)
    return tensor;
  const std::byte *elements = detail::host_bytes(impl, function, site);
  std::byte *copy = nullptr;
  Tensor result = unfilled(function, meta.dtype, meta.dims(), copy, site);
  copy_strided(meta, elements, copy);
  return result;
}

/// Its elements, while the tensor lives.
static NpyArray as_array(const Tensor &tensor) {
  const Impl &impl = *detail::Access::impl(tensor);
  return {impl.meta->dtype, DimList(impl.meta->dims()), impl.data()};
}

void save(const std::filesystem::path &path, const Tensor &tensor, source_location site) {
  const Tensor written = row_major("save", tensor, site);
  detail::typed("save", site, [&] {
    const NpyArray array = as_array(written);
    if (const auto message = write_npy(path, {&array, 1}))
      throw io_error("save", *message, site);
  });
}

void save_all(const std::filesystem::path &path, const std::vector<Tensor> &tensors,
              source_location site) {
  detail::typed("save_all", site, [&] {
    std::vector<Tensor> written;
    std::vector<NpyArray> arrays;
    for (const Tensor &tensor : tensors) {
      written.push_back(row_major("save_all", tensor, site));
      arrays.push_back(as_array(written.back()));
    }
    if (const auto message = write_npy(path, arrays))
      throw io_error("save_all", *message, site);
  });
}

void save_npz(const std::filesystem::path &path, const NamedTensors &tensors,
              Compression compression, source_location site) {
  detail::typed("save_npz", site, [&] {
    std::vector<Tensor> written;
    std::vector<NpzArray> arrays;
    for (const auto &[name, tensor] : tensors) {
      written.push_back(row_major("save_npz", tensor, site));
      const NpyArray array = as_array(written.back());
      arrays.push_back({name, array.dtype, array.shape, array.data});
    }
    if (const auto message = write_npz(path, arrays, compression == Compression::deflate))
      throw io_error("save_npz", *message, site);
  });
}

static Tensor read_array(std::string_view function, const Result<NpyFile> &file,
                         const source_location &site) {
  if (!file)
    throw io_error(function, file.message(), site);
  std::byte *data = nullptr;
  Tensor tensor = unfilled(function, file->header().dtype, file->header().shape, data, site);
  if (const auto message = file->read(data))
    throw io_error(function, *message, site);
  return detail::on_default_device(std::move(tensor), site);
}

Tensor load(const std::filesystem::path &path, source_location site) {
  return detail::typed("load", site, [&] { return read_array("load", NpyFile::open(path), site); });
}

std::vector<Tensor> load_all(const std::filesystem::path &path, source_location site) {
  return detail::typed("load_all", site, [&] {
    std::vector<Tensor> tensors;
    std::uint64_t offset = 0;
    for (bool last = false; !last;) {
      const Result<NpyFile> file = NpyFile::open_at(path, offset);
      tensors.push_back(read_array("load_all", file, site));
      offset = file->end();
      last = file->is_last();
    }
    return tensors;
  });
}

NamedTensors load_npz(const std::filesystem::path &path, source_location site) {
  return detail::typed("load_npz", site, [&] {
    const Result<NpzFile> file = NpzFile::open(path);
    if (!file)
      throw io_error("load_npz", file.message(), site);
    NamedTensors tensors;
    for (const NpzMember &member : file->members()) {
      const Result<std::vector<std::byte>> bytes = file->read(member);
      if (!bytes)
        throw io_error("load_npz", bytes.message(), site);
      const Result<NpyHeader> header = parse_npy(*bytes);
      if (!header)
        throw io_error("load_npz",
                       path.string() + ": array '" + member.name + "': " + header.message(), site);
      std::byte *data = nullptr;
      Tensor tensor = unfilled("load_npz", header->dtype, header->shape, data, site);
      decode_npy(*header, bytes->data() + header->data_offset, data);
      tensors.insert_or_assign(member.name, detail::on_default_device(std::move(tensor), site));
    }
    return tensors;
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
    return detail::on_default_device(std::move(tensor), site);
  });
}

} // namespace jit
