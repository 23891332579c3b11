// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Values made out of numbers. Of random ones a thread makes those of one Philox block, as
// runtime/kernels/isa/Random.cpp does.
#include "runtime/cuda/CreationArgs.h"
#include "runtime/scalar/Functions.h"
#include "runtime/scalar/Philox.h"
#include "tools/cuda-pack/Families.h"
#include "tools/cuda-pack/Points.h"

namespace jit::gpu {
namespace {

using I32 = Emitter::I32;
using I64 = Emitter::I64;

/// A kernel that has a thread for each unit of `per_unit` elements, the first of which is `i`.
class Creation {
public:
  Creation(ModuleText &module, const std::string &name, unsigned per_unit)
      : module(module), name(name) {
    const std::string per = std::to_string(per_unit);
    out.open("for (unsigned long long unit = (unsigned long long)TJ_BLOCK * 256u + TJ_THREAD; "
             "unit * " +
             per + "u < p.count; unit += (unsigned long long)TJ_BLOCKS * 256u) {");
    out.line("const unsigned long long i = unit * " + per + "u;");
  }
  ~Creation() {
    out.close("}");
    module.declare(CreationArgs_text);
    module.add({name, "creation", point_threads, 0, false, "", out.text(), "CreationArgs"});
  }
  Creation(const Creation &) = delete;

  /// Element i + k, if there is one.
  void store(std::string_view type, unsigned k, const std::string &value) {
    const std::string place = "i + " + std::to_string(k) + "u";
    if (k > 0)
      out.open("if (" + place + " < p.count) {");
    out.line("((" + std::string(type) + " *)p.result)[" + place + "] = " + value + ";");
    if (k > 0)
      out.close("}");
  }
  /// The words of block `unit`.
  std::array<I32, 4> random_words() {
    out.line("const unsigned long long block = p.number[1] + unit;");
    return scalar::philox(e, {I32{"(int)block"}, I32{"(int)(block >> 32)"}, e.i32(0), e.i32(0)},
                          {I32{"(int)p.number[0]"}, I32{"(int)(p.number[0] >> 32)"}});
  }
  /// Two words as one number.
  I64 pair(const I32 &low, const I32 &high) {
    return e.define<3>("(long long)((unsigned long long)(unsigned)" + high.text +
                       " << 32 | (unsigned)" + low.text + ")");
  }

private:
  ModuleText &module;
  const std::string name;

public:
  Lines out{1};
  Emitter e{module, out};
};

void add_arange(ModuleText &module, DType dtype) {
  const std::string type(memory_type(dtype));
  Creation c(module, "arange_" + std::string(short_name(dtype)), 1);
  if (!is_float(dtype))
    return c.store(type, 0, "(" + type + ")(p.number[0] + i * p.number[1])");
  Emitter &e = c.e;
  const auto start = e.from_bits(I64{"(long long)p.number[0]"});
  const auto step = e.from_bits(I64{"(long long)p.number[1]"});
  const auto way = e.mul(e.to_f64(I64{"(long long)i"}), step);
  const auto place = e.add(start, way);
  if (dtype == DType::f64)
    c.store(type, 0, place.text);
  else
    c.store(type, 0, e.to_f32(place).text);
}

/// The random bits of the elements of a block, as integers below 2^24.
std::vector<I32> bits_of(Creation &c, float) {
  std::vector<I32> bits;
  for (const I32 &word : c.random_words())
    bits.push_back(c.e.lshr(word, 8));
  return bits;
}
/// Below 2^53.
std::vector<I64> bits_of(Creation &c, double) {
  const auto words = c.random_words();
  return {c.e.lshr(c.pair(words[0], words[1]), 11), c.e.lshr(c.pair(words[2], words[3]), 11)};
}

auto to_float(Emitter &e, const I32 &bits) { return e.to_f32(bits); }
auto to_float(Emitter &e, const I64 &bits) { return e.to_f64(bits); }
auto constant_like(const Emitter::F32 &, double c) { return Emitter::f32(static_cast<float>(c)); }
auto constant_like(const Emitter::F64 &, double c) { return Emitter::f64(c); }
I32 one_like(const I32 &) { return Emitter::i32(1); }
I64 one_like(const I64 &) { return Emitter::i64(1); }

template <class T> constexpr double unit = sizeof(T) == 4 ? 0x1p-24 : 0x1p-53;
template <class T> constexpr std::string_view type_of = sizeof(T) == 4 ? "float" : "double";
template <class T> std::string named(const char *stem) {
  return std::string(stem) + (sizeof(T) == 4 ? "_f32" : "_f64");
}

template <class T> void add_uniform(ModuleText &module) {
  Creation c(module, named<T>("uniform"), 16 / sizeof(T));
  const auto bits = bits_of(c, T{});
  for (unsigned k = 0; k < bits.size(); ++k) {
    const auto whole = to_float(c.e, bits[k]);
    c.store(type_of<T>, k, c.e.mul(whole, constant_like(whole, unit<T>)).text);
  }
}

/// Box-Muller on elements 2j and 2j + 1.
template <class T> void add_normal(ModuleText &module) {
  Creation c(module, named<T>("normal"), 16 / sizeof(T));
  Emitter &e = c.e;
  const auto bits = bits_of(c, T{});
  for (unsigned k = 0; k < bits.size(); k += 2) {
    const auto above = to_float(e, e.add(bits[k], one_like(bits[k])));
    const auto factor = constant_like(above, unit<T>);
    const auto logarithm = scalar::log(e, e.mul(above, factor));
    const auto radius = e.sqrt(e.mul(logarithm, constant_like(above, -2)));
    const auto turn = e.mul(to_float(e, bits[k + 1]), factor);
    const auto angle = e.mul(turn, constant_like(above, 6.283185307179586476925));
    const auto cosine = scalar::cos(e, angle);
    const auto sine = scalar::sin(e, angle);
    c.store(type_of<T>, k, e.mul(radius, cosine).text);
    c.store(type_of<T>, k + 1, e.mul(radius, sine).text);
  }
}

void add_randint(ModuleText &module, DType dtype) {
  const std::string type(memory_type(dtype));
  Creation c(module, "randint_" + std::string(short_name(dtype)), 2);
  const auto words = c.random_words();
  for (unsigned k = 0; k < 2; ++k) {
    const I64 word = c.pair(words[2 * k], words[2 * k + 1]);
    c.store(type, k,
            "(" + type + ")(p.number[2] + __umul64hi((unsigned long long)" + word.text +
                ", p.number[3]))");
  }
}

/// Pairs of a random key and a place, for permutations.
void add_random_pairs(ModuleText &module) {
  Creation c(module, "random_pairs", 2);
  const auto words = c.random_words();
  for (unsigned k = 0; k < 2; ++k) {
    const I64 word = c.pair(words[2 * k], words[2 * k + 1]);
    c.store("tj_long_pair", k,
            "tj_long_pair{(unsigned long long)" + word.text + ", i + " + std::to_string(k) + "u}");
  }
}

} // namespace

void add_creation(ModuleText &module) {
  for (int number = 0; number <= static_cast<int>(DType::f64); ++number) {
    const auto dtype = static_cast<DType>(number);
    if (is_integer(dtype))
      add_randint(module, dtype);
    if (is_integer(dtype) || dtype == DType::f32 || dtype == DType::f64)
      add_arange(module, dtype);
  }
  add_uniform<float>(module);
  add_uniform<double>(module);
  add_normal<float>(module);
  add_normal<double>(module);
  add_random_pairs(module);
}

} // namespace jit::gpu
