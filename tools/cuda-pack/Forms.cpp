// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The records' list of functions and dtypes.
#include "tools/cuda-pack/Families.h"

namespace jit::gpu {
namespace {

template <class... T> ElementForm form(ScalarFunction function, std::string name, DType result) {
  ElementForm form{std::move(name), function, {dtype_of<T>...}, result};
  const bool is_cast = function == ScalarFunction::cast;
  form.name.append("_").append(short_name(form.operands.back()));
  if (is_cast)
    form.name.append("_").append(short_name(result));
  return form;
}

} // namespace

std::string_view short_name(DType dtype) {
  constexpr std::string_view names[] = {"bool", "i8",  "u8",  "i16",  "u16", "i32",
                                        "u32",  "i64", "f16", "bf16", "f32", "f64"};
  static_assert(std::size(names) == static_cast<std::size_t>(DType::f64) + 1);
  return names[static_cast<std::size_t>(dtype)];
}

std::vector<ElementForm> element_forms() {
  return {
#define TRACEJIT_SCALAR_FORM(name, result, ...)                                                    \
  form<__VA_ARGS__>(ScalarFunction::name, #name, dtype_of<result>),
#define TRACEJIT_SCALAR_CAST(result, operand)                                                      \
  form<operand>(ScalarFunction::cast, "cast", dtype_of<result>),
#include "runtime/ops/ScalarForms.inc"
#undef TRACEJIT_SCALAR_FORM
#undef TRACEJIT_SCALAR_CAST
  };
}

std::vector<ElementForm> cast_forms() {
  std::vector<ElementForm> forms;
  for (const ElementForm &form : element_forms())
    if (form.function == ScalarFunction::cast && form.operands[0] == form.result)
      forms.push_back({"cast_" + std::string(short_name(form.result)), form.function, form.operands,
                       form.result});
  return forms;
}

} // namespace jit::gpu
