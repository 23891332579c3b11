// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Any text as TRACEJIT and as TRACEJIT_LOG: refused with a message, or read to what its own text
// gives.
#include "runtime/base/Log.h"
#include "runtime/base/Options.h"

#include <cstdlib>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char *>(data), size);
  jit::Options options, again;
  if (const auto error = jit::parse_options(text, options)) {
    if (error->empty() || !(options == again))
      std::abort();
  } else if (jit::parse_options(jit::to_text(options), again) || !(again == options)) {
    std::abort();
  }
  if (const auto error = jit::set_log_levels(text); error && error->empty())
    std::abort();
  return 0;
}
