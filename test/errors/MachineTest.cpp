// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// A processor that cannot run the kernels. A program of its own: it is so from the start.
#include "runtime/kernels/Isa.h"
#include "test/errors/Expect.h"

namespace jit {
namespace {

TEST(MachineErrors, BelowV3EveryOpIsRefused) {
  const Isa real = detected_isa();
  pretend_machine_isa(std::nullopt);
  const std::string message =
      "this processor is below x86-64-v3, the least that tracejit runs on (AVX2, FMA, BMI2: Intel "
      "since Haswell, AMD since Zen)";
  const auto refused = [&](const std::function<void()> &call) {
    EXPECT_EQ(error_of(ErrorCode::unsupported, call), message);
  };
  const Tensor x = Tensor::copy_of<float>({1, 2}, {2});
  for (int time = 0; time < 2; ++time) {
    refused([] { zeros({3}); });
    refused([&] { x + 1; });
    refused([&] { x.to_vector<float>(); });
    refused([] { Tensor::copy_of<float>({1}, {}).item<float>(); });
  }
  pretend_machine_isa(real);
  EXPECT_EQ(sum(x).item<float>(), 3);
}

} // namespace
} // namespace jit
