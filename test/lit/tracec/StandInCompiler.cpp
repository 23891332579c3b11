// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// A compiler whose programs replay the graph eagerly. With pass `fuse` disabled they flip a bit of
// the last element of the first output; with `keep` disabled nothing can be compiled.
#include "runtime/base/Version.h"
#include "runtime/jit/Compiler.h"
#include "runtime/jit/CompilerNote.h"
#include "runtime/tensor/Impl.h"
#include "runtime/trace/Replay.h"
#include "runtime/trace/Text.h"

#include <algorithm>
#include <cstring>

namespace jit {
namespace {

class Replayed final : public Program {
public:
  Replayed(Graph graph, bool right) : graph(std::move(graph)), right(right) {
    details.compile_ms = 1;
    details.kernels_before = details.kernels_after =
        static_cast<std::uint32_t>(this->graph.ops.size());
    details.donated_input.assign(this->graph.outputs.size(), -1);
  }

  bool run(const ProgramCall &call) const noexcept override {
    GraphInputs inputs;
    for (std::size_t k = 0; k < graph.inputs.size(); ++k) {
      Storage *storage = new_adopted(call.inputs[k], 1, nullptr, [](void *) {});
      inputs.tensors.push_back(
          detail::Access::tensor(new_ready(graph.inputs[k], storage, call.inputs[k])));
    }
    inputs.numbers.assign(call.scalars.begin(), call.scalars.end());
    const Result<std::vector<Tensor>> outputs = replay(graph, inputs);
    for (std::size_t k = 0; outputs && k < graph.outputs.size(); ++k) {
      const Impl &value = *detail::Access::impl((*outputs)[k]);
      const std::size_t bytes = value.meta->bytes();
      std::memcpy(call.outputs[k], value.data(), bytes);
      if (!right && k == 0 && bytes)
        call.outputs[k][bytes - itemsize(value.meta->dtype)] ^= std::byte{1};
    }
    return true;
  }

private:
  Graph graph;
  bool right;
};

class StandIn final : public Compiler {
public:
  CompileResult compile(const Graph &graph, const CompileOptions &options) override {
    if (is_disabled(options, "keep"))
      return {nullptr, "pass keep is disabled"};
    return {std::make_unique<Replayed>(graph, !is_disabled(options, "fuse")), ""};
  }
  bool dump(const Graph &graph, const CompileOptions &, std::string_view stage,
            std::string &text) override {
    text = stage == "trace" ? to_text(graph) : "no such stage here";
    return stage == "trace";
  }

private:
  static bool is_disabled(const CompileOptions &options, const char *pass) {
    const std::vector<std::string> &passes = options.disabled_passes;
    return std::find(passes.begin(), passes.end(), pass) != passes.end();
  }
};

} // namespace
} // namespace jit

extern "C" {
[[gnu::visibility("default")]] jit::Compiler *tracejit_create_compiler();
}
jit::Compiler *tracejit_create_compiler() { return new jit::StandIn; }
TRACEJIT_COMPILER_NOTE(jit::library_version);
