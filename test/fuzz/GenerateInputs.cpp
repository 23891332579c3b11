// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Drawing settings, shapes, inputs and numbers.
#include "runtime/base/PassNames.h"
#include "test/DrawnSchedule.h"
#include "test/fuzz/Generator.h"

#include <algorithm>

namespace jit::fuzz {

Generator::Generator(std::uint64_t seed) : random(seed) {
  program.seed = seed;
  const std::int64_t sizes[] = {60, 60, 60, 300, 300, 300, 3000, 3000, 3000, 12000};
  max_size = random.percent(2) ? 120000 : sizes[random.below(10)];
  draw_setting();
}

void Generator::draw_setting() {
  Setting &setting = program.setting;
  const int threads[] = {1, 2, 4};
  setting.threads = threads[random.below(3)];
  // Drawn in any case: a seed gives the same program on every machine.
  setting.isa = random.percent(50) && isa_supported(Isa::v4) ? Isa::v4 : Isa::v3;
  if (random.percent(40))
    for (const std::string_view pass : pass_names)
      if (random.percent(25))
        setting.disabled.emplace_back(pass);
  setting.check = random.percent(10);
  setting.two_at_once = random.percent(15);
  setting.interpret = max_size <= 3000 && random.percent(50);
  Random policy(program.seed ^ 0xdefe4);
  setting.defer_now = policy.percent(50);
  setting.turns = policy.percent(20) ? 3 : 0;
  if (policy.percent(50)) {
    std::mt19937_64 fields(program.seed);
    setting.schedule = test::drawn_schedule(fields);
  }
}

std::int64_t Generator::draw_extent() {
  static constexpr std::int64_t extents[] = {1,  1,  2,  3,  4,  5,  7,  8,
                                             11, 13, 16, 17, 31, 37, 64, 67};
  if (random.percent(3))
    return 0;
  if (max_size > 3000 && random.percent(30))
    return random.between(1, max_size);
  if (max_size > 3000 && random.percent(20)) { // where kernels begin another block or chunk
    static constexpr std::int64_t bounds[] = {128, 256, 512, 4096, 8192};
    return bounds[random.below(std::size(bounds))] + random.between(-1, 1);
  }
  return extents[random.below(std::size(extents))];
}

Setting combination(std::uint64_t number, Setting drawn) {
  const auto next = [&](std::uint64_t count) {
    const std::uint64_t digit = number % count;
    number /= count;
    return static_cast<std::size_t>(digit);
  };
  constexpr int threads[] = {1, 2, 4};
  drawn.threads = threads[next(3)];
  drawn.isa = next(2) && isa_supported(Isa::v4) ? Isa::v4 : Isa::v3;
  drawn.every_position = true;
  const std::size_t passes = next(pass_names.size() + 3);
  if (passes == pass_names.size() + 2)
    return drawn; // those that were drawn
  drawn.disabled.clear();
  for (std::size_t k = 0; k < pass_names.size(); ++k)
    if (passes == k || passes == pass_names.size())
      drawn.disabled.emplace_back(pass_names[k]);
  return drawn;
}

DimList Generator::draw_dims(std::int64_t limit) {
  DimList dims;
  const std::int64_t ranks[] = {0, 1, 1, 2, 2, 2, 3, 3, 4, 5};
  const std::int64_t rank = ranks[random.below(10)];
  std::int64_t size = 1;
  for (std::int64_t i = 0; i < rank; ++i) {
    std::int64_t extent = random.percent(20) && i > 0 ? dims[dims.size() - 1] : draw_extent();
    if (size * extent > limit)
      extent = std::max<std::int64_t>(1, limit / std::max<std::int64_t>(size, 1));
    dims.push_back(extent);
    size *= std::max<std::int64_t>(extent, 1);
  }
  return dims;
}

DType Generator::draw_dtype() {
  if (differentiable && random.percent(90))
    return DType::f64; // f32 is too coarse for finite differences
  if (differentiable)
    return random.percent(50) ? DType::i64 : DType::boolean;
  static constexpr DType dtypes[] = {DType::f32, DType::f32, DType::f32,    DType::f64,
                                     DType::i64, DType::u8,  DType::boolean};
  static constexpr DType others[] = {DType::i8, DType::i16, DType::u16, DType::i32, DType::u32};
  return random.percent(25) ? others[random.below(std::size(others))]
                            : dtypes[random.below(std::size(dtypes))];
}

DimList strides_of(const InputSpec &spec) {
  DimList strides = row_major_strides(spec.dims);
  const std::size_t rank = spec.dims.size();
  switch (spec.layout) {
  case Layout::contiguous:
    break;
  case Layout::permuted: { // axes in reverse order
    DimList reversed;
    for (std::size_t i = rank; i-- > 0;)
      reversed.push_back(spec.dims[i]);
    const DimList base = row_major_strides(reversed);
    for (std::size_t i = 0; i < rank; ++i)
      strides[i] = base[rank - 1 - i];
    break;
  }
  case Layout::strided: { // every second element of the last axis, after one that is left out
    DimList wide = spec.dims;
    wide[rank - 1] = 2 * wide[rank - 1] + 1;
    strides = row_major_strides(wide);
    strides[rank - 1] = 2;
    break;
  }
  case Layout::flipped:
    strides[0] = -strides[0];
    break;
  case Layout::repeated:
    strides[0] = 0;
    break;
  }
  return strides;
}

Ref Generator::add_input(InputSpec spec) {
  // Too large: another shape, which the op will refuse.
  const std::optional<std::int64_t> size = checked_size(spec.dtype, spec.dims);
  if (!size || *size > 4 * max_size)
    for (std::size_t i = 0; i < spec.dims.size(); ++i)
      spec.dims[i] = std::min<std::int64_t>(spec.dims[i], 3);
  if (spec.dims.size() > 0 && random.percent(30)) {
    const Layout layouts[] = {Layout::permuted, Layout::strided, Layout::flipped, Layout::repeated};
    spec.layout = layouts[random.below(differentiable ? 3 : 4)];
  } else {
    spec.adopted = spec.dtype != DType::boolean && random.percent(10);
  }
  input_metas.push_back(intern_meta(spec.dtype, spec.dims, strides_of(spec)));
  program.inputs.push_back(spec);
  const Ref ref{Ref::input, static_cast<std::uint32_t>(program.inputs.size() - 1)};
  handles.push_back({ref, input_metas.back(), scope});
  return ref;
}

Ref Generator::add_input(DType dtype, const DimList &dims) {
  InputSpec spec{dtype, dims};
  spec.fill = random.percent(50) ? Fill::edges : Fill::plain;
  if (differentiable)
    spec.fill = random.percent(70) ? Fill::positive : Fill::plain;
  return add_input(spec);
}

Ref Generator::add_number(NumberSpec spec) {
  program.numbers.push_back(spec);
  return {Ref::number, static_cast<std::uint32_t>(program.numbers.size() - 1)};
}

} // namespace jit::fuzz
