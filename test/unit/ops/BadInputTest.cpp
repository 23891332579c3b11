// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// What no op takes, over the whole table: an error in the op's own name, never a shape that is
// none.
#include "test/conformance/OpSamples.h"
#include "test/unit/ops/Inference.h"

#include <gtest/gtest.h>
#include <limits>
#include <sstream>

namespace jit {
namespace {

using conformance::Sample;
using conformance::samples;

struct Call {
  const OpInfo &op;
  std::vector<std::int64_t> words;
  std::vector<OperandType> types;

  explicit Call(const Sample &sample)
      : op(info(sample.op)), words(test::attrs(sample.op, sample.attrs)) {
    const DType dtype = op.dtypes.contains(DType::f32) ? DType::f32 : DType::i64;
    std::istringstream texts{std::string(sample.operands)};
    for (std::string text; texts >> text;)
      types.push_back(test::operand(text[0] == '[' ? std::string(name(dtype)) + text : text));
  }
  std::optional<std::string> message(Inferred &out) const {
    return infer({op.kind, words, types}, out);
  }
};

/// Refused with the op's name in front, or a result that can be.
void check(const Call &call, const std::string &what) {
  Inferred out;
  const auto message = call.message(out);
  if (message) {
    EXPECT_TRUE(message->starts_with(std::string(call.op.name) + ": ")) << what << ": " << *message;
    EXPECT_GT(message->size(), call.op.name.size() + 8) << what << ": " << *message;
    return;
  }
  for (std::uint8_t r = 0; r < out.count; ++r) {
    EXPECT_TRUE(checked_size(out.results[r].dtype, out.results[r].dims)) << what;
    EXPECT_TRUE(is_supported(out.results[r].dtype)) << what;
  }
}

TEST(BadInput, AnyNumberAsAnAttribute) {
  using Limits = std::numeric_limits<std::int64_t>;
  for (const Sample &sample : samples) {
    const Call call(sample);
    std::size_t at = 0;
    for (const AttrField &field : call.op.attrs) {
      const bool list = field.kind == AttrKind::list;
      const std::size_t first = list ? at + 1 : at;
      const std::size_t end = list ? first + static_cast<std::size_t>(call.words[at]) : at + 1;
      for (std::size_t w = first; w < end && field.kind != AttrKind::dtype; ++w)
        for (const std::int64_t number :
             {Limits::min(), -(std::int64_t{1} << 40), std::int64_t{-2}, std::int64_t{-1},
              std::int64_t{0}, std::int64_t{99}, std::int64_t{1} << 40, Limits::max()}) {
          if (field.kind == AttrKind::boolean || field.name == "mode")
            continue; // nothing else is written there
          Call changed = call;
          changed.words[w] = number;
          check(changed, std::string(call.op.name) + ", " + std::string(field.name) + " " +
                             std::to_string(number));
        }
      at = end;
    }
  }
}

TEST(BadInput, AxesOutOfRangeAndRepeated) {
  for (const Sample &sample : samples) {
    const Call call(sample);
    std::size_t at = 0;
    for (const AttrField &field : call.op.attrs) {
      const bool list = field.kind == AttrKind::list;
      const auto count = list ? static_cast<std::size_t>(call.words[at]) : 1;
      const std::size_t first = list ? at + 1 : at;
      if ((field.name == "axis" || field.name == "axes") && count > 0) {
        for (const std::int64_t axis : {-1, 8, 100}) {
          Call changed = call;
          changed.words[first] = axis;
          Inferred out;
          EXPECT_TRUE(changed.message(out)) << call.op.name << " takes axis " << axis;
        }
        if (count > 1) {
          Call changed = call;
          changed.words[first + 1] = changed.words[first];
          Inferred out;
          EXPECT_TRUE(changed.message(out)) << call.op.name << " takes an axis twice";
        }
      }
      at = first + count;
    }
  }
}

TEST(BadInput, OtherDTypesAndNumbersOfOperands) {
  for (const Sample &sample : samples) {
    const Call call(sample);
    Inferred out;
    for (std::size_t i = 0; i < call.types.size(); ++i) {
      const OperandKind kind = call.op.operands[std::min(i, call.op.operands.size() - 1)].kind;
      const auto refused = [&](const OperandType &type) {
        Call changed = call;
        changed.types[i] = type;
        return changed.message(out);
      };
      if (kind == OperandKind::number) {
        EXPECT_TRUE(refused(test::operand("f32[2]")))
            << call.op.name << " takes a tensor for a number";
        continue;
      }
      if (kind == OperandKind::tensor || kind == OperandKind::index) {
        EXPECT_TRUE(refused({nullptr, ScalarKind::integer}))
            << call.op.name << " takes a number for a tensor";
      }
      if (!call.types[i].meta)
        continue;
      for (const DType dtype : {DType::f16, DType::bf16, DType::boolean, DType::u8, DType::f32}) {
        if (kind != OperandKind::index && call.op.dtypes.contains(dtype))
          continue;
        if (kind == OperandKind::index && is_integer(dtype))
          continue;
        if (call.op.types == TypeRule::select && i == 0)
          continue;
        const auto message = refused({intern_contiguous(dtype, call.types[i].meta->dims())});
        ASSERT_TRUE(message) << call.op.name << " takes " << name(dtype);
        EXPECT_TRUE(message->starts_with(std::string(call.op.name) + ": ")) << *message;
      }
    }
    if (!call.types.empty() && !call.op.operands.back().variadic) {
      Call fewer = call, more = call;
      fewer.types.pop_back();
      EXPECT_TRUE(fewer.message(out)) << call.op.name << " without its last operand";
      more.types.push_back(more.types[0]);
      EXPECT_TRUE(more.message(out)) << call.op.name << " with one operand more";
    }
  }
}

TEST(BadInput, OtherExtents) {
  for (const Sample &sample : samples) {
    const Call call(sample);
    for (std::size_t i = 0; i < call.types.size(); ++i) {
      if (!call.types[i].meta)
        continue;
      const Meta &meta = *call.types[i].meta;
      for (std::size_t axis = 0; axis < meta.rank; ++axis)
        for (const std::int64_t extent :
             {std::int64_t{0}, std::int64_t{1}, std::int64_t{11}, std::int64_t{1} << 30}) {
          DimList dims(meta.dims());
          dims[axis] = extent;
          Call changed = call;
          changed.types[i] = {intern_contiguous(meta.dtype, dims)};
          check(changed, std::string(call.op.name) + " of " + describe(meta.dtype, dims));
        }
      DimList deeper(meta.dims());
      deeper.push_back(3);
      for (const DimList &dims : {deeper, DimList{}}) {
        Call changed = call;
        changed.types[i] = {intern_contiguous(meta.dtype, dims)};
        check(changed, std::string(call.op.name) + " of " + describe(meta.dtype, dims));
      }
    }
  }
}

} // namespace
} // namespace jit
