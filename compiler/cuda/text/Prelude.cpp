// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Three preludes. Those of clang and emu share the intrinsics, as operators: both compile with
// -ffp-contract=off.
#include "compiler/cuda/text/Prelude.h"

#include <cstdlib>

namespace jit::gpu {
namespace {

constexpr std::string_view marker = "//--- prelude ";
constexpr std::string_view kernels_marker = "//--- kernels\n";

constexpr std::string_view nvrtc = R"(
#define TJ_KERNEL(...) extern "C" __global__ void __launch_bounds__(__VA_ARGS__)
#define TJ_ARGS(type) const __grid_constant__ type
#define TJ_DEVICE static __device__ __forceinline__
#define TJ_OUTLINE static __device__ __noinline__
#define TJ_TABLE __device__
#define TJ_THREAD threadIdx.x
#define TJ_BLOCK blockIdx.x
#define TJ_BLOCKS gridDim.x
#define TJ_BARRIER() __syncthreads()
#define TJ_SHUFFLE_DOWN(value, delta, width) __shfl_down_sync(0xffffffffu, value, delta, width)
#define TJ_SHUFFLE_XOR(value, mask, width) __shfl_xor_sync(0xffffffffu, value, mask, width)
#define TJ_SHUFFLE(value, lane, width) __shfl_sync(0xffffffffu, value, lane, width)
#define TJ_LDG(pointer) __ldg(pointer)
#define TJ_LOADV(type, pointer) (*(const type *)(pointer))
#define TJ_LDGV(type, pointer) __ldg((const type *)(pointer))
#define TJ_STOREV(pointer, vector) (*(decltype(vector) *)(pointer) = (vector))
typedef float4 tj_f32x4;
typedef float2 tj_f32x2;
typedef double2 tj_f64x2;
typedef int4 tj_i32x4;
typedef int2 tj_i32x2;
typedef longlong2 tj_i64x2;
extern __shared__ __align__(16) unsigned char tj_shared_memory[];
#define TJ_SHARED tj_shared_memory
)";

constexpr std::string_view clang = R"(
#define TJ_KERNEL(...) extern "C" __attribute__((global, launch_bounds(__VA_ARGS__))) void
#define TJ_ARGS(type) const __attribute__((grid_constant)) type
#define TJ_DEVICE static inline __attribute__((always_inline, device))
#define TJ_OUTLINE static __attribute__((noinline, device))
#define TJ_TABLE __attribute__((device))
#define TJ_THREAD ((unsigned)__nvvm_read_ptx_sreg_tid_x())
#define TJ_BLOCK ((unsigned)__nvvm_read_ptx_sreg_ctaid_x())
#define TJ_BLOCKS ((unsigned)__nvvm_read_ptx_sreg_nctaid_x())
#define TJ_BARRIER() __syncthreads()
typedef float tj_f32x4 __attribute__((ext_vector_type(4)));
typedef float tj_f32x2 __attribute__((ext_vector_type(2)));
typedef double tj_f64x2 __attribute__((ext_vector_type(2)));
typedef int tj_i32x4 __attribute__((ext_vector_type(4)));
typedef int tj_i32x2 __attribute__((ext_vector_type(2)));
typedef long long tj_i64x2 __attribute__((ext_vector_type(2)));
#define TJ_LDG_OF(type, builtin) TJ_DEVICE type TJ_LDG(const type *p) { return builtin(p); }
TJ_LDG_OF(unsigned char, __nvvm_ldg_uc)
TJ_LDG_OF(signed char, __nvvm_ldg_sc)
TJ_LDG_OF(short, __nvvm_ldg_s)
TJ_LDG_OF(unsigned short, __nvvm_ldg_us)
TJ_LDG_OF(int, __nvvm_ldg_i)
TJ_LDG_OF(unsigned, __nvvm_ldg_ui)
TJ_LDG_OF(long long, __nvvm_ldg_ll)
TJ_LDG_OF(unsigned long long, __nvvm_ldg_ull)
TJ_LDG_OF(float, __nvvm_ldg_f)
TJ_LDG_OF(double, __nvvm_ldg_d)
TJ_LDG_OF(tj_f32x4, __nvvm_ldg_f4)
TJ_LDG_OF(tj_f32x2, __nvvm_ldg_f2)
TJ_LDG_OF(tj_f64x2, __nvvm_ldg_d2)
TJ_LDG_OF(tj_i32x4, __nvvm_ldg_i4)
TJ_LDG_OF(tj_i32x2, __nvvm_ldg_i2)
TJ_LDG_OF(tj_i64x2, __nvvm_ldg_ll2)
#define TJ_LOADV(type, pointer) (*(const type *)(pointer))
#define TJ_LDGV(type, pointer) TJ_LDG((const type *)(pointer))
#define TJ_STOREV(pointer, vector) (*(decltype(vector) *)(pointer) = (vector))
// The last operand: lanes of other segments, and the last lane, that are not read.
#define TJ_SHUFFLES(name, how, last) \
  TJ_DEVICE int name(int v, int o, int width) { return __nvvm_shfl_sync_##how##_i32(-1, v, o, (32 - width) << 8 | last); } \
  TJ_DEVICE float name(float v, int o, int width) { return __nvvm_shfl_sync_##how##_f32(-1, v, o, (32 - width) << 8 | last); } \
  TJ_DEVICE long long name(long long v, int o, int width) { \
    const unsigned low = (unsigned)name((int)v, o, width), high = (unsigned)name((int)(v >> 32), o, width); \
    return (long long)((unsigned long long)high << 32 | low); } \
  TJ_DEVICE double name(double v, int o, int width) { return __builtin_bit_cast(double, name(__builtin_bit_cast(long long, v), o, width)); }
TJ_SHUFFLES(TJ_SHUFFLE_DOWN, down, 31)
TJ_SHUFFLES(TJ_SHUFFLE_XOR, bfly, 31)
TJ_SHUFFLES(TJ_SHUFFLE, idx, 31)
extern __attribute__((shared, aligned(16))) unsigned char tj_shared_memory[];
#define TJ_SHARED tj_shared_memory
)";

constexpr std::string_view emu = R"(
extern "C" {
struct tj_emu_place { unsigned thread, block, blocks; unsigned char *shared; };
struct tj_emu_host {
  tj_emu_place *(*place)(void);
  void (*barrier)(void);
  unsigned long long (*exchange)(unsigned long long value, unsigned lane);
  void (*misaligned)(const void *pointer, unsigned alignment);
};
static const tj_emu_host *tj_emu;
__attribute__((visibility("default"))) void tj_emu_bind(const tj_emu_host *host) { tj_emu = host; }
}
#define TJ_KERNEL(...) extern "C" __attribute__((visibility("default"))) void
#define TJ_ARGS(type) const type &
#define TJ_DEVICE static inline __attribute__((always_inline))
#define TJ_OUTLINE static __attribute__((noinline))
#define TJ_TABLE static const
#define TJ_THREAD (tj_emu->place()->thread)
#define TJ_BLOCK (tj_emu->place()->block)
#define TJ_BLOCKS (tj_emu->place()->blocks)
#define TJ_SHARED (tj_emu->place()->shared)
#define TJ_BARRIER() tj_emu->barrier()
struct tj_f32x4 { float x, y, z, w; } __attribute__((may_alias));
struct tj_f32x2 { float x, y; } __attribute__((may_alias));
struct tj_f64x2 { double x, y; } __attribute__((may_alias));
struct tj_i32x4 { int x, y, z, w; } __attribute__((may_alias));
struct tj_i32x2 { int x, y; } __attribute__((may_alias));
struct tj_i64x2 { long long x, y; } __attribute__((may_alias));
TJ_DEVICE const void *tj_aligned(const void *p, unsigned bytes) {
  if (((unsigned long long)p & (bytes - 1)) != 0)
    tj_emu->misaligned(p, bytes);
  return p;
}
#define TJ_LDG(pointer) (*(pointer))
#define TJ_LOADV(type, pointer) (*(const type __attribute__((may_alias)) *)tj_aligned(pointer, sizeof(type)))
#define TJ_LDGV(type, pointer) TJ_LOADV(type, pointer)
#define TJ_STOREV(pointer, vector) \
  (*(decltype(vector) __attribute__((may_alias)) *)tj_aligned(pointer, sizeof(vector)) = (vector))
TJ_DEVICE unsigned long long tj_bits(float v) { return __builtin_bit_cast(unsigned, v); }
TJ_DEVICE unsigned long long tj_bits(double v) { return __builtin_bit_cast(unsigned long long, v); }
TJ_DEVICE unsigned long long tj_bits(int v) { return (unsigned)v; }
TJ_DEVICE unsigned long long tj_bits(long long v) { return (unsigned long long)v; }
TJ_DEVICE float tj_value(unsigned long long b, float) { return __builtin_bit_cast(float, (unsigned)b); }
TJ_DEVICE double tj_value(unsigned long long b, double) { return __builtin_bit_cast(double, b); }
TJ_DEVICE int tj_value(unsigned long long b, int) { return (int)(unsigned)b; }
TJ_DEVICE long long tj_value(unsigned long long b, long long) { return (long long)b; }
// A lane beyond the segment of `width` is the own one.
TJ_DEVICE unsigned tj_within(unsigned lane, unsigned other, unsigned width) {
  return other < 32 && lane / width == other / width ? other : lane;
}
#define TJ_EXCHANGE(value, other, width) \
  tj_value(tj_emu->exchange(tj_bits(value), tj_within(TJ_THREAD % 32, other, width)), value)
#define TJ_SHUFFLE_DOWN(value, delta, width) TJ_EXCHANGE(value, TJ_THREAD % 32 + (delta), width)
#define TJ_SHUFFLE_XOR(value, mask, width) TJ_EXCHANGE(value, (TJ_THREAD % 32) ^ (mask), width)
#define TJ_SHUFFLE(value, lane, width) \
  TJ_EXCHANGE(value, TJ_THREAD % 32 / (width) * (width) + (lane) % (width), width)
)";

constexpr std::string_view operators = R"(
TJ_DEVICE float __fadd_rn(float a, float b) { return a + b; }
TJ_DEVICE float __fsub_rn(float a, float b) { return a - b; }
TJ_DEVICE float __fmul_rn(float a, float b) { return a * b; }
TJ_DEVICE float __fdiv_rn(float a, float b) { return a / b; }
TJ_DEVICE float __fmaf_rn(float a, float b, float c) { return __builtin_fmaf(a, b, c); }
TJ_DEVICE float __fsqrt_rn(float a) { return __builtin_sqrtf(a); }
TJ_DEVICE double __dadd_rn(double a, double b) { return a + b; }
TJ_DEVICE double __dsub_rn(double a, double b) { return a - b; }
TJ_DEVICE double __dmul_rn(double a, double b) { return a * b; }
TJ_DEVICE double __ddiv_rn(double a, double b) { return a / b; }
TJ_DEVICE double __fma_rn(double a, double b, double c) { return __builtin_fma(a, b, c); }
TJ_DEVICE double __dsqrt_rn(double a) { return __builtin_sqrt(a); }
TJ_DEVICE int __float_as_int(float a) { return __builtin_bit_cast(int, a); }
TJ_DEVICE float __int_as_float(int a) { return __builtin_bit_cast(float, a); }
TJ_DEVICE long long __double_as_longlong(double a) { return __builtin_bit_cast(long long, a); }
TJ_DEVICE double __longlong_as_double(long long a) { return __builtin_bit_cast(double, a); }
TJ_DEVICE unsigned __umulhi(unsigned a, unsigned b) { return (unsigned)((unsigned long long)a * b >> 32); }
TJ_DEVICE unsigned long long __umul64hi(unsigned long long a, unsigned long long b) {
  return (unsigned long long)((unsigned __int128)a * b >> 64);
}
TJ_DEVICE int __clzll(long long a) { return a == 0 ? 64 : __builtin_clzll((unsigned long long)a); }
TJ_DEVICE double __int2double_rn(int a) { return (double)a; }
TJ_DEVICE double __ll2double_rn(long long a) { return (double)a; }
TJ_DEVICE double __ull2double_rn(unsigned long long a) { return (double)a; }
TJ_DEVICE float __double2float_rn(double a) { return (float)a; }
TJ_DEVICE float __int2float_rn(int a) { return (float)a; }
TJ_DEVICE float __ll2float_rn(long long a) { return (float)a; }
TJ_DEVICE int __float2int_rz(float a) { return (int)a; }
TJ_DEVICE int __double2int_rz(double a) { return (int)a; }
TJ_DEVICE long long __double2ll_rz(double a) { return (long long)a; }
#define fabsf __builtin_fabsf
#define fabs __builtin_fabs
#define floorf __builtin_floorf
#define floor __builtin_floor
#define truncf __builtin_truncf
#define trunc __builtin_trunc
)";
// The host rounds to nearest, and GCC finds the instruction for this one only.
constexpr std::string_view emu_rounding = R"(#define rintf __builtin_rintf
#define rint __builtin_rint
)";
constexpr std::string_view clang_rounding = R"(#define rintf __builtin_roundevenf
#define rint __builtin_roundeven
)";
constexpr std::string_view vectors = R"(#define TJ_LOAD16 TJ_LOADV
#define TJ_LDG16 TJ_LDGV
#define TJ_STORE16 TJ_STOREV
)";

} // namespace

std::string prelude_text(Prelude prelude) {
  const auto marked = [](std::string_view name, std::initializer_list<std::string_view> parts) {
    std::string text(marker);
    text.append(name);
    for (std::string_view part : parts)
      text.append(part);
    return text.append(vectors).append(kernels_marker);
  };
  switch (prelude) {
  case Prelude::nvrtc:
    return marked("nvrtc", {nvrtc});
  case Prelude::clang:
    return marked("clang", {clang, operators, clang_rounding});
  case Prelude::emu:
    return marked("emu", {emu, operators, emu_rounding});
  }
  std::abort();
}

std::string with_prelude(std::string_view text, Prelude prelude) {
  const std::size_t begin = text.find(marker), end = text.find(kernels_marker);
  if (begin == text.npos || end == text.npos || end < begin)
    return {};
  std::string result(text.substr(0, begin));
  return result.append(prelude_text(prelude)).append(text.substr(end + kernels_marker.size()));
}

} // namespace jit::gpu
