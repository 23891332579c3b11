// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// One contraction with its operands before a page that must not be touched, and its reference.
#pragma once

#include "runtime/kernels/contract/Contract.h"

#include <cmath>
#include <cstring>
#include <gtest/gtest.h>
#include <random>
#include <sys/mman.h>
#include <thread>
#include <unistd.h>
#include <vector>

namespace jit::test {

/// Zeroed elements that end where an inaccessible page begins.
template <class T> class GuardedArray {
public:
  explicit GuardedArray(std::size_t size) : size_(size) {
    const auto page = static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
    const std::size_t pages = (size * sizeof(T) + page - 1) / page;
    bytes_ = (pages + 1) * page;
    void *p = mmap(nullptr, bytes_, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    base_ = static_cast<std::byte *>(p);
    mprotect(base_ + pages * page, page, PROT_NONE);
    data_ = reinterpret_cast<T *>(base_ + pages * page) - size;
  }
  GuardedArray(const GuardedArray &) = delete;
  ~GuardedArray() { munmap(base_, bytes_); }
  T *begin() const { return data_; }
  T *end() const { return data_ + size_; }
  T &operator[](std::int64_t i) const { return data_[i]; }

private:
  std::size_t size_, bytes_;
  std::byte *base_;
  T *data_;
};

/// Where the elements of a matrix lie: row * row_stride + col * col_stride from `origin`.
struct Layout {
  std::int64_t row_stride, col_stride, origin, size;
};

enum class Order { rows, columns, row_gaps, column_gaps, reversed, scattered, repeated };
inline constexpr Order all_orders[] = {Order::rows,        Order::columns,  Order::row_gaps,
                                       Order::column_gaps, Order::reversed, Order::scattered,
                                       Order::repeated};

inline Layout layout_of(Order order, std::int64_t rows, std::int64_t cols) {
  auto spanning = [&](std::int64_t row, std::int64_t col) {
    if (rows == 0 || cols == 0)
      return Layout{row, col, 0, 0};
    const std::int64_t down = (rows - 1) * row, right = (cols - 1) * col;
    const std::int64_t origin = -std::min<std::int64_t>(down, 0) - std::min<std::int64_t>(right, 0);
    return Layout{row, col, origin, std::abs(down) + std::abs(right) + 1};
  };
  switch (order) {
  case Order::rows:
    return spanning(cols, 1);
  case Order::columns:
    return spanning(1, rows);
  case Order::row_gaps:
    return spanning(cols + 3, 1);
  case Order::column_gaps:
    return spanning(1, rows + 5);
  case Order::reversed:
    return spanning(-cols, -1);
  case Order::scattered:
    return spanning(3 * cols + 1, 3);
  case Order::repeated:
    return spanning(0, 1);
  }
  return {};
}

template <class T> bool same_bits(T x, T y) {
  if constexpr (std::is_floating_point_v<T>)
    if (std::isnan(x) || std::isnan(y))
      return std::isnan(x) && std::isnan(y);
  return std::memcmp(&x, &y, sizeof(T)) == 0;
}

/// The canonical order, spelled out once more, a scalar at a time.
template <class T>
[[gnu::target("fma")]] T reference(const T *a, std::int64_t a_step, const T *b, std::int64_t b_step,
                                   std::int64_t k, std::int64_t chunk = 384) {
  T total = 0;
  for (std::int64_t begin = 0; begin < k; begin += chunk) {
    T sum = 0;
    for (std::int64_t i = begin; i < std::min(k, begin + chunk); ++i) {
      if constexpr (sizeof(T) == 4)
        sum = __builtin_fmaf(a[i * a_step], b[i * b_step], sum);
      else
        sum = __builtin_fma(a[i * a_step], b[i * b_step], sum);
    }
    total = begin == 0 ? sum : total + sum;
  }
  return total;
}

/// Runs the pieces one after the other, last first.
inline void run_backwards(void *, std::uint64_t, std::int64_t chunks,
                          void (*body)(void *, std::int64_t), void *context) {
  while (chunks-- > 0)
    body(context, chunks);
}

/// Runs each piece on a thread of its own.
inline void run_threads(void *, std::uint64_t, std::int64_t chunks,
                        void (*body)(void *, std::int64_t), void *context) {
  std::vector<std::thread> threads;
  for (std::int64_t i = 0; i < chunks; ++i)
    threads.emplace_back(body, context, i);
  for (auto &thread : threads)
    thread.join();
}

inline Parallel backwards(std::int64_t workers) { return {run_backwards, nullptr, workers}; }
inline Parallel threads(std::int64_t workers) { return {run_threads, nullptr, workers}; }

inline std::vector<Isa> isas() {
  return isa_supported(Isa::v4) ? std::vector{Isa::v3, Isa::v4} : std::vector{Isa::v3};
}

/// Operands with random values, and C with gaps between its rows that must keep what they held.
template <class T> struct Case {
  static constexpr std::int64_t gap = 2;
  static constexpr T untouched = T(-77);

  Case(std::int64_t m, std::int64_t n, std::int64_t k, Order a_order = Order::rows,
       Order b_order = Order::rows)
      : a_layout(layout_of(a_order, m, k)), b_layout(layout_of(b_order, k, n)),
        a(static_cast<std::size_t>(a_layout.size)), b(static_cast<std::size_t>(b_layout.size)),
        c(static_cast<std::size_t>(m * (n + gap))) {
    std::mt19937 random(static_cast<unsigned>(m * 73 + n * 31 + k));
    std::uniform_real_distribution<T> values(-1, 1);
    for (T &x : a)
      x = values(random);
    for (T &x : b)
      x = values(random);
    args.dtype = dtype_of<T>;
    args.m = m;
    args.n = n;
    args.k = k;
    args.a = a.begin() + a_layout.origin;
    args.a_row_stride = a_layout.row_stride;
    args.a_col_stride = a_layout.col_stride;
    args.b = b.begin() + b_layout.origin;
    args.b_row_stride = b_layout.row_stride;
    args.b_col_stride = b_layout.col_stride;
    args.c = c.begin();
    args.c_row_stride = n + gap;
  }

  /// Fills `expected`; once is enough for any number of runs.
  void compute_reference() {
    expected.clear();
    for (std::int64_t i = 0; i < args.m; ++i)
      for (std::int64_t j = 0; j < args.n; ++j)
        expected.push_back(reference(
            static_cast<const T *>(args.a) + i * args.a_row_stride, args.a_col_stride,
            static_cast<const T *>(args.b) + j * args.b_col_stride, args.b_row_stride, args.k));
  }

  void run(Isa isa, const Parallel &parallel = {}) {
    std::fill(c.begin(), c.end(), untouched);
    const std::size_t bytes = contract_scratch_bytes(args, isa, parallel);
    GuardedArray<std::byte> scratch((bytes + 63) / 64 * 64);
    args.scratch = scratch.begin();
    contract(args, isa, parallel);
  }

  void expect_equal() const {
    for (std::int64_t i = 0; i < args.m; ++i)
      for (std::int64_t j = 0; j < args.n + gap; ++j) {
        const T want = j < args.n ? expected[static_cast<std::size_t>(i * args.n + j)] : untouched;
        ASSERT_TRUE(same_bits(c[i * args.c_row_stride + j], want))
            << "row " << i << " col " << j << ": " << c[i * args.c_row_stride + j] << " instead of "
            << want;
      }
  }

  /// Every ISA and number of workers.
  void check() {
    SCOPED_TRACE(::testing::Message()
                 << name(args.dtype) << " m=" << args.m << " n=" << args.n << " k=" << args.k
                 << " a strides " << args.a_row_stride << "," << args.a_col_stride << " b strides "
                 << args.b_row_stride << "," << args.b_col_stride);
    compute_reference();
    for (const Isa isa : isas())
      for (const std::int64_t workers : {1, 2, 4}) {
        run(isa, backwards(workers));
        ASSERT_NO_FATAL_FAILURE(expect_equal()) << "workers " << workers;
      }
  }

  Layout a_layout, b_layout;
  GuardedArray<T> a, b, c;
  ContractArgs args;
  std::vector<T> expected;
};

} // namespace jit::test
