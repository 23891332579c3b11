// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Kernels that take a thread for each point of up to 8 axes, at which operands lie in any strides.
#pragma once

#include "compiler/cuda/text/Element.h"

#include <functional>
#include <string>

namespace jit::gpu {

inline constexpr unsigned point_threads = 256;

/// Opens a loop over the points `i` of an argument with count, rank, extent, magic, shift and
/// stride; `o0`, `o1`, ... are where the sides lie, of int or long long.
void open_points(Lines &out, unsigned sides, bool wide);

/// The kernels STEM_s and STEM_S of a walk (runtime/cuda/WalkArgs.h): `body` prints what is done at
/// a point.
void add_walk(ModuleText &module, const std::string &stem, unsigned sides,
              const std::function<void(Emitter &e)> &body);

/// The element of that type at an offset in memory of a walk, and one of its numbers.
std::string at(std::string_view type, unsigned memory, const std::string &offset);
std::string walk_number(unsigned number);

/// "unsigned char" ... for items of 1, 2, 4, 8 and 16 bytes.
std::string_view item_type(unsigned bytes);
/// Moves one from memory 1 of a walk to memory 0; it may be some elements at once.
void move_item(Lines &out, unsigned bytes, const std::string &to, const std::string &from);

/// The families, each into one module.
void add_movement(ModuleText &module);
void add_index(ModuleText &module);
void add_creation(ModuleText &module);
void add_sort(ModuleText &module);

} // namespace jit::gpu
