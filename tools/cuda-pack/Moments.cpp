// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Variance and mean of parts of rows become those of the rows. Their order is fixed, so a warp has
// a row: its threads weigh 32 parts side by side, and then each joins them one after another.
#include "runtime/cuda/RowArgs.h"
#include "runtime/scalar/Orders.h"
#include "tools/cuda-pack/Families.h"
#include "tools/cuda-pack/Numbers.h"
#include "tools/cuda-pack/Rows.h"

namespace jit::gpu {
namespace {

constexpr unsigned threads = 256, warp = 32;

template <int t> class MomentsJoin {
  using V = Name<t>;

public:
  MomentsJoin(ModuleText &module, DType dtype)
      : module(module), dtype(dtype), type(lane_type(dtype)) {}

  void run() {
    for (const char *name : {"squares", "means"})
      out.line("const " + type + " *" + name + " = (const " + type + " *)p.part_" + name + ";");
    out.line("const unsigned lane = TJ_THREAD % " + number(warp) + ";");
    out.open("for (unsigned long long row = (unsigned long long)TJ_BLOCK * " +
             number(threads / warp) + " + TJ_THREAD / " + number(warp) +
             "; row < p.rows; row += (unsigned long long)TJ_BLOCKS * " + number(threads / warp) +
             ") {");
    out.line("const long long base = (long long)row * p.row_step;");
    out.line(type + " mean = means[base];");
    out.line(type + " square = squares[base];");
    out.line("#pragma unroll 1");
    out.open("for (unsigned long long begin = 1; begin < p.parts; begin += " + number(warp) +
             ") {");
    join_parts();
    out.close("}");
    store();
    out.close("}");
    module.declare(MomentsJoinArgs_text);
    module.add({"moments_" + std::string(short_name(dtype)) + "_join", "join", threads, 0, true, "",
                out.text(), "MomentsJoinArgs"});
  }

private:
  static std::string number(unsigned x) { return std::to_string(x) + "u"; }

  V rounded(Emitter::F64 x) {
    if constexpr (t == 0)
      return e.to_f32(x);
    else
      return x;
  }

  void join_parts() {
    // Lanes behind the last part have it too, and are not asked.
    out.line("const unsigned long long left = p.parts - begin, own = begin + lane;");
    out.line("const unsigned long long part = own < p.parts ? own : p.parts - 1;");
    out.line("const long long place = base + (long long)part * p.step;");
    const Emitter::I64 before = e.define<3>("(long long)(part * p.points_of_part)");
    const Emitter::I64 here = e.define<3>("part == p.parts - 1 ? (long long)p.points - " +
                                          before.text + " : (long long)p.points_of_part");
    const auto weights = scalar::join_weights(e, e.to_f64(before), e.to_f64(here));
    const V all[] = {e.define<t>("means[place]"), e.define<t>("squares[place]"),
                     rounded(weights.shift), rounded(weights.spread)};
    out.line("const int count = left < " + number(warp) + " ? (int)left : " + std::to_string(warp) +
             ";");
    out.line("#pragma unroll 4");
    out.open("for (int other = 0; other < count; ++other) {");
    std::vector<V> of_other;
    for (const V &x : all)
      of_other.push_back(e.define<t>("TJ_SHUFFLE(" + x.text + ", other, 32)"));
    using M = scalar::MomentsOf<V>;
    const M joined = scalar::join_moments(e, M{{"mean"}, {"square"}}, M{of_other[0], of_other[1]},
                                          of_other[2], of_other[3]);
    out.line("mean = " + joined.mean.text + ";");
    out.line("square = " + joined.squares.text + ";");
    out.close("}");
  }

  void store() {
    const V divisor = e.define<t>(number_in_memory(e, dtype, "p.divisor"));
    const V variance = e.div(V{"square"}, divisor);
    const V result = e.define<t>("p.divides != 0u ? " + variance.text + " : square");
    out.open("if (lane == 0) {");
    out.line("((" + type + " *)p.squares)[row] = " + result.text + ";");
    out.line("((" + type + " *)p.means)[row] = mean;");
    out.close("}");
  }

  ModuleText &module;
  const DType dtype;
  const std::string type;
  Lines out{1};
  Emitter e{module, out};
};

} // namespace

void add_joins_of_moments(ModuleText &module) {
  MomentsJoin<0>(module, DType::f32).run();
  MomentsJoin<1>(module, DType::f64).run();
}

} // namespace jit::gpu
