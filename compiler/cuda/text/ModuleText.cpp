// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "compiler/cuda/text/ModuleText.h"

#include "compiler/cuda/text/LargeAngleText.h"

namespace jit::gpu {

void Lines::line(std::string_view text) {
  // Instructions to the preprocessor too stand where the statement stands that they are for.
  all.append(static_cast<std::size_t>(2 * depth), ' ').append(text).append("\n");
}
void Lines::open(std::string_view text) {
  line(text);
  ++depth;
}
void Lines::reopen(std::string_view text) {
  --depth;
  open(text);
}
void Lines::close(std::string_view text) {
  --depth;
  line(text);
}

std::string ModuleText::table(std::string_view type, int size, const std::string &entries) {
  std::string &name = tables[entries];
  if (name.empty()) {
    name = "table" + std::to_string(tables.size() - 1);
    table_text.append("TJ_TABLE ").append(type).append(" ").append(name);
    table_text += "[" + std::to_string(size) + "] = {" + entries + "};\n";
  }
  return name;
}

std::string ModuleText::outside(std::string_view name, bool is_f64) {
  if (!outsides.contains(name))
    outsides.emplace(name, large_angle_function(*this, name));
  return large_angle_name(name, is_f64);
}

void ModuleText::add(const Kernel &kernel) {
  kernels += "// " + kernel.name + ": form " + kernel.form + ", " + std::to_string(kernel.threads) +
             " threads, " + std::to_string(kernel.shared_bytes) + " bytes shared, " +
             (kernel.barriers ? "barriers\n" : "no barriers\n");
  const std::string argument = kernel.argument.empty() ? kernel.name + "_args" : kernel.argument;
  if (kernel.argument.empty())
    kernels += "struct " + argument + " {\n" + kernel.members + "};\n";
  kernels += "TJ_KERNEL(" + std::to_string(kernel.threads) +
             (kernel.blocks == 0 ? "" : ", " + std::to_string(kernel.blocks)) + ") " + kernel.name +
             "(TJ_ARGS(" + argument + ") p) {\n" + kernel.body + "}\n";
}

void ModuleText::declare(std::string_view text) {
  if (declared.find(text) == declared.npos)
    declared += text;
}

std::string ModuleText::behind_prelude() const {
  std::string all = table_text;
  if (!outsides.empty())
    all += large_angle_reduction();
  for (const auto &[name, text] : outsides)
    all += text;
  return all + declared + kernels;
}

} // namespace jit::gpu
