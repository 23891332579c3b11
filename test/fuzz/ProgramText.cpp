// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Programs as text, for people.
#include "runtime/ops/Attributes.h"
#include "test/fuzz/Program.h"

namespace jit::fuzz {
namespace {

std::string text_of(const Ref &ref, const Program &program) {
  static constexpr const char *letters[] = {"%", "in", "var", "n"};
  std::string text = letters[ref.kind] + std::to_string(ref.index);
  if (ref.kind == Ref::number)
    text += program.numbers[ref.index].kind == ScalarKind::floating  ? ":float"
            : program.numbers[ref.index].kind == ScalarKind::integer ? ":int"
                                                                     : ":bool";
  return text + (ref.moved ? " (moved)" : "");
}

std::string text_of(const InputSpec &input) {
  static constexpr const char *layouts[] = {"", " permuted", " strided", " flipped", " repeated"};
  static constexpr const char *fills[] = {" edges", " plain", " positive", " index",
                                          " index, from the end too,"};
  std::string text = describe(input.dtype, input.dims) + layouts[static_cast<int>(input.layout)] +
                     fills[static_cast<int>(input.fill)];
  if (input.fill >= Fill::index)
    text += " below " + std::to_string(input.bound);
  if (input.same_as >= 0)
    text += " same as in" + std::to_string(input.same_as);
  return text + (input.adopted ? " adopted" : "");
}

std::string text_of(OpKind op, const std::vector<std::int64_t> &attrs,
                    const std::vector<Ref> &operands, const Program &program) {
  std::string text(info(op).name);
  for (std::size_t i = 0; i < operands.size(); ++i)
    text += (i ? ", " : " ") + text_of(operands[i], program);
  const std::string words = attrs_to_string(info(op), attrs);
  return text + (words.empty() ? "" : " {" + words + "}");
}

std::string text_of(const Step &step, const Program &program) {
  static constexpr const char *verbs[] = {"",      "observe ", "drop ",           "hand over ",
                                          "lend ", "assign ",  "if some bit of ", "if flag ",
                                          "tape"};
  if (step.kind == StepKind::op || step.kind == StepKind::gradient) {
    std::string text;
    for (std::uint8_t r = 0; r < step.results; ++r) {
      const std::uint32_t v = step.first_value + r;
      text += (r ? ", %" : "%") + std::to_string(v) +
              (v < program.held.size() && program.held[v] ? " (held)" : "");
    }
    text += " = ";
    if (step.kind == StepKind::op) {
      text += text_of(step.op, step.attrs, step.operands, program);
      for (const Variant &variant : step.variants)
        text +=
            "; or with a flag: " + text_of(variant.op, variant.attrs, variant.operands, program);
      return text;
    }
    text += "gradient of " + text_of(step.target, program) + " by";
    for (std::size_t i = 0; i < step.operands.size(); ++i)
      text += (i ? ", " : " ") + text_of(step.operands[i], program);
    return text;
  }
  std::string text = verbs[static_cast<int>(step.kind)];
  if (has_target(step.kind))
    text += text_of(step.target, program);
  if (step.kind == StepKind::assign)
    text += " to var" + std::to_string(step.variable);
  if (step.body > 0)
    text += ": the next " + std::to_string(step.body) + " steps";
  return text;
}

} // namespace

std::string to_text(const Program &program) {
  const Setting &setting = program.setting;
  std::string text = "seed " + std::to_string(program.seed) + ", " +
                     std::to_string(setting.threads) + " threads, " +
                     (setting.isa == Isa::v4 ? "v4" : "v3") +
                     (setting.check ? ", mode check" : "") +
                     (setting.every_position ? ", flush at every position" : "") +
                     (setting.defer_now ? ", defer=now" : "") +
                     (setting.turns ? ", turns=" + std::to_string(setting.turns) : "") +
                     (setting.two_at_once ? ", two at once" : "");
  for (const std::string &pass : setting.disabled)
    text += ", no " + pass;
  if (const std::string schedule = setting.schedule.text(); !schedule.empty())
    text += ", schedule=" + schedule;
  text += "\n";
  for (std::size_t i = 0; i < program.inputs.size(); ++i)
    if (program.inputs[i].used)
      text += "  in" + std::to_string(i) + " = " + text_of(program.inputs[i]) + "\n";
  for (std::size_t i = 0; i < program.variables.size(); ++i)
    text +=
        "  var" + std::to_string(i) + " = " + text_of(program.inputs[program.variables[i]]) + "\n";
  for (std::size_t i = 0; i < program.steps.size(); ++i)
    text += "  " + std::to_string(i) + ": " + text_of(program.steps[i], program) + "\n";
  return text;
}

} // namespace jit::fuzz
