// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// What children measure. A task is named by the first of its words.
#pragma once

#include "bench/policy/Child.h"

namespace bench {

/// Null if there is none.
void (*find_task(const std::string &name))(const Words &);

void shapes_task(const Words &words);
void mixed_task(const Words &words);
void phases_task(const Words &words);
void fresh_task(const Words &words);
void first_run_task(const Words &words);
void compile_time_task(const Words &words);
void locals_task(const Words &words);
void exit_task(const Words &words);
void resident_task(const Words &words);
void training_task(const Words &words);

} // namespace bench
