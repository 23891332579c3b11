// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Parts of networks: functions written with other ops.
#ifndef TRACEJIT_DIALECTS_TRACE_LAYERS
#define TRACEJIT_DIALECTS_TRACE_LAYERS

include "dialects/trace/TraceBase.td"

def : Composite<"Tensor dropout(Operand x, double p, Generator &generator)",
                "x / (1 - p) with probability 1 - p, else 0, for each element.">;
def : Composite<"Tensor dropout(Operand x, double p = 0.5)", "The same by the default generator.">;
def : Composite<"Tensor glu(Operand x, int axis = -1)", "The first half along an axis times the sigmoid of the second.">;
def : Composite<"Tensor rms_norm(Operand x, Operand gamma, double eps = 1e-5)",
                "x * (1 / sqrt(mean(square(x)) + eps)) * gamma over the last axis, which gamma has.">;
def : Composite<"Tensor group_norm(Operand x, std::int64_t groups, Operand gamma, Operand beta, double eps = 1e-5)",
                "x of [n, channels, ...] normalized over each group of channels and all axes behind; gamma and beta have a\n"
                "value for each channel.">;
def : Composite<"Tensor instance_norm(Operand x, Operand gamma, Operand beta, double eps = 1e-5)",
                "group_norm with every channel by itself.">;
def : Composite<"Tensor embedding(Operand weights, Operand index, std::optional<std::int64_t> padding = {})",
                "Rows of `weights` at an index of any shape. Row `padding` gets no gradient.">;
def : Composite<"Tensor interpolate(Operand x, Interpolate options)",
                "x of [n, channels, ...] at other extents of the axes behind.">;
def : Composite<"Tensor max_pool(Operand x, DimList size, Pool options = {})",
                "The largest element of each window of the last axes, for which `size` has an extent each. Padding is below\n"
                "all numbers.">;
def : Composite<"Tensor avg_pool(Operand x, DimList size, Pool options = {})",
                "The mean of each window, in which padding is 0; integers as f32. What ceil_mode adds at the end never counts.">;
def : Composite<"Tensor pixel_shuffle(Operand x, std::int64_t factor)",
                "[..., c * factor^2, h, w] as [..., c, h * factor, w * factor].">;
def : Composite<"Tensor channel_shuffle(Operand x, std::int64_t groups)",
                "Channels of [n, channels, ...] in turn from each of the groups.">;

#endif // TRACEJIT_DIALECTS_TRACE_LAYERS
