// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The last phase of the front half: a program of launches becomes a plan.
#pragma once

#include "passes/Passes.h"
#include "runtime/program/Plan.h"

#include <cstdint>
#include <map>

namespace jit {

/// By output the input whose memory it is to take.
using Donations = std::map<std::uint32_t, std::uint32_t>;

/// Steps in program order, buffers placed. Kernels that no step names, as those of products, are
/// erased from the module. `wishes` come first, where they can be; other outputs take what fits.
Plan make_plan(trace::FuncOp program, const Donations &wishes = {});

/// Whether output `output` of a kernel may be the memory of its input `input` (argument numbers):
/// the exception that KernelOps.td grants.
bool may_share(kernel::FuncOp function, unsigned input, unsigned output);

/// Whether the last op of an output has an element of the input as an operand: `w` in `w - step`.
bool is_update(kernel::FuncOp function, unsigned input, unsigned output);

/// The store of C.
kernel::StoreOp store_of_product(kernel::FuncOp product);

/// Shapes and strides that the kernel of a product tells; no buffers.
ContractStep describe_product(kernel::FuncOp product, bool has_epilogue);

/// Outputs (from 0) of an epilogue that the product may be built in.
llvm::SmallVector<unsigned> outputs_like_product(kernel::FuncOp epilogue);

} // namespace jit
