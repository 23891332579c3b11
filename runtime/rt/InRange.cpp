// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Whether indices are where they may be, right before the step that uses them.
#include "runtime/base/WithDType.h"
#include "runtime/kernels/Odometer.h"
#include "runtime/rt/Words.h"

namespace jit::rt {
namespace {

template <class T>
bool run_in_range(const T *x, std::int64_t stride, std::int64_t count, std::int64_t low,
                  std::int64_t high) noexcept {
  bool outside = false;
  if (stride == 1)
    for (std::int64_t i = 0; i < count; ++i)
      outside |= (x[i] < low) | (x[i] > high);
  else
    for (std::int64_t i = 0; i < count; ++i)
      outside |= (x[i * stride] < low) | (x[i * stride] > high);
  return !outside;
}

template <class T>
bool all_in_range(const StridedView &view, std::int64_t low, std::int64_t high) noexcept {
  const auto *x = reinterpret_cast<const T *>(view.data);
  const std::int64_t size = view.size();
  Odometer place(view, 0);
  for (std::int64_t done = 0; done < size;) {
    const std::int64_t run = place.left_in_run();
    if (!run_in_range(x + place.offset(), place.run_stride(), run, low, high))
      return false;
    place.advance(run);
    done += run;
  }
  return true;
}

} // namespace
} // namespace jit::rt

using namespace jit;

std::int32_t tj_rt1_in_range(const std::int64_t *tensor, const void *data, std::int64_t low,
                             std::int64_t high) {
  Meta meta;
  rt::WordReader reader(tensor);
  rt::pass_tensor(reader, meta);
  StridedView view = view_of(meta, static_cast<const std::byte *>(data));
  if (view.size() == 0)
    return true;
  merge_axes(view);
  return with_dtype(meta.dtype, [&]<class T>(std::type_identity<T>) {
    if constexpr (std::integral<T>)
      return rt::all_in_range<T>(view, low, high);
    else
      return false;
  });
}
