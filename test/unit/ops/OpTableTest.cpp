// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The generated table: what every row promises to those that loop over it.
#include "test/conformance/OpSamples.h"
#include "test/unit/ops/Inference.h"

#include <algorithm>
#include <gtest/gtest.h>
#include <set>
#include <sstream>

namespace jit {
namespace {

TEST(OpTable, NamesAndKindsAgree) {
  std::set<std::string_view> names;
  for (const OpInfo &op : all_ops()) {
    EXPECT_EQ(&info(op.kind), &op);
    EXPECT_EQ(op_from_name(op.name), op.kind);
    EXPECT_TRUE(names.insert(op.name).second) << op.name;
    EXPECT_FALSE(op.doc.empty()) << op.name;
  }
  EXPECT_EQ(op_from_name("no_such_op"), std::nullopt);
  EXPECT_EQ(op_from_name(""), std::nullopt);
  EXPECT_EQ(op_from_name("ad"), std::nullopt);
}

TEST(OpTable, FamiliesHaveWhatTheirKernelsNeed) {
  for (const OpInfo &op : all_ops()) {
    EXPECT_EQ(op.family == Family::elementwise, op.scalar != ScalarFunction::none) << op.name;
    EXPECT_TRUE(op.family == Family::elementwise || (op.family == Family::row) == !op.body.empty())
        << op.name;
    EXPECT_EQ(op.family == Family::index, op.index_check != nullptr) << op.name;
    if (op.family == Family::reduction) {
      EXPECT_EQ(op.attrs[0].name, "axis");
      EXPECT_EQ(op.attrs[1].name, "keepdims");
    }
    if (op.family == Family::row) {
      EXPECT_EQ(op.attrs[0].name, "axis");
    }
  }
}

TEST(OpTable, ScalarFunctionsAreNamedLikeTheirOps) {
  EXPECT_EQ(name(ScalarFunction::exp), "exp");
  EXPECT_EQ(name(ScalarFunction::none), "none");
  for (const OpInfo &op : all_ops())
    if (op.family == Family::elementwise) {
      EXPECT_EQ(name(op.scalar), op.kind == OpKind::astype ? "cast" : op.name);
    }
}

TEST(OpTable, FunctionsWithAnErrorAndWhatContainsThemTakeLong) {
  const std::set<std::string_view> exact{"floor_divide", "remainder"}, quick{"rsqrt"};
  for (const OpInfo &op : all_ops())
    if (op.family == Family::elementwise) {
      const bool contains_one = std::ranges::any_of(
          op.body, [](const BodyStep &step) { return is_transcendental(info(step.op).scalar); });
      const bool has_error = op.ulp > 0 && !quick.contains(op.name);
      EXPECT_EQ(is_transcendental(op.scalar), has_error || contains_one || exact.contains(op.name))
          << op.name;
    }
}

TEST(OpTable, BodiesUseOperandsAndEarlierSteps) {
  for (const OpInfo &op : all_ops())
    for (std::size_t i = 0; i < op.body.size(); ++i) {
      const BodyStep &step = op.body[i];
      const OpInfo &inner = info(step.op);
      EXPECT_TRUE(inner.family == Family::elementwise || inner.family == Family::reduction)
          << op.name;
      EXPECT_EQ(step.operands.size(), inner.operands.size()) << op.name << " step " << i;
      for (const BodyOperand &operand : step.operands) {
        if (operand.kind == BodyOperand::operand)
          EXPECT_LT(operand.index, op.operands.size()) << op.name;
        if (operand.kind == BodyOperand::step) {
          ASSERT_LT(operand.index, i) << op.name;
          EXPECT_LT(operand.result, info(op.body[operand.index].op).results) << op.name;
        }
      }
    }
}

std::string body_text(OpKind op) {
  std::ostringstream text;
  for (const BodyStep &step : info(op).body) {
    text << info(step.op).name << "(";
    for (const BodyOperand &operand : step.operands) {
      if (operand.kind == BodyOperand::operand)
        text << info(op).operands[operand.index].name << " ";
      else if (operand.kind == BodyOperand::step)
        text << "%" << int(operand.index) << "." << int(operand.result) << " ";
      else
        text << operand.value << " ";
    }
    text << ")\n";
  }
  return text.str();
}

TEST(OpTable, BodiesAreThoseOfTheNumerics) {
  EXPECT_EQ(body_text(OpKind::softmax), "max(x )\nsubtract(x %0.0 )\nexp(%1.0 )\nsum(%2.0 )\n"
                                        "divide(1 %3.0 )\nmultiply(%2.0 %4.0 )\n");
  EXPECT_EQ(body_text(OpKind::log_softmax),
            "max(x )\nsubtract(x %0.0 )\nexp(%1.0 )\nsum(%2.0 )\nlog(%3.0 )\n"
            "subtract(%1.0 %4.0 )\n");
  EXPECT_EQ(body_text(OpKind::logsumexp),
            "max(x )\nsubtract(x %0.0 )\nexp(%1.0 )\nsum(%2.0 )\nlog(%3.0 )\nadd(%0.0 %4.0 )\n"
            "abs(%0.0 )\nequal(%6.0 inf )\nwhere(%7.0 %0.0 %5.0 )\n");
  EXPECT_EQ(body_text(OpKind::layer_norm),
            "var_mean(x )\nadd(%0.0 eps )\nsqrt(%1.0 )\ndivide(1 %2.0 )\nsubtract(x %0.1 )\n"
            "multiply(%4.0 %3.0 )\nmultiply(%5.0 gamma )\nadd(%6.0 beta )\n");
}

using conformance::Sample;
using conformance::samples;

TEST(OpTable, EveryOpHasSamplesThatInfer) {
  std::set<OpKind> seen;
  for (const Sample &sample : samples) {
    const OpInfo &op = info(sample.op);
    seen.insert(sample.op);
    // "[2,3]" is a tensor of the dtype under test; the first one that the op accepts will do.
    const DType dtype = op.dtypes.contains(DType::f32) ? DType::f32 : DType::i64;
    std::vector<OperandType> types;
    std::istringstream texts{std::string(sample.operands)};
    for (std::string text; texts >> text;)
      types.push_back(test::operand(text[0] == '[' ? std::string(name(dtype)) + text : text));
    const auto words = test::attrs(sample.op, sample.attrs);
    Inferred out;
    EXPECT_EQ(infer({sample.op, words, types}, out), std::nullopt) << op.name;
    EXPECT_EQ(out.count, op.results);
  }
  EXPECT_EQ(seen.size(), all_ops().size());
}

} // namespace
} // namespace jit
