// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Text of a plan, one line a step.
#include "runtime/program/Plan.h"

#include <tracejit/dtype.h>

namespace jit {

static std::string text(const Buffer &buffer) {
  static constexpr const char *bases[] = {"in", "out", "arena", "const"};
  std::string result = bases[static_cast<std::size_t>(buffer.base)];
  result += std::to_string(buffer.base == Buffer::Base::arena ? buffer.arena_offset : buffer.index);
  if (buffer.offset)
    result += "+" + std::to_string(buffer.offset);
  for (const Buffer::Term &term : buffer.terms)
    result += "+s" + std::to_string(term.slot) + "*" + std::to_string(term.stride);
  return result + ":" + describe(*buffer.meta);
}

template <class List, class Text> static std::string join(const List &list, Text each) {
  std::string result;
  for (const auto &item : list) {
    if (!result.empty())
      result += ", ";
    result += each(item);
  }
  return result;
}

static std::string text(const std::vector<Buffer> &buffers) {
  return join(buffers, [](const Buffer &buffer) { return text(buffer); });
}

static std::string numbers(const Plan &plan, const std::vector<std::uint32_t> &cells) {
  if (cells.empty())
    return "";
  return " [" +
         join(cells,
              [&](std::uint32_t cell) {
                const Cell &number = plan.cells[cell];
                return "s" + std::to_string(number.slot) + ":" + std::string(name(number.dtype));
              }) +
         "]";
}

static std::string text(const Plan &plan, const KernelStep &step) {
  return "kernel @" + step.kernel + "(" + text(step.buffers) + ")" + numbers(plan, step.cells);
}

static std::string text(const Plan &plan, const ContractStep &step) {
  std::string result = "contract " + std::to_string(step.m) + "x" + std::to_string(step.n) + "x" +
                       std::to_string(step.k);
  for (const std::int64_t size : step.batch_sizes)
    result += " batch " + std::to_string(size);
  result += " " + text(step.a) + " (" + std::to_string(step.a_row_stride) + "," +
            std::to_string(step.a_col_stride) + "), " + text(step.b) + " (" +
            std::to_string(step.b_row_stride) + "," + std::to_string(step.b_col_stride) + ") -> " +
            text(step.c);
  if (!step.epilogue.empty())
    result += std::string(step.whole_rows ? " by rows" : "") + " then @" + step.epilogue + "(" +
              text(step.epilogue_buffers) + ")" + numbers(plan, step.epilogue_cells);
  return result;
}

static std::string text(const Plan &, const LibraryStep &step) {
  const auto operand = [](const LibraryStep::Operand &each) {
    return each.is_number ? "s" + std::to_string(each.slot) : text(each.buffer);
  };
  return "library " + std::string(info(step.op).name) + "(" + join(step.operands, operand) +
         ") -> " + text(step.results);
}

std::string to_string(const Plan &plan) {
  std::string result;
  for (const Step &step : plan.steps) {
    result += std::visit([&](const auto &what) { return text(plan, what); }, step.what);
    result += " ops " + join(step.ops, [](std::uint32_t op) { return std::to_string(op); }) + "\n";
  }
  for (std::size_t i = 0; i < plan.donated_input.size(); ++i)
    if (plan.donated_input[i] >= 0)
      result +=
          "out" + std::to_string(i) + " may take in" + std::to_string(plan.donated_input[i]) + "\n";
  for (const FusionRefusal &refusal : plan.refusals)
    result += "apart " + std::to_string(refusal.producer) + " " + std::to_string(refusal.consumer) +
              " " + refusal.reason + "\n";
  return result + "arena " + std::to_string(plan.arena_bytes) + "\n";
}

} // namespace jit
